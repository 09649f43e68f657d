package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// bigSite is a state of 100,000 people, 501 groups (one of them of everybody) and 10,000
// runs, of which one changed everybody. A hold keeps 20,000 people back, and 10,000 others
// stay by a rejection.
func bigSite(b *testing.B) *site {
	b.Helper()
	s := open(b, func(_ *console.Options, p *console.Program) {
		p.Look = func(context.Context) ([]agent.Account, []agent.AvailableGroup, error) {
			return manyAccounts(), nil, nil
		}
	})
	const people, runs = 100_000, 10_000
	s.fill(func(ctx context.Context, db *state.DB) {
		w, err := db.SaveSourceUsers(ctx)
		must(b, err)
		var records []state.Record
		for i := range people {
			id, login := fmt.Sprintf("00u%017d", i), fmt.Sprintf("person%06d@example.com", i)
			first, last := fmt.Sprintf("First%d", i%977), fmt.Sprintf("Last%d", i%1009)
			must(b, w.Add(id, fmt.Appendf(nil, `{"ID":%q,"UserName":%q,"Scope":"USER","Status":"ACTIVE","AccountStatus":"ACTIVE","AppProfile":{"email":%q},"Profile":{"department":"Works","email":%q,"firstName":%q,"lastName":%q,"login":%q,"title":"Engineer"}}`,
				id, login, login, login, first, last, login)))
			r := state.Record{
				Resource: scim.Resource{Type: scim.User, SourceID: id, ID: fmt.Sprintf("w-%d", i), Active: i%20 != 0, Attributes: scim.Attributes{
					{Path: "name.familyName", Value: last}, {Path: "name.givenName", Value: first}, {Path: "userName", Value: login},
				}}, Name: login, Origin: state.Created,
			}
			if i%5000 == 0 {
				r.Attempts, r.LastError, r.LastStatus = 1, "refused", 400
			}
			records = append(records, r)
		}
		must(b, w.Commit())
		must(b, db.PutRecords(ctx, records...))
		must(b, db.SetMeta(ctx, "snapshot", `{"app":{"ID":"0oa1"},"taken_at":"2026-01-01T00:00:00Z"}`))
		fillGroups(b, ctx, db, people)
		fillHistory(b, ctx, db, runs, people)
		fillHolds(b, ctx, db, s)
	})
	return s
}

// fillGroups pushes 500 groups of 1,500, and one of everybody, each with a change on record.
func fillGroups(b *testing.B, ctx context.Context, db *state.DB, people int) {
	b.Helper()
	var source []state.SourceGroup
	for i := range 501 {
		size := 1500
		if i == 500 {
			size = people
		}
		members := make([]string, size)
		for j := range members {
			members[j] = fmt.Sprintf("00u%017d", (i*200+j)%people)
		}
		slices.Sort(members)
		id, name := fmt.Sprintf("00g%017d", i), fmt.Sprintf("Group %d", i)
		source = append(source, state.SourceGroup{ID: id, Name: name, Sources: []string{"rule"}, Members: members})
		must(b, db.PutRecords(ctx, state.Record{
			Resource: scim.Resource{Type: scim.Group, SourceID: id, ID: fmt.Sprintf("g-%d", i), Active: true, Members: members}, Name: name, Origin: state.Created,
		}))
		change, err := json.Marshal(map[string]any{"members": map[string][]string{"add": members[:1500]}})
		must(b, err)
		_, err = db.Begin(ctx, state.Entry{
			RunID: "run-0", Seq: i + 1, Type: scim.Group, SourceID: id, TargetID: "g", Name: name, Action: "group_members", Cause: "okta", Change: change,
			State: state.Applied, HTTPStatus: 200, StartedAt: time.Now(), FinishedAt: time.Now(),
		})
		must(b, err)
	}
	must(b, db.SaveSourceGroups(ctx, source, nil))
}

// fillHolds has 10,000 removals rejected, and 20,000 wait.
func fillHolds(b *testing.B, ctx context.Context, db *state.DB, s *site) {
	b.Helper()
	put := func(id, kind string, from, to int) string {
		var items []state.HeldItem
		var keys []string
		for i := from; i < to; i++ {
			key := fmt.Sprintf("00u%017d", i)
			keys = append(keys, key)
			items = append(items, state.HeldItem{Key: key, Type: scim.User, Action: "deactivate", OktaID: key, Name: fmt.Sprintf("person%06d@example.com", i)})
		}
		digest := state.HoldDigest(kind, keys)
		must(b, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{{ID: id, Kind: kind, Digest: digest, Limit: "20 or 10 %", Reason: "more than 10 %", Count: len(items), Items: items}}))
		return digest
	}
	digest := put("h1", "deactivations", 0, 10_000)
	_, err := db.Decide(ctx, state.Judgement{HoldID: "h1", Digest: digest, Verdict: state.Rejected, By: "ada"})
	must(b, err)
	put("h2", "deactivations", 10_000, 30_000)
	var left agent.Leftovers
	for i := range 200 {
		left.Lines = append(left.Lines, agent.Leftover{Kind: "held", Type: scim.User, Action: plan.Deactivate, OktaID: fmt.Sprintf("00u%017d", 10_000+i), Name: "x@example.com", Hold: "h2"})
	}
	left.Counts = map[agent.LeftoverKind]int{"held": 20_000}
	body, err := json.Marshal(left)
	must(b, err)
	must(b, db.SaveLeftovers(ctx, "run-9999", body))
}

