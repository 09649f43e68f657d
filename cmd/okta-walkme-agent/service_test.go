package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// served is the service at work in this process, with a test in the place of systemd.
type served struct {
	*company
	notes chan string // what systemd was told, one line each
	stop  context.CancelFunc
	ended chan int

	mu  sync.Mutex
	log bytes.Buffer
}

func (s *served) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *served) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// serve starts the service on a company of one person.
func serve(t *testing.T, lines map[string]string) *served {
	t.Helper()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, lines)
	c.hire("Ann", "Archer")
	s := serving(t, c)
	s.begin()
	return s
}

// serving puts a company's service on a stage, where it has not begun yet.
func serving(t *testing.T, c *company) *served {
	t.Helper()
	s := &served{company: c, notes: make(chan string, 10_000), ended: make(chan int, 1)}
	runtimeDir, err := os.MkdirTemp("", "run-") // that of a test can be longer than the path of a socket may be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(runtimeDir) }) // what is left goes with the folder around it
	c.env[runtimeDirVar] = runtimeDir
	listenAsSystemd(t, filepath.Join(runtimeDir, "notify"), s.notes)
	return s
}

// listenAsSystemd is systemd's end of sd_notify(3).
func listenAsSystemd(t *testing.T, path string, notes chan<- string) {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	go func() {
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			for line := range strings.Lines(string(buf[:n]) + "\n") {
				notes <- strings.TrimSpace(line)
			}
		}
	}()
}

// begin runs the program until stop is called or the test ends.
func (s *served) begin() {
	s.run(func(ctx context.Context) int { return run(ctx, s.args([]string{"run"}), s.environment()) })
}

// beginWith does the same, after an edit of what the configuration stands for.
func (s *served) beginWith(edit func(*service.Setup)) {
	s.run(func(ctx context.Context) int {
		c := &cli{environment: s.environment(), configPath: filepath.Join(s.dir, "agent.yaml")}
		host := &consoleHost{cli: c}
		options := c.serviceOptions(host)
		options.Prepare = func(ctx context.Context, o *service.Observer) (*service.Setup, error) {
			setup, err := c.setup(ctx, o, host)
			if err == nil {
				edit(setup)
			}
			return setup, err
		}
		err := service.Run(ctx, options)
		if err != nil {
			fmt.Fprintln(s, err)
		}
		return exitCode(err)
	})
}

func (s *served) environment() environment {
	return environment{getenv: func(key string) string { return s.env[key] }, stdin: strings.NewReader(""), stdout: s, stderr: s}
}

func (s *served) run(program func(context.Context) int) {
	ctx, stop := context.WithCancel(s.t.Context())
	s.stop = stop
	go func() { s.ended <- program(ctx) }()
	s.t.Cleanup(func() {
		stop()
		select {
		case <-s.ended:
		case <-time.After(patience):
			s.t.Error("the service did not end")
		}
	})
}

// until returns the first note that matches, and fails the test when none comes.
func (s *served) until(pattern string) string {
	s.t.Helper()
	want := regexp.MustCompile(pattern)
	for {
		select {
		case note := <-s.notes:
			if want.MatchString(note) {
				return note
			}
		case <-time.After(patience):
			s.t.Fatalf("systemd was never told %q\n%s", pattern, s.logged())
		}
	}
}

// end stops the service as SIGTERM does.
func (s *served) end() int {
	s.t.Helper()
	s.stop()
	code := <-s.ended
	s.ended <- code
	return code
}

