package walkmetest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/walkme/walkmetest"
)

// Each fault: what the client sees, and whether the account exists afterwards.
func TestFaults(t *testing.T) {
	tests := []struct {
		name    string
		fault   walkmetest.Fault
		status  int // 0: no answer
		body    string
		broken  bool // the body breaks off
		applied bool
	}{
		{"none", walkmetest.Fault{}, 201, `"userName":"dan@example.com"`, false, true},
		{"NotApplied", walkmetest.NotApplied(503), 503, `"status":"503"`, false, false},
		{"AppliedButStatus", walkmetest.AppliedButStatus(500), 500, `"status":"500"`, false, true},
		{"DroppedBefore", walkmetest.DroppedBefore(), 0, "", false, false},
		{"AppliedUnanswered", walkmetest.AppliedUnanswered(), 0, "", false, true},
		{"AppliedTruncated", walkmetest.AppliedTruncated(), 201, `{"schemas":["urn`, true, true},
		{"RateLimited", walkmetest.RateLimited("120"), 429, `"status":"429"`, false, false},
		{"Gateway", walkmetest.Gateway(502), 502, "<title>502 Bad Gateway</title>", false, false},
		{"ErrorAs200", walkmetest.ErrorAs200(), 200, `"status":"error"`, false, false},
		{"Slow", walkmetest.Slow(time.Millisecond), 201, `"userName":"dan@example.com"`, false, true},
		{"another body", walkmetest.Fault{Apply: true, Status: 201, Body: `{}`}, 201, `{}`, false, true},
		{"another body, truncated", walkmetest.Fault{Body: `{"a":1}`, Truncate: true}, 200, `{"a`, true, false},
		{"nothing to truncate", walkmetest.Fault{Truncate: true}, 0, "", false, false},
		{"a header alone", walkmetest.Fault{Header: http.Header{"Retry-After": {"1"}}}, 201, "dan", false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tenant := fixture(t, walkmetest.Options{})
			tenant.Fault(walkmetest.OnNthWrite(1, test.fault))
			reply, body, err := send(http.DefaultClient, newRequest(t, tenant, "POST", "/Users", user(`"userName":"dan@example.com"`)))
			if reply == nil {
				reply = &http.Response{}
			}
			if reply.StatusCode != test.status || !strings.Contains(body, test.body) {
				t.Errorf("answer = %d %q, want %d with %q", reply.StatusCode, body, test.status, test.body)
			}
			if failed := test.status == 0 || test.broken; failed != (err != nil) {
				t.Errorf("error = %v, want an error: %t", err, failed)
			}
			if _, ok := tenant.User("dan@example.com"); ok != test.applied {
				t.Errorf("the account exists: %t, want %t", ok, test.applied)
			}
			if got, want := reply.Header.Get("Retry-After"), test.fault.Header.Get("Retry-After"); got != want {
				t.Errorf("Retry-After = %q, want %q", got, want)
			}
		})
	}
}

func TestHooks(t *testing.T) {
	fail := walkmetest.NotApplied(500)
	isGroup := func(r *walkmetest.Request) bool { return strings.HasPrefix(r.Path, "/Groups") }
	tests := []struct {
		name string
		hook func(*walkmetest.Request) walkmetest.Fault
		want []int // the status of: GET user, PATCH user, GET group, PATCH group, GET user
	}{
		{"none", nil, []int{200, 200, 200, 200, 200}},
		{"the third request", walkmetest.OnNth(3, fail), []int{200, 200, 500, 200, 200}},
		{"the second write", walkmetest.OnNthWrite(2, fail), []int{200, 200, 200, 500, 200}},
		{"the first of groups", walkmetest.OnMatch(isGroup, 1, fail), []int{200, 200, 500, 200, 200}},
		{"all of groups", walkmetest.OnMatch(isGroup, 0, fail), []int{200, 200, 500, 500, 200}},
		{"two hooks", walkmetest.FirstOf(walkmetest.OnNth(1, fail), walkmetest.OnNth(5, fail)), []int{500, 200, 200, 200, 500}},
	}
	for _, test := range tests {
		tenant := fixture(t, walkmetest.Options{})
		tenant.Fault(test.hook)
		run(t, tenant, []step{
			{"GET", "/Users/u-ann", "", test.want[0], nil},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"active":false}}`), test.want[1], nil},
			{"GET", "/Groups/{g}", "", test.want[2], nil},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"displayName":"Writers"}}`), test.want[3], nil},
			{"GET", "/Users/u-ann", "", test.want[4], nil},
		})
	}
}

