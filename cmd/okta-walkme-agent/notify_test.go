package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// webhook takes messages.
type webhook struct {
	*httptest.Server
	messages chan string
}

func startWebhook(t *testing.T) *webhook {
	t.Helper()
	h := &webhook{messages: make(chan string, 100)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.messages <- string(body)
	}))
	t.Cleanup(h.Close)
	return h
}

// none fails the test when a message came.
func (h *webhook) none(t *testing.T, after string) {
	t.Helper()
	select {
	case m := <-h.messages:
		t.Errorf("%s tells\n%s\nwant nothing", after, m)
	default:
	}
}

// notified is a company of a webhook, where any deactivation is held.
func notified(t *testing.T, more string) (*company, *webhook) {
	t.Helper()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"": "notify:\n  - url: file:notify-url\n" + more, "limits": "deactivations: {count: 0, percent: 0}\n"})
	h := startWebhook(t)
	c.write("notify-url", "generic://"+h.Listener.Addr().String()+"/hooks/s3cret?disabletls=yes\n")
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	return c, h
}

// TestNotifyOfHolds: runs by hand tell of a hold once; what only looks tells nothing.
func TestNotifyOfHolds(t *testing.T) {
	c, h := notified(t, "")
	if r := c.must(exitOK, "notify", "test"); r.out != "notify[0] (generic): sent\n" {
		t.Errorf("notify test says %q", r.out)
	}
	if m := <-h.messages; !strings.Contains(m, "this is a test") {
		t.Errorf("the test message is %q", m)
	}
	c.must(exitOK, "sync")
	h.none(t, "a run without anything to tell")
	c.org.Unassign(c.people["ann"])
	c.must(exitOK, "plan")
	c.must(exitOK, "sync", "--dry-run")
	h.none(t, "a look")
	c.must(exitHeld, "sync")
	m := <-h.messages
	for _, want := range []string{"okta-walkme-agent: 1 deactivation waits for a decision.\n", "On app WalkMe (0oa00000000000walkme), tenant http://127.0.0.1", "okta-walkme-agent holds approve deactivations-"} {
		if !strings.Contains(m, want) {
			t.Errorf("the message lacks %q:\n%s", want, m)
		}
	}
	if strings.Contains(m, "ann@") {
		t.Errorf("the message names a person, without details:\n%s", m)
	}
	c.org.Unassign(c.people["bob"])
	c.must(exitHeld, "sync")
	h.none(t, "a hold whose set has grown")
}

// TestServiceNotifies: so does the service, unless it only plans.
func TestServiceNotifies(t *testing.T) {
	c, h := notified(t, "dry_run: true\nschedule: '@every 1s'\n")
	c.must(exitOK, "sync")
	c.org.Unassign(c.people["ann"])
	s := serving(t, c)
	s.begin()
	s.until(`^STATUS=last run: planned`)
	s.until(`^STATUS=last run: planned`)
	h.none(t, "a service that plans")
	s.configure(map[string]string{"": "notify:\n  - url: file:notify-url\n    details: true\nschedule: '@every 1s'\n",
		"limits": "deactivations: {count: 0, percent: 0}\n"})
	s.must(exitOK, "reload")
	if m := <-h.messages; !strings.Contains(m, "1 deactivation waits for a decision") || !strings.Contains(m, "Concerns ann@example.com.") {
		t.Errorf("the service tells\n%s\nwant the hold, and whom it concerns", m)
	}
	s.until(`^STATUS=last run: held`)
	s.until(`^STATUS=last run: held`)
	h.none(t, "another run with the same hold")
	if log := s.logged(); strings.Contains(log, "s3cret") || strings.Contains(log, "not notified") {
		t.Errorf("the log speaks of notifications:\n%s", log)
	}
}

// TestNotifyOutOfReach: a recipient that is not there, or has no secret, changes nothing
// about a run, and its URL is nowhere.
func TestNotifyOutOfReach(t *testing.T) {
	c, h := notified(t, "  - url: env:NOT_SET\n")
	h.Close()
	c.must(exitOK, "sync")
	c.org.Unassign(c.people["ann"])
	r := c.must(exitHeld, "sync")
	for _, want := range []string{"notify[0] (generic) was not notified: nothing answers at its address", "notify[1] was not notified: env:NOT_SET"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("sync says\n%swant %q in it", r.err, want)
		}
	}
	check := c.must(exitProblems, "check")
	for _, want := range []string{"notify[0] (generic) is told of hold, failing, recovered, emptied, decided", "warn  notify[1]: env:NOT_SET"} {
		if !strings.Contains(check.out, want) {
			t.Errorf("check says\n%swant %q in it", check.out, want)
		}
	}
	test := c.must(exitFailed, "notify", "test")
	if all := r.err + check.out + check.err + test.out + test.err; strings.Contains(all, "s3cret") || strings.Contains(all, h.Listener.Addr().String()) {
		t.Errorf("the URL is shown:\n%s", all)
	}
}

func TestNotifyNobody(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.must(exitConfig, "notify", "test")
	c.must(exitUsage, "notify")
}

// TestNotifyOfEmptiedValues: a run that empties a mapped value in WalkMe tells of it, each
// attribute once a day. What is left as it was there is not emptied.
func TestNotifyOfEmptiedValues(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, wire string
		cleared    any
		told       bool
	}{
		{"empty", "empty", "", true},
		{"null in Okta", "empty", nil, true},
		{"null to WalkMe", "null", "", true},
		{"omit", "omit", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := startWebhook(t)
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
				"": "notify:\n  - url: file:notify-url\n", "walkme": "wire: {cleared_value: " + tt.wire + "}\n"})
			c.write("notify-url", "generic://"+h.Listener.Addr().String()+"/hooks/s3cret?disabletls=yes\n")
			c.hire("Ann", "Archer")
			c.hire("Bob", "Baker")
			c.must(exitOK, "sync")
			c.org.Update(c.people["ann"], map[string]any{"lastName": tt.cleared})
			c.run("sync")
			if !tt.told {
				h.none(t, "a run that empties nothing")
				return
			}
			select {
			case m := <-h.messages:
				if !strings.Contains(m, "name.familyName: of 1 person") || strings.Contains(m, "ann@") {
					t.Errorf("the message is\n%s", m)
				}
			default:
				t.Fatal("nothing is told")
			}
			c.org.Update(c.people["bob"], map[string]any{"lastName": tt.cleared})
			c.run("sync")
			h.none(t, "the same attribute on the same day")
		})
	}
}