// get asks the listener of the service.
func (s *served) get(address, path string) (status int, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatalf("GET %s: %v\n%s", path, err, s.logged())
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

const finished = `^STATUS=last run: done at .* UTC; next run: .* UTC$`

// TestServiceTellsSystemd follows one life of the service, from start to stop.
func TestServiceTellsSystemd(t *testing.T) {
	t.Setenv("WATCHDOG_USEC", "300000")
	s := serve(t, nil)
	s.until(`^EXTEND_TIMEOUT_USEC=30000000$`)
	s.until(`^STATUS=last run: no run yet; next run: .* UTC$`)
	s.until(`^READY=1$`)
	s.until(`^STATUS=run since .* UTC \(schedule\)$`)
	s.until(finished)
	s.until(`^WATCHDOG=1$`)
	if got := len(s.tenant.Users()); got != 1 {
		t.Errorf("accounts in WalkMe = %d, want 1", got)
	}
	if code := s.end(); code != exitOK {
		t.Errorf("exit code = %d, want 0\n%s", code, s.logged())
	}
	s.until(`^STOPPING=1$`)
}

// TestReload changes agent.yaml under a service that waits.
func TestReload(t *testing.T) {
	s := serve(t, map[string]string{"": "dry_run: true\n"})
	s.until(`^STATUS=last run: planned`)

	bad := map[string]string{"": "schedul: '@hourly'\ntime_zone: Mars/Olympus\n"}
	s.configure(bad)
	r := s.must(exitConfig, "reload")
	for _, want := range []string{"schedul", "time_zone", "refused: the service goes on with the configuration it has"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("reload of a bad configuration says\n%swant %q in it", r.err, want)
		}
		if !strings.Contains(s.logged(), "configuration refused, the old one stays") {
			t.Errorf("the log does not say that a configuration was refused:\n%s", s.logged())
		}
	}
	s.configure(map[string]string{"okta": "auth: {api_token: file:nowhere}\n"})
	if r := s.must(exitConfig, "reload"); !strings.Contains(r.err, "okta.auth.api_token") {
		t.Errorf("reload with a missing secret says\n%swant the key in it", r.err)
	}
	if s.writes() > 0 {
		t.Errorf("requests that write = %d before the dry run was ended, want none", s.writes())
	}

	s.configure(map[string]string{"": "schedule: '@every 1s'\n"})
	r = s.must(exitOK, "reload")
	if want := "the configuration is in use\n"; r.out != want {
		t.Errorf("reload says %q, want %q", r.out, want)
	}
	s.until(`^RELOADING=1$`)
	s.until(`^MONOTONIC_USEC=\d+$`)
	s.until(`^READY=1$`)
	s.until(finished)
	if got := len(s.tenant.Users()); got != 1 {
		t.Errorf("accounts after the dry run was ended = %d, want 1", got)
	}
}

// TestReloadRemarks: what is accepted and may not be meant so is said to who reloads, and
// in the log.
func TestReloadRemarks(t *testing.T) {
	s := serve(t, map[string]string{"": "schedule: '@yearly'\n"})
	s.until(finished)
	s.write("notify-url", "nosuch://s3cret@hooks.example.com")
	s.configure(map[string]string{"": "notify: [{url: file:nowhere}, {url: file:notify-url}]\n", "state": "path: sate/state.db\n"})
	r := s.must(exitOK, "reload")
	elsewhere := filepath.Join(s.dir, "sate", "state.db")
	for _, tt := range []struct{ said, logged string }{
		{"a new state begins, in " + elsewhere, "a new state begins"},
		{"notify[0]", "notify[0]"},
		{"is told of nothing: the URL names no service that is known", "is told of nothing"},
	} {
		if !strings.Contains(r.err, tt.said) {
			t.Errorf("reload says\n%swant %q in it", r.err, tt.said)
		}
		if !strings.Contains(s.logged(), tt.logged) {
			t.Errorf("the log says\n%swant %q in it", s.logged(), tt.logged)
		}
	}
	if strings.Contains(r.err+s.logged(), "s3cret") {
		t.Error("a secret was shown")
	}
}

// TestReloadWaitsForTheRun reloads while WalkMe keeps the service waiting.
func TestReloadWaitsForTheRun(t *testing.T) {
	release, arrived := make(chan struct{}), make(chan struct{}, 10)
	address := freeAddress(t)
	s := serve(t, map[string]string{"": "dry_run: true\n"})
	s.until(`^STATUS=last run: planned`)
	s.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-release
		tenant.ServeHTTP(w, r)
	})
	s.configure(map[string]string{"": "schedule: '@every 1s'\n"})
	s.must(exitOK, "reload")
	<-arrived
	s.configure(map[string]string{"http": "", "": "schedule: '@every 1s'\nhttp: {listen: '" + address + "'}\n"})
	r := s.must(exitOK, "reload")
	if want := "the configuration is accepted; it is in use as soon as the present run has ended\n"; r.out != want {
		t.Errorf("reload in mid-run says %q, want %q", r.out, want)
	}
	close(release)
	s.until(finished)
	s.until(finished) // after the reload the loop waits anew
	if status, _ := s.get(address, "/healthz"); status != http.StatusOK {
		t.Errorf("GET /healthz at the new address = %d, want 200", status)
	}
}

