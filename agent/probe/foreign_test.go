package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/walkme/walkmetest"
)

// rewriter is a server whose answers, or requests, become others on the way.
type rewriter struct {
	next   http.RoundTripper
	ask    func(req *http.Request, body string) string
	answer func(req *http.Request, status int, body string) (int, string)
}

func (w rewriter) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.ask != nil {
		body := ""
		if req.Body != nil {
			text, err := io.ReadAll(req.Body)
			if err = errors.Join(err, req.Body.Close()); err != nil {
				return nil, err
			}
			body = string(text)
		}
		req = req.Clone(req.Context())
		if body = w.ask(req, body); body != "" {
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		}
	}
	resp, err := w.next.RoundTrip(req)
	if err != nil || w.answer == nil {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	status, body := w.answer(req, resp.StatusCode, string(text))
	resp.StatusCode, resp.Body, resp.ContentLength = status, io.NopCloser(bytes.NewReader([]byte(body))), int64(len(body))
	resp.Header.Del("Content-Length")
	return resp, nil
}

var (
	anID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	quotedID = regexp.MustCompile(`"(id|value)":"(` + anID.String() + `)"`)
	aNumber  = regexp.MustCompile(`"(id|value)":"?(9007199254\d{6})"?`)
	inText   = regexp.MustCompile(`9007199254\d{6}`)
)

// TestNumberedServer is a server whose ids are numbers of 64 bits: next to each other,
// and beyond what a float64 holds.
func TestNumberedServer(t *testing.T) {
	tenant := newTenant(walkmetest.Options{})
	numbers, ids := map[string]string{}, map[string]string{}
	o := options(tenant)
	o.Skip = crowd
	o.Transport = rewriter{
		next: o.Transport,
		ask: func(req *http.Request, body string) string {
			back := func(s string) string {
				return inText.ReplaceAllStringFunc(s, func(n string) string { return ids[n] })
			}
			req.URL.Path, req.URL.RawPath = back(req.URL.Path), ""
			body = aNumber.ReplaceAllStringFunc(body, func(s string) string {
				m := aNumber.FindStringSubmatch(s)
				return fmt.Sprintf("%q:%q", m[1], ids[m[2]])
			})
			return back(body)
		},
		answer: func(_ *http.Request, status int, body string) (int, string) {
			body = quotedID.ReplaceAllStringFunc(body, func(s string) string {
				m := quotedID.FindStringSubmatch(s)
				if numbers[m[2]] == "" {
					n := strconv.Itoa(9007199254740993 + len(numbers))
					numbers[m[2]], ids[n] = n, m[2]
				}
				return fmt.Sprintf("%q:%s", m[1], numbers[m[2]])
			})
			return status, body
		},
	}
	o.Transport = inOrder(o.Transport)
	r := judge(t, o)
	if got := accused(r); len(got) > 0 {
		t.Errorf("it is accused:\n%s", strings.Join(got, "\n"))
	}
	if len(tenant.Users()) != 3 || len(tenant.Groups()) != 1 {
		t.Errorf("%d users and %d groups are there in the end, want 3 and 1", len(tenant.Users()), len(tenant.Groups()))
	}
}

// inOrder lets one request through at a time.
func inOrder(next http.RoundTripper) http.RoundTripper {
	turn := make(chan struct{}, 1)
	return transportFunc(func(req *http.Request) (*http.Response, error) {
		turn <- struct{}{}
		defer func() { <-turn }()
		return next.RoundTrip(req)
	})
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestForeignID is a server that answers a POST with the id of somebody else. Nothing is
// written to them.
func TestForeignID(t *testing.T) {
	for _, shown := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			tenant := newTenant(walkmetest.Options{})
			defer tenant.Close()
			victim := tenant.Users()[1]
			o := options(tenant)
			o.Skip = crowd
			o.Transport = rewriter{next: o.Transport, answer: func(req *http.Request, status int, body string) (int, string) {
				switch {
				case req.Method == http.MethodPost && status == http.StatusCreated && strings.HasSuffix(req.URL.Path, "/Users"):
					return status, anID.ReplaceAllString(body, victim.ID)
				case !shown && req.Method == http.MethodGet && strings.HasSuffix(req.URL.Path, "/Users"):
					return status, strings.ReplaceAll(body, victim.ID, "other") // it cannot be known from the list
				}
				return status, body
			}}
			r := judge(t, o)
			for _, q := range tenant.Requests() {
				if q.Method != http.MethodGet && strings.HasSuffix(q.Path, victim.ID) {
					t.Errorf("shown %t: %s %s", shown, q.Method, q.Path)
				}
			}
			if r.Summary.Failed == 0 {
				t.Errorf("shown %t: nothing fails", shown)
			}
			if got, want := len(tenant.Users())-3+len(tenant.Groups())-1, len(r.Left); got != want {
				t.Errorf("shown %t: %d objects are left, %d are reported", shown, got, want)
			}
		})
	}
}