// A hook may look at the tenant: no lock is held.
func TestHookMayCallTenant(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
		if len(tenant.Requests()) == 1 && r.Seq == 1 && tenant.State() != "" {
			return walkmetest.NotApplied(http.StatusTeapot)
		}
		return walkmetest.Fault{}
	})
	run(t, tenant, []step{{"GET", "/Users/u-ann", "", http.StatusTeapot, nil}})
}

// inProcess runs do with a tenant without sockets and a client for it, under a
// fake clock.
func inProcess(t *testing.T, opts walkmetest.Options, do func(t *testing.T, tenant *walkmetest.Tenant, client *http.Client)) {
	synctest.Test(t, func(t *testing.T) {
		tenant := walkmetest.New(opts)
		tenant.AddUser(walkmetest.User{ID: "u-ann", UserName: "ann@example.com", Active: true})
		do(t, tenant, &http.Client{Transport: tenant.Transport()})
	})
}

func TestLatencyHoldsNoLock(t *testing.T) {
	inProcess(t, walkmetest.Options{Latency: time.Second}, func(t *testing.T, tenant *walkmetest.Tenant, client *http.Client) {
		start := time.Now()
		done := make(chan error, 8)
		for range cap(done) {
			go func() {
				_, _, err := send(client, newRequest(t, tenant, "GET", "/Users/u-ann", ""))
				done <- err
			}()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("8 requests at once took %v, want 1s", got)
		}
		if got := tenant.PeakInFlight(); got != 8 {
			t.Errorf("PeakInFlight() = %d, want 8", got)
		}
	})
}

// A client that gives up does not undo what it asked for.
func TestTimedOutButApplied(t *testing.T) {
	inProcess(t, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant, client *http.Client) {
		tenant.Fault(walkmetest.OnNth(1, walkmetest.Slow(time.Hour)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req := newRequest(t, tenant, "PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"active":false}}`))
		if _, _, err := send(client, req.WithContext(ctx)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want %v", err, context.DeadlineExceeded)
		}
		synctest.Wait()
		if ann, _ := tenant.User("ann@example.com"); ann.Active {
			t.Error("ann is active, want the write to have been applied")
		}
	})
}

func TestCloseEndsDelays(t *testing.T) {
	inProcess(t, walkmetest.Options{Latency: time.Hour}, func(t *testing.T, tenant *walkmetest.Tenant, client *http.Client) {
		start := time.Now()
		time.AfterFunc(time.Second, tenant.Close)
		if _, _, err := send(client, newRequest(t, tenant, "GET", "/Users/u-ann", "")); err != nil {
			t.Error(err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("the answer took %v, want 1s", got)
		}
	})
}

func TestTransportFaults(t *testing.T) {
	inProcess(t, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant, client *http.Client) {
		tenant.Fault(walkmetest.FirstOf(walkmetest.OnNth(1, walkmetest.DroppedBefore()), walkmetest.OnNth(2, walkmetest.AppliedTruncated())))
		for i := range 2 {
			if _, _, err := send(client, newRequest(t, tenant, "GET", "/Users/u-ann", "")); err == nil {
				t.Errorf("request %d: no error", i+1)
			}
		}
	})
}

// With the quirk, a server that reads, waits and writes loses a member; without
// it nobody is lost.
func TestLoseOverlappingWrites(t *testing.T) {
	for _, lose := range []bool{false, true} {
		opts := walkmetest.Options{Latency: time.Second, Quirks: walkmetest.Quirks{LoseOverlappingWrites: lose}}
		inProcess(t, opts, func(t *testing.T, tenant *walkmetest.Tenant, client *http.Client) {
			tenant.AddUser(walkmetest.User{ID: "u-bob", UserName: "bob@example.com"})
			id := tenant.AddGroup("Editors")
			done := make(chan error, 2)
			for _, member := range []string{"u-ann", "u-bob"} {
				go func() {
					body := patch(`{"op":"add","path":"members","value":[{"value":"` + member + `"}]}`)
					_, _, err := send(client, newRequest(t, tenant, "PATCH", "/Groups/"+id, body))
					done <- err
				}()
			}
			for range 2 {
				if err := <-done; err != nil {
					t.Error(err)
				}
			}
			want := map[bool]int{false: 2, true: 1}[lose]
			if g, _ := tenant.Group("Editors"); len(g.Members) != want {
				t.Errorf("LoseOverlappingWrites %t: members = %v, want %d", lose, g.Members, want)
			}
		})
	}
}
