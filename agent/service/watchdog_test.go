package service

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// roundTripper answers requests as the test wants.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestWatchdogFollowsTheRun: systemd is pinged as long as requests and answers move, and
// not any more when the run is stuck, whatever else the process still does.
func TestWatchdogFollowsTheRun(t *testing.T) {
	notes := make(chan string, 1000)
	listenAsSystemd(t, filepath.Join(t.TempDir(), "notify"), notes)
	t.Setenv("WATCHDOG_USEC", "60000000")
	var log bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		var p pulse
		s := &supervisor{}
		ctx, stop := context.WithCancel(t.Context())
		go s.watch(ctx, &p, slog.New(slog.NewTextHandler(&log, nil)))
		cfg := Config{Timeout: time.Minute}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://walkme.example.com/Users", nil)
		if err != nil {
			t.Fatal(err)
		}
		figures := newMetrics("test", "")
		ask := func(p *pulse, answer func()) {
			next := roundTripper(func(*http.Request) (*http.Response, error) { answer(); return nil, http.ErrServerClosed })
			transport := &observedTransport{side: WalkMe, next: next, metrics: figures, pulse: p, silence: cfg.silence()}
			_, _ = transport.RoundTrip(req) // what it answers does not matter
		}

		for range 60 {
			ask(&p, func() { time.Sleep(50 * time.Second) }) // slow, but in time
		}
		s.status("stuck")
		release := make(chan struct{})
		go ask(&p, func() { <-release })
		time.Sleep(cfg.silence() + time.Second)
		s.status("given up")
		for range 60 { // Okta's log is still looked at
			ask(nil, func() { time.Sleep(time.Minute) })
		}
		s.status("moves again")
		close(release)
		time.Sleep(time.Minute)
		stop()
		synctest.Wait()
		s.status("end")
	})

	pings, phase := map[string]int{}, ""
	for phase != "end" {
		note := <-notes
		if note == "WATCHDOG=1" {
			pings[phase]++
		} else if text, ok := strings.CutPrefix(note, "STATUS="); ok {
			phase = text
		}
	}
	if pings[""] < 140 || pings["stuck"] < 10 || pings["given up"] != 0 || pings["moves again"] < 2 {
		t.Errorf("pings by phase = %v, want them while the run moves, and none after it is given up", pings)
	}
	if n := strings.Count(log.String(), "no progress; the watchdog is going to restart the service"); n != 1 {
		t.Errorf("the log says %d times that there is no progress, want once:\n%s", n, log.String())
	}
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
			notes <- strings.TrimSpace(string(buf[:n]))
		}
	}()
}
