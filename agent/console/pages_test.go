package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// expect wants a page with each of the texts, and without those that begin with "!".
func (v *visitor) expect(path string, texts ...string) string {
	v.t.Helper()
	got := v.get(path)
	if got.status != http.StatusOK {
		v.t.Fatalf("GET %s: %d: %s", path, got.status, got.body)
	}
	text := mainOf(got.body)
	for _, want := range texts {
		if bad, ok := strings.CutPrefix(want, "!"); ok {
			if strings.Contains(text, bad) {
				v.t.Errorf("GET %s says %q", path, bad)
			}
		} else if !strings.Contains(text, want) {
			v.t.Errorf("GET %s does not say %q:\n%s", path, want, text)
		}
	}
	return got.body
}

var (
	anyTag   = regexp.MustCompile(`<[^>]*>`)
	anyBlank = regexp.MustCompile(`[ \n]+`)
)

// mainOf is what a page says, and then its source.
func mainOf(body string) string {
	body = body[strings.Index(body, "<main"):strings.Index(body, "</main>")]
	return anyBlank.ReplaceAllString(html.UnescapeString(anyTag.ReplaceAllString(body, "")), " ") + "\n" + html.UnescapeString(body)
}

// journal writes a run with a change of each person.
func (s *site) journal(runID string, people ...person) {
	s.t.Helper()
	s.fill(func(ctx context.Context, db *state.DB) {
		must(s.t, db.BeginRun(ctx, state.Run{ID: runID, Trigger: "schedule"}))
		for i, p := range people {
			change, err := json.Marshal(map[string]any{"attributes": []scim.AttributeChange{{Path: "name.givenName", Old: "Anna", New: p.first}}})
			must(s.t, err)
			id, err := db.Begin(ctx, state.Entry{
				RunID: runID, Seq: i + 1, Type: scim.User, SourceID: p.id, Name: p.login, Action: "update", Cause: "okta", Reason: "changed in Okta", Change: change,
			})
			must(s.t, err)
			must(s.t, db.Finish(ctx, id, state.Outcome{State: state.Applied, TargetID: p.walkme, HTTPStatus: 200}))
		}
		must(s.t, db.FinishRun(ctx, state.Run{ID: runID, Outcome: "done", Planned: len(people), Applied: len(people), Health: `{"verdict":"healthy"}`}))
	})
}

var ann = person{"00u1", "ann@example.com", "Ann", "Archer", "w-1"}

func TestEmptyState(t *testing.T) {
	v := open(t, nil).visit(false)
	v.expect("/", "There was no run yet")
	v.expect("/runs", "no run on record")
	v.expect("/people", "Nobody is known yet")
	v.expect("/groups", "No group is known yet")
	v.expect("/mappings", "No run has read Okta yet")
	for _, path := range []string{"/runs/x", "/people/00u1", "/groups/00g1", "/holds/x", "/nothing"} {
		if got := v.get(path); got.status != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, got.status)
		}
	}
}

func TestPersonAndRun(t *testing.T) {
	s := open(t, nil)
	s.people(ann, person{"00u2", "bob@example.com", "Bob", "", ""})
	s.journal("run-1", ann)
	v := s.visit(false)
	v.expect("/", "All in step", "1 person and 0 groups are managed", "run-1")
	v.expect("/runs", "run-1", "schedule", "done")
	v.expect("/runs/run-1", "ann@example.com", "update", "changed in Okta", `"Anna"`, `"Ann"`, "HTTP 200", "1 of 1 change")
	v.expect("/runs/run-1?q=ANN+example", "1 of 1 change")
	v.expect("/runs/run-1?q=bob", "0 of 1 change")
	v.expect("/runs/run-1?action=create", "0 of 1 change")
	v.expect("/people/00u1", "In scope: assigned in Okta", "active", "user.firstName", `"Archer"`, "w-1", "run-1", "Nothing, by what Okta said last")
	v.expect("/people/00u2", "In scope: assigned in Okta", "none yet", "create", "bob@example.com", "Nothing was sent for this person")
}

