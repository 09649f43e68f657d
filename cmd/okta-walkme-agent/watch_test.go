package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// watchPace is how often the services of these tests look at the log. The
// configuration allows no such haste.
const watchPace = 20 * time.Millisecond

// seldom is a schedule that no test lives to see, with a watch beside it.
const seldom = "schedule: '@yearly'\nwatch: {interval: 10s}\n"

// serveWatching starts the service with a quick look at Okta's log.
func serveWatching(t *testing.T, c *company) *served {
	t.Helper()
	s := serving(t, c)
	s.beginWith(func(n *service.Setup) { n.Config.Watch = watchPace })
	return s
}

// eventually waits for a run after which ok holds.
func (s *served) eventually(what string, ok func() bool) {
	s.t.Helper()
	for range 100 {
		s.until(`^STATUS=last run: `)
		if ok() {
			return
		}
	}
	s.t.Fatalf("never came true: %s\n%s", what, s.logged())
}

func (c *company) hasAccount(name string) bool {
	u, ok := c.tenant.User(name + "@example.com")
	return ok && u.Active
}

// logReads are the requests for Okta's log.
func (c *company) logReads() (reads []oktatest.Request) {
	for _, r := range c.org.Requests() {
		if r.Path == "/api/v1/logs" {
			reads = append(reads, r)
		}
	}
	return reads
}

// TestWatch lets the service follow Okta's log through a day on which no tick comes,
// and through a restart.
func TestWatch(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": seldom, "push_groups": "sources: [{name: Editors}]\n"})
	c.hire("Ann", "Archer")
	c.group("editors", "Editors", "ann")
	c.group("everyone", "Everyone", "ann")
	s := serveWatching(t, c)
	s.until(finished)

	c.org.ResetRequests()
	c.hire("Bob", "Baker")
	c.org.AddMember(c.groups["everyone"], c.people["bob"])
	s.eventually("Bob has an account", func() bool { return c.hasAccount("bob") })
	c.org.AddMember(c.groups["editors"], c.people["bob"])
	members := func(n int) func() bool {
		return func() bool { g, _ := c.tenant.Group("Editors"); return len(g.Members) == n }
	}
	s.eventually("Bob is an editor", members(2))
	c.org.RemoveMember(c.groups["editors"], c.people["ann"])
	s.eventually("Ann is no editor", members(1))
	for _, r := range c.org.Requests() {
		if strings.HasSuffix(r.Path, "/apps/"+c.org.AppID()+"/users") {
			t.Errorf("%s was read for a few people", r.Path)
		}
	}
	if code := s.end(); code != exitOK {
		t.Fatalf("exit code = %d, want 0\n%s", code, s.logged())
	}

	c.org.Unassign(c.people["ann"])
	c.org.ResetRequests()
	s = serveWatching(t, c)

	s.eventually("Ann's account is off", func() bool { return !c.hasAccount("ann") })
	if first := c.logReads()[0]; !first.Query.Has("after") || first.Query.Has("since") {
		t.Errorf("the first look after the restart asks %v, want it to go on where the last one ended", first.Query)
	}
	triggers := map[string]int{}
	for _, r := range c.runs() {
		triggers[r.Trigger]++
	}
	if triggers["schedule"] != 1 || triggers["watch"] < 4 {
		t.Errorf("runs by trigger = %v, want the first by the schedule and all others for the log", triggers)
	}
}

// TestWatchIsNoTruth: what the log has lost, the next tick finds.
func TestWatchIsNoTruth(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": seldom})
	c.hire("Ann", "Archer")
	s := serveWatching(t, c)
	s.until(finished)
	reads := make(chan struct{}, 1000)
	c.org.Fault(func(r *http.Request) *oktatest.Fault {
		if r.URL.Path != "/api/v1/logs" {
			return nil
		}
		reads <- struct{}{}
		return &oktatest.Fault{Rewrite: func(http.Header, []byte) []byte { return []byte("[]") }}
	})
	c.hire("Bob", "Baker")
	for range 3 {
		<-reads
	}
	if c.hasAccount("bob") {
		t.Error("Bob has an account, although the log does not name him")
	}
	c.configure(map[string]string{"": "schedule: '@every 1s'\nwatch: {interval: 10s}\n"})
	s.must(exitOK, "reload")
	s.eventually("Bob has an account", func() bool { return c.hasAccount("bob") })
}

// TestWatchWithoutTheRight: whoever may not read the log is told so once, and has the
// schedule.
func TestWatchWithoutTheRight(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		org  oktatest.Options
		auth string
		on   func(*oktatest.Org)
	}{
		{
			name: "an API token without the admin role for it",
			on: func(o *oktatest.Org) {
				o.Fault(func(r *http.Request) *oktatest.Fault {
					if r.URL.Path == "/api/v1/logs" {
						return &oktatest.Fault{Status: http.StatusForbidden}
					}
					return nil
				})
			},
		},
		{
			name: "a service app without the scope",
			org:  oktatest.Options{ClientID: "0oaservice", PublicKey: key.Public(), Scopes: okta.DefaultScopes()},
			auth: "auth: {client_id: 0oaservice, private_key: file:okta-key.pem, key_id: kid1}\n",
			on:   func(*oktatest.Org) {},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCompany(t, tt.org, walkmetest.Options{}, map[string]string{
				"": "schedule: '@every 1s'\nwatch: {interval: 10s}\n", "okta": tt.auth})
			c.write("okta-key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
			tt.on(c.org)
			c.hire("Ann", "Archer")
			s := serveWatching(t, c)
			s.until(finished)
			c.hire("Bob", "Baker")
			s.eventually("Bob has an account", func() bool { return c.hasAccount("bob") })
			if n := strings.Count(s.logged(), "watch is off"); n != 1 {
				t.Errorf("the log says %d times that the watch is off, want once:\n%s", n, s.logged())
			}
		})
	}
}
