package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// bigSite is a state of 100,000 people, 500 groups and 10,000 runs, of which one
// changed everybody.
func bigSite(b *testing.B) *site {
	b.Helper()
	s := open(b, nil)
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
		for i := range 500 {
			g := state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: fmt.Sprintf("00g%017d", i), ID: fmt.Sprintf("g-%d", i), Active: true}, Name: fmt.Sprintf("Group %d", i), Origin: state.Created}
			for j := range 1500 {
				g.Members = append(g.Members, fmt.Sprintf("00u%017d", (i*200+j)%people))
			}
			must(b, db.PutRecords(ctx, g))
		}
		fillHistory(b, ctx, db, runs, people)
	})
	return s
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
	s := bigSite(b)
	v := s.visit(false)
	for name, path := range map[string]string{
		"overview": "/", "runs": "/runs", "run": "/runs/run-10", "biggest run": "/runs/run-5000", "search in it": "/runs/run-5000?q=person099",
		"people": "/people", "search": "/people?q=person0999", "search by name": "/people?q=LAST77+first3", "nobody": "/people?q=zzz", "person": "/people/00u00000000000000777",
		"groups": "/groups", "group": "/groups/00g00000000000000007", "mappings": "/mappings",
	} {
		b.Run(name, func(b *testing.B) {
			before := cpuTime(b)
			for b.Loop() {
				if got := v.get(path); got.status != http.StatusOK {
					b.Fatalf("%s: %d", path, got.status)
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