// TestReloadBySignal is for services outside systemd.
func TestReloadBySignal(t *testing.T) {
	s := serve(t, map[string]string{"": "dry_run: true\n"})
	s.until(`^STATUS=last run: planned`)
	s.configure(nil)
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	s.until(`^RELOADING=1$`)
	s.until(`^STATUS=last run: planned .* next run: `)
	if !strings.Contains(s.logged(), "configuration reloaded") {
		t.Errorf("the log does not say that the configuration was reloaded:\n%s", s.logged())
	}
}

func TestReloadWithoutService(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.env[runtimeDirVar] = t.TempDir() + ":/elsewhere"
	r := c.must(exitFailed, "reload")
	for _, want := range []string{"cause: the service is stopped", "systemctl start", "no service is running there"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("reload without a service says %q, want %q in it", r.err, want)
		}
	}
}

// TestReloadWithoutTheRight does not take a service that may not be asked for one that
// is not there.
func TestReloadWithoutTheRight(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may everything")
	}
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	c.env[runtimeDirVar] = dir
	r := c.must(exitFailed, "reload")
	if !strings.Contains(r.err, "remedy: run it as root") || strings.Contains(r.err, "no service is running") {
		t.Errorf("reload without the right says %q, want that it may not ask", r.err)
	}
}

// TestMonitors asks everything that monitors ask, before and after the credentials
// are refused.
func TestMonitors(t *testing.T) {
	address := freeAddress(t)
	s := serve(t, map[string]string{"": "schedule: '@every 1s'\nhttp: {listen: '" + address + "'}\n"})
	s.until(finished)
	if status, body := s.get(address, "/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("GET /healthz = %d %q, want 200 ok", status, body)
	}
	status, body := s.get(address, "/readyz")
	var r struct {
		Ready       bool
		Reasons     []string
		LastGoodRun *time.Time `json:"last_good_run_at"`
	}
	if err := json.Unmarshal([]byte(body), &r); err != nil || status != http.StatusOK || !r.Ready || len(r.Reasons) != 0 || r.LastGoodRun == nil {
		t.Errorf("GET /readyz = %d %s, want 200 and ready (%v)", status, body, err)
	}
	s.hire("Bob", "Baker")
	s.until(finished)
	s.until(finished) // the first may have been under way
	_, figures := s.get(address, "/metrics")
	for _, want := range []string{
		`okta_walkme_agent_changes_total{action="create",outcome="applied"} 2`,
		`okta_walkme_agent_propagation_seconds_count 1`,
		`okta_walkme_agent_managed{type="User"} 2`,
		`okta_walkme_agent_runs_total{outcome="failed"} 0`,
		`okta_walkme_agent_okta_requests_total{status="200"}`,
		`okta_walkme_agent_scim_requests_total{method="POST",status="201"} 2`,
		`okta_walkme_agent_ready 1`,
	} {
		if !strings.Contains(figures, want) {
			t.Errorf("GET /metrics lacks %s", want)
		}
	}
	if strings.Contains(figures, "ann@") || strings.Contains(figures, s.people["ann"]) {
		t.Error("GET /metrics shows a person")
	}
	if status, _ := s.get(address, "/nothing"); status != http.StatusNotFound {
		t.Errorf("GET /nothing = %d, want 404", status)
	}

	s.org.Fault(func(*http.Request) *oktatest.Fault { return &oktatest.Fault{Status: http.StatusUnauthorized} })
	s.until(`^STATUS=last run: failed`)
	status, body = s.get(address, "/readyz")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "Okta refuses the credentials") || !strings.Contains(body, "in quarantine since") {
		t.Errorf("GET /readyz with refused credentials = %d %s, want 503 with both reasons", status, body)
	}
	if _, figures := s.get(address, "/metrics"); !strings.Contains(figures, "okta_walkme_agent_ready 0") {
		t.Error("GET /metrics with refused credentials lacks okta_walkme_agent_ready 0")
	}
}