// TestOldRunsProveNothing: what was in step a day ago need not be so now.
func TestOldRunsProveNothing(t *testing.T) {
	s := open(t, func(_ *console.Options, p *console.Program) {
		p.MaxAge, p.Fidelity, p.DryRun = time.Hour, "strict", true
	})
	s.people(ann)
	s.journal("run-1", ann)
	v := s.visit(false)
	v.expect("/", "All in step")
	if body := v.get("/").body; !strings.Contains(body, "Dry run.") || !strings.Contains(body, "Fidelity strict.") {
		t.Error("the banners are missing")
	}
	s.clock.advance(2 * time.Hour)
	v.expect("/", "No run since", "!All in step")
}

func TestSearch(t *testing.T) {
	s := open(t, nil)
	s.people(ann, person{"00u2", "jurgen@example.com", "Jürgen", "Groß", "w-2"}, person{"00u3", "hanako@example.com", "花子", "山田", ""},
		person{"00u4", "percent@example.com", "100%", "_", ""}, person{"00u5", "o'brien@example.com", "Siobhán", "O'Brien", "w-5"})
	v := s.visit(false)
	for query, want := range map[string]string{
		"ann": "00u1", "ANN": "00u1", "archer ANN": "00u1", "00U2": "00u2", "JÜRGEN": "00u2", "jürgen groß": "00u2", "山田": "00u3", "0%": "00u4",
		"o'brien": "00u5", "example.com": "00u1", "": "00u3",
	} {
		v.expect("/people?q="+url.QueryEscape(query), "/people/"+want)
	}
	for _, query := range []string{"nobody", "ann bob", "1_0", "%%"} {
		v.expect("/people?q="+url.QueryEscape(query), "Nobody is found for", "!/people/00u")
	}
}

// TestHostileNames: what is in profiles and names shows as text, and as what it is.
func TestHostileNames(t *testing.T) {
	names := []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "' onmouseover='alert(1)", "</title><svg onload=alert(1)>", "{{.}}", "javascript:alert(1)",
		"\u202egnp.exe", "a\u0000b", "bell\a\x1b[31m", strings.Repeat("W", 3000), "&lt;b&gt;",
	}
	names = append(names, "", " ", strings.Repeat("長", 200), "محمد الفارابي", "花子\u200f\u2066", "=HYPERLINK(\"http://evil.example.com\")")
	s := open(t, func(_ *console.Options, p *console.Program) {
		p.Look = func(context.Context) (accounts []agent.Account, groups []agent.AvailableGroup, err error) {
			for i, name := range names {
				accounts = append(accounts, agent.Account{WalkMeID: fmt.Sprintf("%s%d", name, i), UserName: name, Name: name})
				groups = append(groups, agent.AvailableGroup{WalkMeID: fmt.Sprintf("%s%d", name, i), Name: name})
			}
			return accounts, groups, nil
		}
	})
	var people []person
	for i, name := range names {
		people = append(people, person{fmt.Sprintf("00u%d", i), name, name, name, fmt.Sprintf("w-%d", i)})
	}
	s.people(people...)
	s.journal("run-1", people...)
	s.fill(func(ctx context.Context, db *state.DB) {
		var items []state.HeldItem
		for _, p := range people {
			items = append(items, state.HeldItem{Key: p.id, Type: scim.User, Action: "deactivate", OktaID: p.id, Name: p.login, Attribute: p.login})
			items = append(items, state.HeldItem{Key: "00g1/" + p.id, Type: scim.Group, Action: "group_members", OktaID: "00g1", Name: names[1], MemberID: p.id, Member: p.login})
		}
		must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{{ID: "h1", Kind: "deactivations", Digest: "d", Limit: names[2], Reason: names[0], Count: len(items), Items: items}}))
		must(t, db.SaveSourceGroups(ctx, []state.SourceGroup{{ID: "00g1", Name: names[1], Sources: []string{names[0]}, Members: []string{"00u1"}}}, nil))
	})
	v := s.visit(false)
	v.post("/accounts", url.Values{})
	v.until("/accounts", func(page string) bool { return strings.Contains(page, "WalkMe was read") })
	v.expect("/holds/h1", "WWW", "would be emptied", "محمد الفارابي", "00u11") // who has no name has an id
	v.expect("/accounts", "WWW", "محمد الفارابي", "長", "(no name)")
	for _, path := range []string{"/", "/accounts", "/accounts?q=" + url.QueryEscape(names[0]), "/holds/h1?q=" + url.QueryEscape(names[6]), "/runs/run-1", "/people", "/people/00u0", "/people/00u1", "/people/00u6", "/groups", "/groups/00g1", "/holds/h1", "/mappings?try=1",
		"/people?q=" + url.QueryEscape(names[0]), "/mappings?mapping%5B" + url.QueryEscape(names[1]) + "%5D=" + url.QueryEscape(names[0])} {
		body := v.get(path).body
		main := body[strings.Index(body, "<body"):]
		for _, bad := range []string{"<script>alert", "<img", "<svg onload", "onerror=alert(1)>", "' onmouseover='alert", `href="javascript:`} {
			if strings.Contains(main, bad) {
				t.Errorf("GET %s has an element or an attribute of a name: %s", path, bad)
			}
		}
		for line := range strings.Lines(main) {
			if line = strings.TrimSuffix(line, "\n"); report.Escape(line) != line {
				t.Errorf("GET %s: a line hides or reorders text: %q", path, line)
			}
		}
	}
}

