package service

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// mailServer takes messages as an SMTP server does (RFC 5321), and keeps them.
type mailServer struct {
	address string
	mu      sync.Mutex
	mails   []string // envelope and text
}

func startMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := &mailServer{address: listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

func (s *mailServer) talk(conn net.Conn) {
	defer conn.Close()
	say := func(line string) { fmt.Fprint(conn, line+"\r\n") }
	say("220 mail.example.com ready")
	var mail strings.Builder
	data := false
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		line := lines.Text()
		switch word, _, _ := strings.Cut(line, " "); {
		case data && line == ".":
			data = false
			s.mu.Lock()
			s.mails = append(s.mails, mail.String())
			s.mu.Unlock()
			mail.Reset()
			say("250 taken")
		case data:
			mail.WriteString(line + "\n")
		case word == "MAIL", word == "RCPT":
			mail.WriteString(line + "\n")
			say("250 ok")
		case word == "DATA":
			data = true
			say("354 go on")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *mailServer) taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

// webhook takes what is posted to it, and refuses with status where that is not 0.
type webhook struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	bodies []string
}

func startWebhook(t *testing.T) *webhook {
	t.Helper()
	h := &webhook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.status != 0 {
			w.WriteHeader(h.status)
			return
		}
		h.bodies = append(h.bodies, string(body))
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *webhook) url() string {
	return "generic://" + h.Listener.Addr().String() + "/hooks/s3cret-path?disabletls=yes"
}

func (h *webhook) refuse(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// taken returns what came since the last time.
func (h *webhook) taken() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	bodies := h.bodies
	h.bodies = nil
	return bodies
}

var about = agent.Binding{AppID: "0oa1", Target: "https://papi.example.com/scim/v2"}

func TestMain(m *testing.M) {
	http.DefaultTransport = WithinHost(http.DefaultTransport) // as the program does
	os.Exit(m.Run())
}

// A message, and what its URL holds, goes to no other host than that of the URL; a
// redirect within it is followed.
func TestRedirectsStayAtTheirHost(t *testing.T) {
	stranger := startWebhook(t)
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/there"):
			w.WriteHeader(http.StatusOK)
		case strings.Contains(r.URL.Path, "home"):
			http.Redirect(w, r, "/there", http.StatusTemporaryRedirect)
		default:
			http.Redirect(w, r, "http://"+stranger.Listener.Addr().String()+"/stolen", http.StatusTemporaryRedirect)
		}
	}))
	defer home.Close()
	at := home.Listener.Addr().String()
	for _, address := range []string{
		"generic://" + at + "/s3cret?disabletls=yes",    // http.DefaultClient
		"ntfy://" + at + "/s3cret?scheme=http",          // a client that we may set
		"mattermost://" + at + "/s3cret?disabletls=yes", // a client that we may change
	} {
		d := NewNotifier(about, []Recipient{{Ref: "env:A", URL: address}}).Test(t.Context())[0]
		if d.Err == nil || d.Err.Error() != errElsewhere.Error() {
			t.Errorf("%s: error = %v, want %v", d.Recipient, d.Err, errElsewhere)
		}
	}
	if got := stranger.taken(); len(got) != 0 {
		t.Errorf("another host got %q", got)
	}
	d := NewNotifier(about, []Recipient{{Ref: "env:A", URL: "generic://" + at + "/home?disabletls=yes"}}).Test(t.Context())[0]
	if d.Err != nil {
		t.Errorf("a redirect within the host: %v", d.Err)
	}
	d = NewNotifier(about, []Recipient{{Ref: "env:A", URL: "gotify://gotify.example.com/AaaBbbCcc.DddEeF"}}).Check()[0]
	if d.Err == nil || !strings.Contains(d.Err.Error(), "generic://") {
		t.Errorf("gotify: %v, want what to use instead", d.Err)
	}
}

// TestNotifyTest reaches a mail server and a webhook.
func TestNotifyTest(t *testing.T) {
	mail, hook := startMailServer(t), startWebhook(t)
	n := NewNotifier(about, []Recipient{
		{Ref: "env:A", URL: "smtp://" + mail.address + "/?from=agent@example.com&to=ops@example.com,it@example.com"},
		{Ref: "env:B", URL: hook.url()},
	})
	for _, d := range n.Test(t.Context()) {
		if d.Err != nil {
			t.Errorf("%s: %v", d.Recipient, d.Err)
		}
	}
	if got := hook.taken(); len(got) != 1 || !strings.HasPrefix(got[0], "okta-walkme-agent: this is a test.\n") {
		t.Errorf("the webhook got %q, want one test", got)
	}
	got := mail.taken()
	if len(got) != 2 {
		t.Fatalf("mails = %q, want one for each address", got)
	}
	for i, to := range []string{"ops@example.com", "it@example.com"} {
		for _, want := range []string{"MAIL FROM:<agent@example.com>", "RCPT TO:<" + to + ">", "Subject: this is a test\n", "\n\nokta-walkme-agent: this is a test.\n"} {
			if !strings.Contains(got[i], want) {
				t.Errorf("mail %d lacks %q:\n%s", i, want, got[i])
			}
		}
	}
}

