package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// console opens the console of a company without a service, and returns the link.
func (c *company) console() string {
	c.t.Helper()
	getenv := func(key string) string { return c.env[key] }
	program := &cli{
		environment: environment{getenv: getenv, stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard},
		configPath:  filepath.Join(c.dir, "agent.yaml"), display: newDisplay(io.Discard, false), traffic: service.NewTraffic(time.Now),
	}
	cfg, err := program.load()
	if err != nil {
		c.t.Fatal(err)
	}
	o, err := consoleOptions(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	o.Logger = slog.New(slog.DiscardHandler)
	s, err := program.openConsole(c.t.Context(), o, program.consoleProgram(cfg, o.Logger))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = s.Close() })
	link, err := console.Link(cfg.State.Path, "ada", false, time.Now())
	if err != nil {
		c.t.Fatal(err)
	}
	return link
}

// oddNames are people whom a page must show without breaking.
func oddNames() []oktatest.Person {
	long := "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
	return []oktatest.Person{
		{First: "Jürgen-Wolfgang", Last: "Groß-Schäfer von und zu Hohenlohe-Langenburg", Email: "j.gross-schaefer@example.com"},
		{First: "花子", Last: "山田", Email: "hanako.yamada@example.com"},
		{First: strings.Repeat("Maximiliane", 12), Last: long + long, Email: strings.Repeat("very-long-", 6) + "@department.example.com"},
		{First: "محمد", Last: "الفارابي", Email: "farabi@example.com"},
		{First: `<img src=x onerror="alert(1)">`, Last: "\u202egnp.exe", Email: "hostile@example.com"},
		{First: "Ann", Last: "Archer", Email: "ann@example.com"},
		{First: "Fay", Last: "Fehler", Email: "fay@example.com"},
	}
}

// oddCompany has people of odd names, whom a page must show without breaking; some who
// fail, are rejected or are held; groups of every status; and three months of runs.
func oddCompany(t *testing.T) *company {
	t.Helper()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"":            "console: {listen: \"127.0.0.1:0\"}\n",
		"push_groups": "sources:\n  - rule: {name_starts_with: Team}\n  - {name: Waiting Room, paused: true}\n",
		"limits":      "deactivations: {count: 3}\n",
	})
	for _, p := range oddNames() {
		id := c.org.Hire(p)
		c.org.Assign(id)
		c.people[strings.ToLower(p.First)] = id
	}
	for i := range 40 {
		c.hire(fmt.Sprintf("Person%02d", i), fmt.Sprintf("Number%02d", i))
	}
	c.group("long", "Team "+strings.Repeat("Öffentlichkeitsarbeit und Unternehmenskommunikation ", 3), "ann", "花子", "person01", "person02", "person03")
	c.group("ja", "Team 東京オフィス第一営業部", "花子", "ann")
	c.group("waiting", "Waiting Room", "ann")
	c.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.Contains(bodyOf(r), "fay@example.com") {
			w.Header().Set("Content-Type", "application/scim+json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"The attribute name.familyName `+strings.Repeat("must-not-hold-such-a-value-", 9)+`"}`)
			return
		}
		tenant.ServeHTTP(w, r)
	})
	c.pastRuns()
	c.must(exitProblems, "sync")
	dup := c.org.Hire(oktatest.Person{First: "Dora", Last: "Doppelt", Email: "dora@example.com"})
	c.org.Assign(dup)
	c.org.SetAppProfile(dup, "ann@example.com", map[string]any{"email": "ann@example.com"})
	for i := range 8 {
		c.org.Unassign(c.people[fmt.Sprintf("person%02d", i)])
	}
	c.must(exitHeld, "sync")
	return c
}

// bodyOf reads a request's body and puts it back.
func bodyOf(r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return ""
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	return string(body)
}