// hold opens a hold of two people, and returns its digest.
func (s *site) hold(id string, people ...string) string {
	s.t.Helper()
	digest := state.HoldDigest("deactivations", people)
	s.fill(func(ctx context.Context, db *state.DB) {
		var items []state.HeldItem
		for _, p := range people {
			items = append(items, state.HeldItem{Key: p, Type: scim.User, Action: "deactivate", OktaID: p, Name: p + "@example.com"})
		}
		must(s.t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{{
			ID: id, Kind: "deactivations", Digest: digest, Limit: "20 or 10 %", Reason: "2 of 9 are more than 10 %", Count: len(people), Items: items,
		}}))
	})
	return digest
}

func TestDecisions(t *testing.T) {
	for _, verdict := range []struct{ path, state string }{{"approve", "approved"}, {"reject", "rejected"}} {
		t.Run(verdict.path, func(t *testing.T) {
			s := open(t, nil)
			digest := s.hold("h1", "00u1", "00u2")
			v := s.visit(false)
			v.expect("/holds/h1", "Held: 2 deactivations", "2 of 9 are more than 10 %", "20 or 10 %", "00u1@example.com", digest)
			v.expect("/holds/h1?q=00U2", "00u2@example.com", "!00u1@example.com", "1 of 2")
			got := v.post("/holds/h1/"+verdict.path, url.Values{"digest": {digest}, "reason": {"the reorg"}})
			if got.status != http.StatusSeeOther || got.header.Get("Location") != "/holds/h1" {
				t.Fatalf("the decision: %d to %q: %s", got.status, got.header.Get("Location"), got.body)
			}
			v.expect("/holds/h1", "by ada", "the reorg", "!Held:")
			v.expect("/", verdict.state+" by ada", "!wait for a decision")
			s.fill(func(ctx context.Context, db *state.DB) {
				all, err := db.Decisions(ctx)
				must(t, err)
				if len(all) != 1 || string(all[0].Verdict) != verdict.state || all[0].By != "ada" || all[0].Reason != "the reorg" {
					t.Errorf("on record is %+v", all)
				}
			})
		})
	}
}