// TestNotifyKeepsTheURL: whatever goes wrong, no word of the URL is in what is said.
func TestNotifyKeepsTheURL(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }))
	defer refusing.Close()
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, tt := range []struct{ name, url, want string }{
		{"answers 404", "generic://u5er:passw0rd@" + refusing.Listener.Addr().String() + "/s3cret?disabletls=yes", "it answered 404 Not Found"},
		{"nothing there", "generic://u5er:passw0rd@" + closed.Listener.Addr().String() + "/s3cret?disabletls=yes", "nothing answers at its address"},
		{"no TLS there", "generic://" + refusing.Listener.Addr().String() + "/s3cret", "it refused the message, or could not be reached"},
		{"no mail server", "smtp://u5er:passw0rd@" + closed.Listener.Addr().String() + "/?from=a@example.com&to=s3cret@example.com", "nothing answers at its address"},
		{"plain to another machine", "generic://hooks.example.com/s3cret?disabletls=yes", "without TLS"},
		{"plain by its scheme", "generic+http://hooks.example.com/s3cret", "without TLS"},
		{"TLS without a check", "smtp://u5er:passw0rd@mail.example.com/?from=a@example.com&to=s3cret@example.com&skiptlsverify=yes", "without TLS, or its check"},
		{"mail without TLS", "smtp://mail.example.com/?from=a@example.com&to=s3cret@example.com&starttls=no", "without TLS"},
		{"ntfy by http", "ntfy://ntfy.example.com/s3cret?scheme=http", "without TLS"},
		{"unknown", "s3cret://passw0rd@example.com", "names no service that is known"},
		{"a log", "logger://s3cret", "tells nobody"},
		{"pasted from Slack", "https://hooks.slack.com/services/s3cret/passw0rd/u5er", "slack://hook:A-B-C@webhook"},
		{"no URL", "s3cret passw0rd", "is not a URL"},
		{"control characters", "slack://s3cret\x00", "is not a URL"},
		{"bad settings", "slack://s3cret", "is not one that this service understands"},
		{"no recipient", "smtp://u5er:passw0rd@127.0.0.1/", "is not one that this service understands"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := NewNotifier(about, []Recipient{{Ref: "env:A", URL: tt.url}}).Test(t.Context())[0]
			if d.Err == nil || !strings.Contains(d.Err.Error(), tt.want) {
				t.Errorf("error = %v, want %q in it", d.Err, tt.want)
			}
			for _, secret := range []string{"s3cret", "u5er", "passw0rd", "hooks.example.com", "127.0.0.1:"} {
				if said := d.Recipient + fmt.Sprintf("%v %+v", d.Err, d.Err); strings.Contains(said, secret) {
					t.Errorf("%q is in what is said: %s", secret, said)
				}
			}
		})
	}
}

// TestRefusedMail says what a mail server's refusal is about, in none of its words.
func TestRefusedMail(t *testing.T) {
	for code, want := range map[int]string{
		535: "answered 535: it does not accept the user name and password", 550: "answered 550: it does not accept the sender",
		451: "answered 451: it cannot take the message now", 554: "answered 554: it does not accept the message", 599: "answered 599",
	} {
		err := unnamed(fmt.Errorf("send: %w", &textproto.Error{Code: code, Msg: "s3cret"}))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("of %d is said %v, want %q", code, err, want)
		}
	}
}

// TestMailInsistsOnTLS: a mail server on another machine that offers none gets nothing.
func TestMailInsistsOnTLS(t *testing.T) {
	for url, want := range map[string]string{
		"smtp://mail.example.com:587/?from=a@b.example&to=c@d.example":                    "requirestarttls=yes",
		"smtp://mail.example.com:587/?from=a@b.example&to=c@d.example&RequireStartTLS=no": "requirestarttls=yes",
		"smtp://mail.example.com:465/?from=a@b.example&to=c@d.example":                    "smtp://mail.example.com:465/?from=a@b.example&to=c@d.example",
		"smtp://127.0.0.1:25/?from=a@b.example&to=c@d.example":                            "smtp://127.0.0.1:25/?from=a@b.example&to=c@d.example",
	} {
		got, err := secured(url)
		if err != nil || !strings.Contains(got, want) || strings.Contains(got, "=no") {
			t.Errorf("secured(%s) = %s, %v, want %s in it", url, got, err, want)
		}
	}
}

