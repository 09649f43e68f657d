package state_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// BenchmarkJournal measures Begin and Finish, as 16 workers of a run call them.
func BenchmarkJournal(b *testing.B) {
	db := openDB(b, filepath.Join(b.TempDir(), "state.db"))
	start := time.Now()
	var wg sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wg.Go(func() {
			for i := range next {
				r := userRecord(i)
				id, err := db.Begin(b.Context(), entryOf(r))
				if err == nil {
					err = db.Finish(b.Context(), id, state.Outcome{State: state.Applied, TargetID: r.ID, HTTPStatus: 201}, r)
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := 0; b.Loop(); i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "pairs/s")
}

// BenchmarkRecordsUsers reads the register of a large tenant.
func BenchmarkRecordsUsers(b *testing.B) {
	records := make([]state.Record, 100_000)
	for i := range records {
		records[i] = userRecord(i)
	}
	benchmarkRecords(b, records)
}

// BenchmarkRecordsGroups reads 500 groups of 1,500 members.
func BenchmarkRecordsGroups(b *testing.B) {
	records := make([]state.Record, 500)
	for i := range records {
		records[i] = groupRecord(i, 1500)
	}
	benchmarkRecords(b, records)
}

func benchmarkRecords(b *testing.B, records []state.Record) {
	db := openDB(b, filepath.Join(b.TempDir(), "state.db"))
	if err := db.PutRecords(b.Context(), records...); err != nil {
		b.Fatal(err)
	}
	n := len(records)
	clear(records)
	records = nil
	before := heap()
	for b.Loop() {
		got, err := db.Records(b.Context())
		if err != nil || len(got) != n {
			b.Fatalf("Records() = %d records, %v, want %d", len(got), err, n)
		}
		records = got
	}
	b.ReportMetric(float64(heap()-before)/1e6, "heap-MB")
	runtime.KeepAlive(records)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkSourceUsers saves the snapshot of 100,000 users.
func BenchmarkSourceUsers(b *testing.B) {
	for name, moved := range map[string]bool{"unchanged": false, "all changed": true} {
		b.Run(name, func(b *testing.B) {
			db := openDB(b, filepath.Join(b.TempDir(), "state.db"))
			round := 0
			saveUsers(b, db, 100_000, round)
			for b.Loop() {
				if moved {
					round++
				}
				saveUsers(b, db, 100_000, round)
			}
		})
	}
}

func saveUsers(tb testing.TB, db *state.DB, n, round int) {
	tb.Helper()
	w, err := db.SaveSourceUsers(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	filler := strings.Repeat("x", 1500)
	for i := range n {
		body := fmt.Appendf(nil, `{"id":"00u%017d","round":%d,"profile":"%s"}`, i, round, filler)
		if err := w.Add(fmt.Sprintf("00u%017d", i), body); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkSourceGroups saves 500 groups of 1,500 members that did not change.
func BenchmarkSourceGroups(b *testing.B) {
	db := openDB(b, filepath.Join(b.TempDir(), "state.db"))
	groups := make([]state.SourceGroup, 500)
	for i := range groups {
		r := groupRecord(i, 1500)
		groups[i] = state.SourceGroup{ID: r.SourceID, Name: r.Name, Members: r.Members}
	}
	for b.Loop() {
		if err := db.SaveSourceGroups(b.Context(), groups, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpen measures Open with the check for damage, on a large file.
func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "state.db")
	db := openDB(b, path)
	saveUsers(b, db, 100_000, 0)
	db.Close()
	for b.Loop() {
		db, err := state.Open(context.Background(), state.Options{Path: path})
		if err != nil {
			b.Fatal(err)
		}
		db.Close()
	}
}

func openDB(tb testing.TB, path string) *state.DB {
	tb.Helper()
	db, err := state.Open(tb.Context(), state.Options{Path: path, Build: "v1.2.3", Holder: "okta-walkme-agent test"})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("Close() = %v, want nil", err)
		}
	})
	return db
}

func userRecord(i int) state.Record {
	name := fmt.Sprintf("person.%d@example.com", i)
	return state.Record{
		Resource: scim.Resource{
			Type: scim.User, SourceID: fmt.Sprintf("00u%017d", i), ID: fmt.Sprintf("5f0c2b4a-0000-4000-8000-%012d", i), Active: true,
			Attributes: scim.NewAttributes([]scim.Attribute{
				{Path: "userName", Value: name},
				{Path: "name.givenName", Value: fmt.Sprintf("Given%d", i)},
				{Path: "name.familyName", Value: fmt.Sprintf("Family%d", i)},
			}),
		},
		Name: name, Origin: state.Created,
		SourceDigest:  fmt.Sprintf("sha256:%064d", i),
		MappingDigest: "sha256:" + strings.Repeat("0", 64),
	}
}

func groupRecord(i, members int) state.Record {
	name := fmt.Sprintf("Group %d", i)
	r := state.Record{
		Resource: scim.Resource{
			Type: scim.Group, SourceID: fmt.Sprintf("00g%017d", i), ID: fmt.Sprintf("g-%d", i), Active: true,
			Attributes: scim.Attributes{{Path: "displayName", Value: name}},
		},
		Name: name, Origin: state.Linked,
	}
	for m := range members {
		r.Members = append(r.Members, fmt.Sprintf("00u%017d", m))
	}
	return r
}

func entryOf(r state.Record) state.Entry {
	return state.Entry{
		RunID: "run-1", Seq: 1, Type: r.Type, SourceID: r.SourceID, Name: r.Name, Action: "create", Cause: "okta", Reason: "assigned in Okta",
		Change: []byte(`{"attributes":[{"path":"userName","old":null,"new":"` + r.Name + `"}]}`),
	}
}
