package agent_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

const (
	benchLatency  = 10 * time.Millisecond // of each request to WalkMe
	benchInFlight = 8
)

// slow is a tenant that takes benchLatency for each request.
func slow(s *setup) {
	s.tenant.Latency, s.tenant.Strict, s.tenant.MaxBatch = benchLatency, nil, 0
	s.config.Workers = 2 * benchInFlight
}

// company hires n people and puts them in groups of size each, one after the
// other.
func company(w *world, n, groups, size int) {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("p%05d", i)
	}
	w.hire(names...)
	for g := range groups {
		members := make([]string, size)
		for i := range members {
			members[i] = names[(g*size+i)%n]
		}
		w.group(fmt.Sprintf("team-%03d", g), members...)
	}
}

func teams(groups int) func(*setup) {
	return func(s *setup) {
		for g := range groups {
			s.sources = append(s.sources, fmt.Sprintf("team-%03d", g))
		}
	}
}

// floor is how long the requests take when the wire is always full.
func floor(requests int) time.Duration {
	return time.Duration(requests) * benchLatency / benchInFlight
}

// BenchmarkFirstSync creates everybody in an empty tenant. The floor ratio is
// the time against that of its requests alone; the target is 1.15.
func BenchmarkFirstSync(b *testing.B) {
	for _, size := range []struct {
		people, groups, members int
		matching                walkme.Matching
	}{{1000, 0, 0, walkme.MatchLookup}, {1000, 20, 50, walkme.MatchLookup}, {1000, 20, 50, walkme.MatchList}} {
		b.Run(fmt.Sprintf("%d_people_%d_groups_of_%d_by_%s", size.people, size.groups, size.members, size.matching), func(b *testing.B) {
			requests := 0
			for b.Loop() {
				b.StopTimer()
				w := newWorld(b, walkme.OIN, slow, teams(size.groups), func(s *setup) { s.matching = size.matching })
				company(w, size.people, size.groups, size.members)
				b.StartTimer()
				report := w.sync()
				b.StopTimer()
				if report.Run.Applied != size.people+size.groups {
					b.Fatalf("applied %d changes", report.Run.Applied)
				}
				requests = len(w.tenant.Requests())
				b.StartTimer()
			}
			b.ReportMetric(float64(requests), "requests")
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor(requests)), "floor-ratio")
		})
	}
}

// BenchmarkNothingChanged runs again over a tenant that is in step. The target
// for 1,000 people is 0.3 s and no request to WalkMe.
func BenchmarkNothingChanged(b *testing.B) {
	w := newWorld(b, walkme.OIN)
	company(w, 1000, 0, 0)
	w.sync()
	scimRequests, oktaRequests := 0, 0
	for b.Loop() {
		w.sync()
		scimRequests, oktaRequests = len(w.tenant.Requests()), len(w.org.Requests())
	}
	b.ReportMetric(float64(scimRequests), "scim-requests")
	b.ReportMetric(float64(oktaRequests), "okta-requests")
}

// BenchmarkOneMemberOf500Groups adds one person to one of many groups.
func BenchmarkOneMemberOf500Groups(b *testing.B) {
	const groups = 500
	w := newWorld(b, walkme.OIN, func(s *setup) {
		s.config.GroupFullRead = 24 * time.Hour
		s.config.GroupSources = []okta.GroupSource{{AssignedGroups: true}}
	})
	company(w, 100, groups, 5)
	for _, id := range w.groups {
		w.org.AssignGroup(id)
	}
	w.org.Age(24 * time.Hour)
	w.sync()
	scimRequests, oktaRequests, in := 0, 0, false
	for b.Loop() {
		b.StopTimer()
		if in {
			w.leave("team-000", "p00099")
		} else {
			w.join("team-000", "p00099")
		}
		in = !in
		b.StartTimer()
		w.sync()
		scimRequests, oktaRequests = len(w.tenant.Requests()), len(w.org.Requests())
	}
	b.ReportMetric(float64(scimRequests), "scim-requests")
	b.ReportMetric(float64(oktaRequests), "okta-requests")
}

// BenchmarkPlanGroups plans 500 groups of 1,500 members in which nothing
// changed. The target is 2 s and 250 MB, the records included.
func BenchmarkPlanGroups(b *testing.B) {
	const people, groups, members = 10_000, 500, 1500
	path := b.TempDir() + "/state.db"
	db := openState(b, path)
	defer db.Close()
	snap := bigSnapshot(people, groups, members)
	mapping := guideMapping(b, "user.firstName")
	if err := db.PutRecords(b.Context(), inStep(mapping, snap)...); err != nil {
		b.Fatal(err)
	}
	var peak runtime.MemStats
	for b.Loop() {
		recorded, err := db.Records(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		desired := mapping.Desired(snap, plan.DesirePolicy{})
		planned, err := plan.New(plan.Input{Recorded: recorded, Desired: desired, Groups: plan.DesiredGroups(snap), Mapping: mapping})
		if err != nil {
			b.Fatal(err)
		}
		if len(planned.Changes) != 0 || planned.Summary.Unchanged != people+groups {
			b.Fatalf("%d changes, %d unchanged", len(planned.Changes), planned.Summary.Unchanged)
		}
		b.StopTimer()
		runtime.ReadMemStats(&peak)
		b.StartTimer()
	}
	b.ReportMetric(float64(peak.HeapInuse)/1e6, "heap-MB")
}

func bigSnapshot(people, groups, members int) *okta.Snapshot {
	snap := &okta.Snapshot{App: okta.App{ID: "0oa1", Status: "ACTIVE"}}
	for i := range people {
		snap.Users = append(snap.Users, okta.User{
			ID: fmt.Sprintf("00u%017d", i), UserName: fmt.Sprintf("p%05d@example.com", i), Status: "ACTIVE", AccountStatus: "ACTIVE",
			AppProfile: []byte("{}"), Profile: fmt.Appendf(nil, `{"firstName":"P%d","lastName":"Example"}`, i),
		})
	}
	for g := range groups {
		group := okta.Group{ID: fmt.Sprintf("00g%017d", g), Name: fmt.Sprintf("team-%03d", g)}
		for i := range members {
			group.Members = append(group.Members, snap.Users[(g*7+i*6)%people].ID)
		}
		group.Members = scim.SortedSet(group.Members)
		snap.Groups = append(snap.Groups, group)
	}
	return snap
}

// inStep is the register of a tenant that has everything in the snapshot.
func inStep(mapping plan.Mapping, snap *okta.Snapshot) []state.Record {
	var recorded []state.Record
	for _, p := range mapping.Desired(snap, plan.DesirePolicy{}).People {
		r := state.Record{Resource: p.Resource, Name: p.Name(), Origin: state.Created, SourceDigest: p.SourceDigest, MappingDigest: mapping.Digest()}
		r.ID = "wm-" + p.SourceID
		recorded = append(recorded, r)
	}
	for _, g := range snap.Groups {
		recorded = append(recorded, state.Record{
			Resource: scim.Resource{Type: scim.Group, SourceID: g.ID, ID: "wm-" + g.ID, Active: true, Members: g.Members},
			Name:     g.Name, Origin: state.Created,
		})
	}
	slices.SortFunc(recorded, func(a, b state.Record) int { return scim.Compare(a.Resource, b.Resource) })
	return recorded
}