// TestStaleDecisions: a decision about another set than the one that waits decides nothing.
func TestStaleDecisions(t *testing.T) {
	s := open(t, nil)
	old := s.hold("h1", "00u1", "00u2")
	s.hold("h1", "00u1", "00u2", "00u3")
	v := s.visit(false)
	for _, verb := range []string{"approve", "reject"} {
		for name, form := range map[string]url.Values{"another set": {"digest": {old}}, "no set": {}, "empty": {"digest": {""}}} {
			form.Set("reason", "the reorg")
			got := v.post("/holds/h1/"+verb, form)
			if !strings.Contains(got.body, `value="the reorg"`) {
				t.Errorf("%s of %s: the reason has to be typed again", verb, name)
			}
			if got.status != http.StatusConflict || !strings.Contains(got.body, "Nothing was decided") || !strings.Contains(got.body, "00u3@example.com") {
				t.Errorf("%s of %s: %d: %s", verb, name, got.status, got.body)
			}
		}
	}
	moved := s.hold("h2", "00u4") // the former one is closed
	got := v.post("/holds/h1/approve", url.Values{"digest": {old}})
	if got.status != http.StatusConflict || !strings.Contains(got.body, `action="/holds/h2/approve"`) || !strings.Contains(got.body, "00u4@example.com") {
		t.Errorf("a hold that is another one by now: %d: %s", got.status, got.body)
	}
	if got := v.get("/holds/h1"); got.status != http.StatusNotFound || !strings.Contains(got.body, "its set has changed") || !strings.Contains(got.body, "/holds/h2") {
		t.Errorf("the page of a hold that is closed: %d: %s", got.status, mainOf(got.body))
	}
	if got := v.post("/holds/none/approve", url.Values{"digest": {moved}}); got.status != http.StatusNotFound && got.status != http.StatusConflict {
		t.Errorf("a hold that never was: %d", got.status)
	}
	viewer := s.visit(true)
	viewer.expect("/holds/h2", "You may look, and not decide", "!Approve")
	if got := viewer.post("/holds/h2/approve", url.Values{"digest": {moved}}); got.status != http.StatusForbidden {
		t.Errorf("a viewer approves: %d, want 403", got.status)
	}
	s.fill(func(ctx context.Context, db *state.DB) {
		if all, err := db.Decisions(ctx); err != nil || len(all) != 0 {
			t.Errorf("decisions on record: %v, %v", all, err)
		}
	})
}

// TestTwoWhoDecide: who has not seen the other one's decision does not overrule it; who has,
// does. The same decision twice is one.
func TestTwoWhoDecide(t *testing.T) {
	s := open(t, nil)
	s.journal("run-1", ann)
	digest := s.hold("h1", "00u1")
	v := s.visit(false)
	page := v.expect("/holds/h1", `name="seen" value="waiting"`)
	if !strings.Contains(page, "Approve") {
		t.Fatal("nothing to decide")
	}
	decide := func(verb, seen string, want int, says string) {
		t.Helper()
		got := v.post("/holds/h1/"+verb, url.Values{"digest": {digest}, "seen": {seen}, "reason": {"for a reason"}})
		if got.status != want || says != "" && !strings.Contains(mainOf(got.body), says) {
			t.Errorf("%s, seen %q: %d, want %d: %s", verb, seen, got.status, want, got.body)
		}
	}
	decide("approve", "waiting", http.StatusSeeOther, "")
	decide("reject", "waiting", http.StatusConflict, "ada has approved it since you saw it")
	decide("reject", "waiting", http.StatusConflict, `value="for a reason"`)
	decide("approve", "waiting", http.StatusSeeOther, "")
	v.expect("/holds/h1", "Approved by", `name="seen" value="approved"`)
	v.expect("/", "1 approved change waits for the next run", "!All in step")
	decide("reject", "approved", http.StatusSeeOther, "")
	v.expect("/holds/h1", "Rejected by")
	v.expect("/", "In step, but for 1 change that a person left undone", "!All in step")
	decide("approve", "", http.StatusSeeOther, "") // a script that looks at the set alone
	v.expect("/holds/h1", "Approved by")
}