// aftermath is a notifier with one webhook, on a state and a clock of its own.
type aftermath struct {
	t    *testing.T
	hook *webhook
	db   *state.DB
	n    *Notifier
	now  time.Time
	runs int
}

func newAftermath(t *testing.T, on []Topic, details bool) *aftermath {
	t.Helper()
	db, err := state.Open(t.Context(), state.Options{Path: filepath.Join(t.TempDir(), "state.db"), Build: "test", Holder: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a := &aftermath{t: t, hook: startWebhook(t), db: db, now: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)}
	a.n = NewNotifier(about, []Recipient{{Ref: "env:HOOK", URL: a.hook.url(), On: on, Details: details}})
	a.n.now = func() time.Time { return a.now }
	return a
}

// run records a run and returns the titles of what it told.
func (a *aftermath) run(outcome string, err error, changes ...*plan.Change) []string {
	a.t.Helper()
	a.runs++
	r := &agent.Report{Plan: plan.Plan{Changes: changes}}
	r.Run = agent.RunReport{ID: fmt.Sprint("run-", a.runs), Trigger: agent.TriggerSchedule, StartedAt: a.now, FinishedAt: a.now, Outcome: outcome}
	record := state.Run{ID: r.Run.ID, Trigger: r.Run.Trigger, StartedAt: a.now, FinishedAt: a.now, Outcome: outcome}
	if err := errors.Join(a.db.BeginRun(a.t.Context(), record), a.db.FinishRun(a.t.Context(), record)); err != nil {
		a.t.Fatal(err)
	}
	a.n.AfterRun(a.t.Context(), a.db, r, err)
	var titles []string
	for _, text := range a.hook.taken() {
		title, _, _ := strings.Cut(text, "\n")
		titles = append(titles, strings.TrimPrefix(title, "okta-walkme-agent: "))
	}
	return titles
}

func (a *aftermath) want(what string, got []string, want ...string) {
	a.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		a.t.Errorf("%s: told %q, want %q", what, got, want)
	}
}

// TestFailingIsToldOnce: of the second failed run in a row, once a day while it lasts, and
// when it is over.
func TestFailingIsToldOnce(t *testing.T) {
	a := newAftermath(t, Topics(), false)
	a.want("the first failure", a.run(agent.RunFailed, okta.ErrTimeout))
	a.now = a.now.Add(time.Hour)
	a.want("the second", a.run(agent.RunFailed, okta.ErrTimeout), "2 runs in a row have failed.")
	a.now = a.now.Add(time.Hour)
	a.want("the third", a.run(agent.RunFailed, okta.ErrTimeout))
	a.want("one that is stopped", a.run(agent.RunStopped, nil))
	a.now = a.now.Add(24 * time.Hour)
	a.want("a day later", a.run(agent.RunFailed, okta.ErrTimeout), "4 runs in a row have failed.")
	a.now = a.now.Add(time.Hour)
	a.want("a good run", a.run(agent.RunDone, nil), "runs succeed again.")
	a.want("another", a.run(agent.RunDone, nil))
	a.want("a failure alone", a.run(agent.RunFailed, okta.ErrTimeout))
	a.want("and then none", a.run(agent.RunProblems, nil))
}

// TestUndeliveredGoesOutLater: what could not be sent goes out with the next run, in
// order, for a day.
func TestUndeliveredGoesOutLater(t *testing.T) {
	a := newAftermath(t, []Topic{TopicFailing, TopicRecovered}, false)
	a.run(agent.RunFailed, okta.ErrTimeout)
	a.hook.refuse(http.StatusBadGateway)
	a.want("while the service is down", a.run(agent.RunFailed, okta.ErrTimeout))
	a.want("still down", a.run(agent.RunDone, nil))
	a.hook.refuse(0)
	a.now = a.now.Add(20 * time.Hour)
	a.want("up again", a.run(agent.RunDone, nil), "2 runs in a row have failed.", "runs succeed again.")
	a.want("once", a.run(agent.RunDone, nil))

	a.run(agent.RunFailed, okta.ErrTimeout)
	a.hook.refuse(http.StatusBadGateway)
	a.run(agent.RunFailed, okta.ErrTimeout)
	a.hook.refuse(0)
	a.now = a.now.Add(25 * time.Hour)
	a.want("more than a day later", a.run(agent.RunDone, nil), "runs succeed again.")
}