// pastRuns puts three months of runs into the state, with a day without any and one that
// failed.
func (c *company) pastRuns() {
	c.t.Helper()
	ctx := c.t.Context()
	now := time.Now()
	db, err := state.Open(ctx, state.Options{Path: c.statePath(), Build: "test", Holder: "test"})
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	for d := 88; d > 0; d-- {
		at := now.AddDate(0, 0, -d)
		if d%17 == 0 {
			continue
		}
		id := fmt.Sprintf("past-%02d", d)
		run := state.Run{ID: id, Trigger: "schedule", StartedAt: at}
		if err := db.BeginRun(ctx, run); err != nil {
			c.t.Fatal(err)
		}
		for i, action := range []string{"create", "update", "update", "deactivate", "group_members"}[:d%6%5+1] {
			e := state.Entry{RunID: id, Seq: i + 1, Type: scim.User, SourceID: fmt.Sprintf("00upast%02d%02d", d, i), Name: fmt.Sprintf("past%02d%02d@example.com", d, i), Action: action, Cause: "okta",
				State: state.Applied, HTTPStatus: 200, StartedAt: at, FinishedAt: at}
			if _, err := db.Begin(ctx, e); err != nil {
				c.t.Fatal(err)
			}
		}
		run.Outcome, run.Applied, run.Failed, run.FinishedAt = "done", d%6%5+1, d%5/4*3, at.Add(time.Duration(d%13+1)*7*time.Second)
		if d%23 == 0 {
			run.Outcome, run.Error = "failed", "snapshot of Okta: "+strings.Repeat("Okta answered 503 Service Unavailable; ", 4)
		}
		if err := db.FinishRun(ctx, run); err != nil {
			c.t.Fatal(err)
		}
	}
}

// TestConsolePagesInBrowser looks at every page with odd names, with much on it and with
// nothing, in four sizes and both schemes. No two kinds of pages have the same title.
func TestConsolePagesInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Parallel()
	b := newBrowser(t)
	empty := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "console: {listen: \"127.0.0.1:0\"}\n"})
	link := empty.console()
	b.base, _, _ = strings.Cut(link, "/session")
	b.open(link)
	titles := map[string]string{}
	for _, page := range []string{"", "runs", "people", "groups", "mappings", "accounts"} {
		b.open("/" + page)
		b.titled("/"+page, titles)
		b.look("empty-" + page)
	}
	b.open("/people/nobody")
	b.look("empty-people-nobody")
	for _, page := range []string{"/people?q=ann", "/nothing"} {
		b.open(page)
		b.titled(page, titles)
	}
	c := oddCompany(t)
	link = c.console()
	b.base, _, _ = strings.Cut(link, "/session")
	b.open(link)
	b.says("held")
	pages := map[string]string{
		"overview": "/", "runs": "/runs", "run": c.lastRun(), "people": "/people", "groups": "/groups", "group-long": "/groups/" + c.groups["long"], "group-paused": "/groups/" + c.groups["waiting"],
		"person-long": "/people/" + c.people[strings.ToLower(oddNames()[2].First)], "person-ja": "/people/" + c.people["花子"], "person-hostile": "/people/" + c.people[oddNames()[4].First],
		"person-failed": "/people/" + c.people["fay"], "person-held": "/people/" + c.people["person01"], "search-none": "/people?q=zoe",
		"mappings":       "/mappings?try=1&mapping%5BuserName%5D=appuser.userName&mapping%5Bname.givenName%5D=String.toUpperCase(user.firstName&mapping%5Bname.familyName%5D=user.lastName",
		"mappings-tried": "/mappings?try=1&mapping%5BuserName%5D=appuser.userName&mapping%5Bname.givenName%5D=String.toUpperCase(user.firstName)&mapping%5Bname.familyName%5D=user.lastNaem",
	}
	for _, name := range []string{
		"overview", "runs", "run", "people", "groups", "group-long", "group-paused", "person-long", "person-ja", "person-hostile", "person-failed", "person-held",
		"search-none", "mappings", "mappings-tried",
	} {
		b.open(pages[name])
		b.look("odd-" + name)
	}
	b.open(link) // was used
	b.look("odd-link-used")
}

// lastRun is the page of the newest run but those of the past.
func (c *company) lastRun() string {
	c.t.Helper()
	db, err := state.OpenReadOnly(c.t.Context(), c.statePath())
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	runs, err := db.Runs(c.t.Context(), 0)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range runs {
		if !strings.HasPrefix(r.ID, "past-") {
			return "/runs/" + r.ID
		}
	}
	return "/runs"
}