func TestMappings(t *testing.T) {
	s := open(t, nil)
	s.people(ann, person{"00u2", "jurgen@example.com", "Jürgen", "", "w-2"})
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.SetMeta(ctx, "snapshot", `{"app":{"ID":"0oa1"},"taken_at":"`+s.clock.now().UTC().Format(time.RFC3339)+`"}`))
	})
	v := s.visit(true)
	v.expect("/mappings", "Nobody of 2 would be updated", "user.firstName", `"Ann"`, "user.lastName", "mappings:\n  name.familyName: user.lastName\n", "appuser.userName")
	page := func(form url.Values) string {
		got := v.post("/mappings", form)
		if got.status != http.StatusOK {
			t.Fatalf("POST /mappings: %d: %s", got.status, got.body)
		}
		return mainOf(got.body)
	}
	base := url.Values{"mapping[userName]": {"appuser.userName"}, "mapping[name.givenName]": {"user.firstName"}, "mapping[name.familyName]": {"user.lastName"}}
	for name, tt := range map[string]struct {
		change url.Values
		want   []string
	}{
		"upper case":       {url.Values{"mapping[name.givenName]": {"String.toUpperCase(user.firstName)"}}, []string{"2 people of 2 would be updated", `"JÜRGEN"`, `"ANN"`}},
		"a slip":           {url.Values{"mapping[name.givenName]": {"user.fristName"}}, []string{"2 people of 2 would be updated", "2 people would lose a value: a run would hold that back, since 2 are more than 1"}},
		"syntax":           {url.Values{"mapping[name.givenName]": {"String.toUpperCase(user.firstName"}}, []string{"line 1, column 34", "It can be told when every line is right"}},
		"second line":      {url.Values{"mapping[name.givenName]": {"user.firstName +\n  )"}}, []string{"line 2, column 3"}},
		"unknown path":     {url.Values{"mapping[nmae.givenName]": {"user.firstName"}}, []string{"nmae.givenName", "bad"}},
		"without a name":   {url.Values{"mapping[userName]": {""}}, []string{"userName", "is missing"}},
		"another line":     {url.Values{"new_path": {"title"}, "new_expression": {`"Dr. " + user.lastName`}}, []string{`'"Dr. " + user.lastName'`, "2 people of 2 would be updated"}},
		"another person":   {url.Values{"person": {"JURGEN@example.com"}}, []string{`"Jürgen"`}},
		"nobody":           {url.Values{"person": {"zoe"}}, []string{"Nobody is found"}},
		"cannot be mapped": {url.Values{"mapping[userName]": {"user.lastName"}}, []string{"1 person could not be mapped"}},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{"try": {"1"}}
			for _, part := range []url.Values{base, tt.change} {
				for k, values := range part {
					form[k] = values
				}
			}
			body := page(form)
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("the laboratory does not say %q:\n%s", want, body)
				}
			}
		})
	}
}

// TestMappingTriedOnMany: what takes long goes on beside the pages, and is remembered.
func TestMappingTriedOnMany(t *testing.T) {
	s := open(t, nil)
	many := make([]person, 2001)
	for i := range many {
		many[i] = person{fmt.Sprintf("00u%04d", i), fmt.Sprintf("p%04d@example.com", i), "Ann", "Archer", ""}
	}
	s.people(many...)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.SetMeta(ctx, "snapshot", `{"app":{"ID":"0oa1"},"taken_at":"`+s.clock.now().UTC().Format(time.RFC3339)+`"}`))
	})
	v := s.visit(true)
	v.expect("/mappings", "2,001 people are in the last snapshot", "press the button")
	const tried = "/mappings?try=1&mapping%5BuserName%5D=appuser.userName&mapping%5Btitle%5D=user.title"
	v.until(tried, func(body string) bool { return strings.Contains(body, "would be updated") })
	v.expect(tried, "Nobody of 0 would be updated", "title", "empty: (none)")
	v.expect(strings.Replace(tried, "try=1&", "", 1), "Nobody of 0 would be updated") // it is known
}