// TestNamesAreDetails: of emptied values people hear how many, and who only where they
// ask for details.
func TestNamesAreDetails(t *testing.T) {
	changes := func() []*plan.Change {
		var out []*plan.Change
		for _, name := range []string{"ann", "bob"} {
			out = append(out, &plan.Change{Type: scim.User, Action: plan.Update, OktaID: "00u" + name, Name: name + "@example.com", Outcome: plan.Applied,
				Attributes: []scim.AttributeChange{{Path: "title", Old: "Chief", New: nil}, {Path: "name.givenName", Old: "A", New: "B"}}})
		}
		return append(out, &plan.Change{Type: scim.User, Action: plan.Update, Name: "held@example.com", Outcome: plan.Held,
			Attributes: []scim.AttributeChange{{Path: "title", Old: "Chief", New: ""}}})
	}
	for _, details := range []bool{false, true} {
		a := newAftermath(t, Topics(), details)
		r := &agent.Report{Plan: plan.Plan{Changes: changes()}, Run: agent.RunReport{ID: "run-1", Outcome: agent.RunDone}}
		if failed := a.n.AfterRun(t.Context(), a.db, r, nil); len(failed) > 0 {
			t.Fatal(failed)
		}
		got := a.hook.taken()
		if len(got) != 1 {
			t.Fatalf("told %q, want one message", got)
		}
		for _, want := range []string{"values were emptied in WalkMe, of 2 people.\n", "On app 0oa1, tenant https://papi.example.com/scim/v2.\n", "title: of 2 people\n", "history --run run-1"} {
			if !strings.Contains(got[0], want) {
				t.Errorf("the message lacks %q:\n%s", want, got[0])
			}
		}
		if named := strings.Contains(got[0], "Concerns ann@example.com, bob@example.com."); named != details {
			t.Errorf("details: %v, but the message is\n%s", details, got[0])
		}
		a.want("the same again within a day", a.run(agent.RunDone, nil, changes()...))
	}
}

// TestTopicsAreChosen: who wants to hear of one thing hears of nothing else.
func TestTopicsAreChosen(t *testing.T) {
	a := newAftermath(t, []Topic{TopicRecovered}, false)
	a.run(agent.RunFailed, okta.ErrTimeout)
	a.want("failing", a.run(agent.RunFailed, okta.ErrTimeout))
	a.want("recovered", a.run(agent.RunDone, nil), "runs succeed again.")
}

// TestHoldsAndDecisionsAreTold: of a kind of hold once, however its set changes, then once
// a day; of a decision once, by the next run, also when that has carried it out.
func TestHoldsAndDecisionsAreTold(t *testing.T) {
	for _, details := range []bool{false, true} {
		a := newAftermath(t, Topics(), details)
		var texts []string
		hold := func(people ...string) {
			h := state.Hold{ID: "deactivations-1", Kind: "deactivations", Digest: fmt.Sprint(people), Reason: "3 are more than 2", Count: len(people), CreatedAt: a.now}
			for _, p := range people {
				h.Items = append(h.Items, state.HeldItem{Key: p, Type: scim.User, OktaID: p, Name: p + "@example.com"})
			}
			if err := a.db.PutHolds(t.Context(), state.ReplacePlanned, []state.Hold{h}); err != nil {
				t.Fatal(err)
			}
		}
		run := func() []string {
			a.n.AfterRun(t.Context(), a.db, &agent.Report{Run: agent.RunReport{ID: "run", Outcome: agent.RunHeld}}, nil)
			texts = a.hook.taken()
			var titles []string
			for _, text := range texts {
				title, _, _ := strings.Cut(text, "\n")
				titles = append(titles, strings.TrimPrefix(title, "okta-walkme-agent: "))
			}
			return titles
		}
		a.now = time.Now()
		hold("ann", "bob", "cara")
		a.want("a hold", run(), "3 deactivations wait for a decision.")
		for _, want := range []string{"3 are more than 2.", "holds show deactivations-1", "holds approve deactivations-1"} {
			if !strings.Contains(texts[0], want) {
				t.Errorf("the message lacks %q:\n%s", want, texts[0])
			}
		}
		if named := strings.Contains(texts[0], "Concerns ann@example.com, bob@example.com, cara@example.com."); named != details {
			t.Errorf("details: %v, but the message is\n%s", details, texts[0])
		}
		hold("ann", "bob", "cara", "dan")
		a.want("a set that has grown", run())
		a.now = a.now.Add(24 * time.Hour)
		a.want("a day later", run(), "4 deactivations still wait for a decision.")
		a.now = a.now.Add(-24 * time.Hour)

		d, err := a.db.Decide(t.Context(), state.Judgement{HoldID: "deactivations-1", Verdict: state.Approved, By: "eve", Reason: "Bern is closed"})
		if err == nil {
			err = a.db.EndDecided(t.Context(), map[int64][]string{d.ID: {"ann", "bob", "cara", "dan"}})
		}
		if err != nil {
			t.Fatal(err)
		}
		a.now = a.now.Add(time.Minute)
		a.want("a decision", run(), "4 deactivations were approved.")
		if named := strings.Contains(texts[0], "By eve.\nReason: Bern is closed"); named != details {
			t.Errorf("details: %v, but the message is\n%s", details, texts[0])
		}
		a.want("and then nothing", run())
	}
}