// manyAccounts are those of a tenant in which few are managed.
func manyAccounts() []agent.Account {
	out := make([]agent.Account, 100_000)
	for i := range out {
		out[i] = agent.Account{WalkMeID: fmt.Sprintf("a-%d", i), UserName: fmt.Sprintf("other%06d@example.com", i), Name: fmt.Sprintf("Other Person %d", i)}
	}
	return out
}

func fillHistory(b *testing.B, ctx context.Context, db *state.DB, runs, people int) {
	b.Helper()
	change, err := json.Marshal(map[string]any{"attributes": []scim.AttributeChange{{Path: "name.givenName", Old: "A", New: "B"}}})
	must(b, err)
	begin := time.Now().Add(-89 * 24 * time.Hour)
	for i := range runs {
		id := fmt.Sprintf("run-%d", i)
		at := begin.Add(time.Duration(i) * 12 * time.Minute)
		must(b, db.BeginRun(ctx, state.Run{ID: id, Trigger: "schedule", StartedAt: at}))
		n := 2
		if i == runs/2 {
			n = people
		}
		entries(b, ctx, db, id, at, n, change)
		must(b, db.FinishRun(ctx, state.Run{ID: id, Outcome: "done", Planned: n, Applied: n, FinishedAt: at.Add(time.Second), Health: `{"verdict":"healthy"}`}))
	}
}

// entries writes changes of a run, many at a time, as a run does.
func entries(b *testing.B, ctx context.Context, db *state.DB, runID string, at time.Time, n int, change json.RawMessage) {
	b.Helper()
	done := make(chan error, 64)
	for w := range 64 {
		go func() {
			for i := w; i < n; i += 64 {
				_, err := db.Begin(ctx, state.Entry{
					RunID: runID, Seq: i + 1, Type: scim.User, SourceID: fmt.Sprintf("00u%017d", i), TargetID: "w", Name: fmt.Sprintf("person%06d@example.com", i),
					Action: "update", Cause: "okta", Reason: "changed in Okta", Change: change, State: state.Applied, HTTPStatus: 200, StartedAt: at, FinishedAt: at,
				})
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 64 {
		must(b, <-done)
	}
}

// BenchmarkPages asks for each page of a big site; each has to be there in 100 ms.
func BenchmarkPages(b *testing.B) {
	const tried = "/mappings?try=1&mapping%5BuserName%5D=appuser.userName&mapping%5Bname.givenName%5D=String.toUpperCase(user.firstName)&mapping%5Bname.familyName%5D=user.lastName"
	s := bigSite(b)
	v := s.visit(false)
	v.post("/accounts", url.Values{})
	v.until("/accounts", func(body string) bool { return strings.Contains(body, "100,000") })
	v.get("/")                            // the days that are over are counted once
	v.get("/people/00u00000000000000777") // and the lists of members are read once
	v.until(tried, func(body string) bool { return !strings.Contains(body, "data-progress") })
	for _, page := range []struct{ name, path string }{
		{"overview", "/"}, {"runs", "/runs"}, {"run", "/runs/run-10"}, {"run that held", "/runs/run-9999"}, {"biggest run", "/runs/run-5000"},
		{"search in it", "/runs/run-5000?q=person099"}, {"search in it by action", "/runs/run-5000?action=update&q=99"}, {"applied in it", "/runs/run-5000?state=applied"},
		{"failed in it", "/runs/run-5000?state=failed"}, {"people", "/people"}, {"search", "/people?q=person0999"}, {"search by name", "/people?q=LAST77+first3"},
		{"nobody", "/people?q=zzz"}, {"person", "/people/00u00000000000000777"}, {"person who is held", "/people/00u00000000000020777"},
		{"groups", "/groups"}, {"group", "/groups/00g00000000000000007"}, {"group of everybody", "/groups/00g00000000000000500"},
		{"search in it", "/groups/00g00000000000000500?q=0999"}, {"hold", "/holds/h2"}, {"search in a hold", "/holds/h2?q=person0199"}, {"rejected", "/holds/h1"},
		{"accounts", "/accounts"}, {"search in accounts", "/accounts?q=other0999"}, {"mappings", "/mappings"}, {"value of a person", "/mappings?person=person099999"},
		{"mapping that was tried", tried},
	} {
		b.Run(page.name, func(b *testing.B) {
			before := cpuTime(b)
			for b.Loop() {
				if got := v.get(page.path); got.status != http.StatusOK {
					b.Fatalf("%s: %d", page.path, got.status)
				}
			}
			b.ReportMetric(float64((cpuTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op") // whatever else the machine does
		})
	}
}

// cpuTime is what this process has had of the processor.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