// TestUnreliableRemoval removes everything from a server that fails now and then, and from
// one that gives ids which are not the ones under which it keeps things.
func TestUnreliableRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		tenant := newTenant(walkmetest.Options{})
		defer tenant.Close()
		o := options(tenant)
		o.Suites = []string{"spec", "crud"}
		o.Transport = rewriter{next: o.Transport, answer: func(req *http.Request, status int, body string) (int, string) {
			n := n.Add(1)
			if req.Method == http.MethodDelete && n%2 == 0 {
				return http.StatusBadGateway, ""
			}
			if req.Method == http.MethodPost && status == http.StatusCreated && n%5 == 0 {
				return status, anID.ReplaceAllString(body, fmt.Sprint("number-", n))
			}
			return status, body
		}}
		r := judge(t, o)
		if len(r.Left) > 0 || len(tenant.Users()) != 3 {
			t.Errorf("left: %v, %d users", r.Left, len(tenant.Users()))
		}
	})
}

// TestExpiredCredentials ends a run in whose midst the token expires, and blames no check.
func TestExpiredCredentials(t *testing.T) {
	var n atomic.Int64
	tenant := newTenant(walkmetest.Options{})
	o := options(tenant)
	next := o.Transport
	o.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
		if n.Add(1) > 30 {
			return answering{http.StatusUnauthorized, "Server: x", `{"detail":"the token ` + tenant.Authorization() + ` has expired"}`}.RoundTrip(req)
		}
		return next.RoundTrip(req)
	})
	r, err := probe.Run(t.Context(), o)
	var incomplete *probe.IncompleteError
	if !errors.As(err, &incomplete) || !strings.Contains(incomplete.Reason, "the token [redacted] has expired") {
		t.Errorf("Run() = %v", err)
	}
	for _, l := range r.Left {
		if strings.Contains(l.State, tenant.Authorization()) {
			t.Errorf("%s: %s", l.Name, l.State)
		}
	}
	if got := accused(r); len(got) > 0 || len(r.Left) != len(tenant.Users())-3+len(tenant.Groups())-1 {
		t.Errorf("left %v, accused:\n%s", r.Left, strings.Join(got, "\n"))
	}
}

// TestLimitedForGood says why nothing could be judged before the time was up.
func TestLimitedForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(newTenant(walkmetest.Options{}))
		o.Transport, o.Timeout = answering{429, "Server: x", ""}, time.Minute
		_, err := probe.Run(t.Context(), o)
		var incomplete *probe.IncompleteError
		if !errors.As(err, &incomplete) || !strings.Contains(incomplete.Reason, "the time was up after 1m0s (--timeout); 429 was the answer") {
			t.Errorf("Run() = %v", err)
		}
	})
}

// TestRemovalWithoutEffect is a server that answers DELETE with 204 and keeps everything:
// the report says so.
func TestRemovalWithoutEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := newTenant(walkmetest.Options{})
		defer tenant.Close()
		o := options(tenant)
		o.Suites = []string{"spec", "crud"}
		next := o.Transport
		o.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodDelete {
				return answering{http.StatusNoContent, "Server: x", ""}.RoundTrip(req)
			}
			return next.RoundTrip(req)
		})
		r := judge(t, o)
		users := tenant.Users()
		if len(r.Left) == 0 || len(r.Left) != len(users)-3 {
			t.Errorf("%d accounts are left, %d are reported", len(users)-3, len(r.Left))
		}
		for _, u := range users {
			if ours := strings.HasPrefix(u.UserName, probe.DefaultPrefix); u.Active == ours {
				t.Errorf("%s: active is %t", u.UserName, u.Active)
			}
		}
		for _, l := range r.Left {
			if l.State != "DELETE was answered 204 and had no effect, deactivated" {
				t.Errorf("%s: %s", l.Name, l.State)
			}
		}
	})
}

// TestNothingHelps names no switch that was tried in vain, and lets a server's words into
// no line of the configuration but a comment.
func TestNothingHelps(t *testing.T) {
	tenant := newTenant(walkmetest.Options{})
	tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 0, walkmetest.Fault{Status: http.StatusForbidden, Body: "{\"detail\":\"no\\nstate:\\n  path: /etc/x " + tenant.Authorization() + "\"}"}))
	o := options(tenant)
	o.Suites = []string{"spec", "wire"}
	r := judge(t, o)
	if c := r.Configuration; !strings.HasPrefix(c, "# Cannot: accounts cannot be created: the POST was answered 403: no state: path: /etc/x [redacted]\nwalkme:\n") {
		t.Errorf("the configuration is\n%s", c)
	}
	for _, c := range r.Checks {
		if c.ID == "wire.oin.create" && c.Switch != "" {
			t.Errorf("%s names %s", c.ID, c.Switch)
		}
	}
}