// TestRunsFromTheConsole starts runs, one at a time.
func TestRunsFromTheConsole(t *testing.T) {
	var s *site
	begun, finish := make(chan console.RunOptions), make(chan struct{})
	s = open(t, func(_ *console.Options, p *console.Program) {
		p.Sync = func(ctx context.Context, o console.RunOptions) error {
			db, err := state.Open(ctx, state.Options{Path: s.path, Build: "test"})
			if err != nil {
				return err
			}
			defer db.Close()
			if err := db.BeginRun(ctx, state.Run{ID: "made-here", Trigger: o.Trigger}); err != nil {
				return err
			}
			begun <- o
			<-finish
			return db.FinishRun(ctx, state.Run{ID: "made-here", Outcome: "done"})
		}
	})
	s.fill(func(context.Context, *state.DB) {})
	v := s.visit(false)
	answers := make(chan answered, 1)
	go func() { answers <- v.post("/retry", url.Values{}) }()
	if o := <-begun; o.By != "ada" || !o.Retry || o.Trigger != "console" {
		t.Errorf("the run is made with %+v", o)
	}
	if got := <-answers; got.status != http.StatusSeeOther || got.header.Get("Location") != "/runs/made-here" {
		t.Errorf("POST /retry: %d to %q", got.status, got.header.Get("Location"))
	}
	v.expect("/runs/made-here", "under way", "data-poll")
	if got := v.post("/sync", url.Values{}); got.status != http.StatusConflict {
		t.Errorf("a second run at a time: %d, want 409", got.status)
	}
	close(finish)
}

// TestDryRunsFromTheConsole: while nothing may be sent, a run is a plan, and says so.
func TestDryRunsFromTheConsole(t *testing.T) {
	s := open(t, func(_ *console.Options, p *console.Program) {
		p.DryRun = true
		p.Sync = func(context.Context, console.RunOptions) error { t.Error("a run is made"); return nil }
		p.Plan = func(_ context.Context, see func(*plan.Plan) error) error {
			return see(&plan.Plan{Changes: []*plan.Change{{Type: scim.User, Action: plan.Create, OktaID: "00u1", Name: "ann@example.com"}}})
		}
	})
	v := s.visit(false)
	got := v.post("/sync", url.Values{})
	path := got.header.Get("Location")
	if got.status != http.StatusSeeOther || !strings.HasPrefix(path, "/runs/dry-") {
		t.Fatalf("POST /sync: %d to %q", got.status, path)
	}
	v.until(path, func(body string) bool { return !strings.Contains(body, "data-poll") })
	v.expect(path, "Nothing was sent", "1 change would be made", "ann@example.com", "create")
	v.expect("/", "1 change would be made", "nothing was sent")
	v.expect("/runs", path)
}

// TestLongDryRun: a plan whose changes are in a file is shown after the file is gone.
func TestLongDryRun(t *testing.T) {
	s := open(t, func(_ *console.Options, p *console.Program) {
		p.DryRun = true
		p.Sync = func(context.Context, console.RunOptions) error { t.Error("a run is made"); return nil }
		p.Plan = func(_ context.Context, see func(*plan.Plan) error) error {
			file, err := os.CreateTemp(t.TempDir(), "")
			if err != nil {
				return err
			}
			defer file.Close()
			planned, err := planOnDisk(file, 1500)
			if err != nil {
				return err
			}
			return see(planned)
		}
	})
	v := s.visit(false)
	path := v.post("/sync", url.Values{}).header.Get("Location")
	v.until(path, func(body string) bool { return !strings.Contains(body, "data-poll") })
	v.expect(path, "Nothing was sent", "1,500 changes would be made", "p0000@example.com")
}

// planOnDisk is a plan that makes so many accounts, all of them in a file.
func planOnDisk(file *os.File, people int) (*plan.Plan, error) {
	inStep := plan.NewInStep(people)
	for i := range people {
		name := fmt.Sprintf("p%04d@example.com", i)
		person := &plan.Person{Resource: scim.Resource{Type: scim.User, SourceID: fmt.Sprintf("00u%04d", i)}}
		person.Attributes = scim.Attributes{{Path: scim.PathUserName, Value: name}}
		inStep.AddPerson(person)
		c := &plan.Change{Type: scim.User, Action: plan.Create, OktaID: person.SourceID, Name: name, Needs: plan.Needs{Want: person}}
		if err := inStep.AddPlain(c, func() (*plan.PlainChanges, error) { return plan.NewPlainChanges(file, people, false), nil }); err != nil {
			return nil, err
		}
	}
	inStep.Seal()
	if err := inStep.SealPlain(); err != nil {
		return nil, err
	}
	planned, err := plan.New(plan.Input{InStep: inStep})
	if err != nil {
		return nil, err
	}
	return planned, planned.Finish(plan.About{})
}