// TestCreatedWithoutBody fails at the create, where Okta fails, too.
func TestCreatedWithoutBody(t *testing.T) {
	tenant := newTenant(walkmetest.Options{})
	o := options(tenant)
	o.Suites = []string{"spec", "wire"}
	o.Transport = rewriter{next: o.Transport, answer: func(req *http.Request, status int, body string) (int, string) {
		if status == http.StatusCreated {
			body = ""
		}
		return status, body
	}}
	r := judge(t, o)
	if c := r.Checks[0]; c.ID != "spec.create" || c.Detail != "the POST was answered 201 without the account in its body" || !strings.Contains(r.Configuration, "# Cannot: accounts cannot be created") {
		t.Errorf("the first is %s: %s\n%s", c.ID, c.Detail, r.Configuration)
	}
	if len(tenant.Users()) != 3 || len(r.Left) != 0 {
		t.Errorf("left: %v", r.Left)
	}
}

// TestServerThatDies answers nothing from some moment on: the run ends soon after its time
// is up, and every object that may be there is named.
func TestServerThatDies(t *testing.T) {
	for _, dies := range []int64{40, 41, 42, 200} {
		synctest.Test(t, func(t *testing.T) {
			tenant := newTenant(walkmetest.Options{})
			defer tenant.Close()
			o := options(tenant)
			o.Timeout = time.Minute
			next := o.Transport
			var n atomic.Int64
			o.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
				if n.Add(1) < dies {
					return next.RoundTrip(req)
				}
				<-req.Context().Done()
				return nil, req.Context().Err()
			})
			start := time.Now()
			r, err := probe.Run(t.Context(), o)
			var incomplete *probe.IncompleteError
			if !errors.As(err, &incomplete) {
				t.Fatalf("Run() = %v", err)
			}
			if took := time.Since(start); took > o.Timeout+2*time.Minute {
				t.Errorf("it took %s", took)
			}
			named := map[string]bool{}
			for _, l := range r.Left {
				named[l.Name] = true
			}
			for _, u := range tenant.Users() {
				if strings.HasPrefix(u.UserName, probe.DefaultPrefix) && !named[u.UserName] {
					t.Errorf("%s is left and not named", u.UserName)
				}
			}
		})
	}
}

// TestInterruptedAtADeadServer ends within 25 seconds whatever the server does, and names
// what is left.
func TestInterruptedAtADeadServer(t *testing.T) {
	for _, pace := range []float64{0, 5} {
		for _, after := range []time.Duration{time.Second, 20 * time.Second, 61 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				tenant := newTenant(walkmetest.Options{Latency: 50 * time.Millisecond})
				defer tenant.Close()
				ctx, interrupt := context.WithCancel(t.Context())
				o := options(tenant)
				o.RequestsPerSecond = pace
				var n atomic.Int64
				next := o.Transport
				o.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
					if n.Add(1) < 100 {
						return next.RoundTrip(req)
					}
					<-req.Context().Done()
					return nil, req.Context().Err()
				})
				var at time.Time
				time.AfterFunc(after, func() { at = time.Now(); interrupt() })
				r, err := probe.Run(ctx, o)
				if !errors.Is(err, probe.ErrInterrupted) {
					t.Fatalf("Run() = %v", err)
				}
				if took := time.Since(at); took > 25*time.Second {
					t.Errorf("pace %v, interrupted after %s: it took %s more", pace, after, took)
				}
				if left := len(tenant.Users()) - 3 + len(tenant.Groups()) - 1; len(r.Left) < left {
					t.Errorf("%d are left, %d are named", left, len(r.Left))
				}
			})
		}
	}
}

// TestLeftIsNamed holds that each form of the report names what is left, the text once for
// each reason.
func TestLeftIsNamed(t *testing.T) {
	tenant := newTenant(walkmetest.Options{})
	o := options(tenant)
	o.Only = []string{"spec.create", "spec.created-read", "wire.oin.group-create"}
	next := o.Transport
	o.Transport = transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodDelete {
			return answering{http.StatusMethodNotAllowed, "Server: x", ""}.RoundTrip(req)
		}
		return next.RoundTrip(req)
	})
	r := judge(t, o)
	if len(r.Left) < 3 {
		t.Fatalf("left are %v", r.Left)
	}
	for form, write := range map[string]func(io.Writer) error{
		"text":     func(w io.Writer) error { return probe.Text(w, r, report.Options{Width: 80}) },
		"junit":    func(w io.Writer) error { return probe.JUnit(w, r, false) },
		"markdown": func(w io.Writer) error { return probe.Markdown(w, r) },
		"html":     func(w io.Writer) error { return probe.HTML(w, r) },
		"json":     func(w io.Writer) error { return probe.JSON(w, r) },
	} {
		var b strings.Builder
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		for _, l := range r.Left {
			if !strings.Contains(b.String(), l.Name) {
				t.Errorf("%s does not name %s", form, l.Name)
			}
		}
		if n := strings.Count(b.String(), ": DELETE was answered 405, deactivated"); form == "text" && n != 1 {
			t.Errorf("%s says %d times why the accounts are left:\n%s", form, n, b.String())
		}
	}
}
