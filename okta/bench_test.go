package okta_test

import (
	"runtime"
	"testing"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// BenchmarkSnapshot reads 100,000 assignments with accounts of 27 attributes
// from an org on loopback and keeps three attributes of each. The org renders
// its pages in the same process and is part of the figures.
func BenchmarkSnapshot(b *testing.B) {
	for name, each := range map[string]func(okta.User) error{"projected": nil, "with each": func(okta.User) error { return nil }} {
		b.Run(name, func(b *testing.B) {
			org := startOrg(b, oktatest.Options{Generated: 100_000})
			c := newClient(b, org)
			peak := watchHeap(b)
			b.ReportAllocs()
			for b.Loop() {
				s, err := c.Snapshot(b.Context(), okta.SnapshotRequest{
					Keep: &okta.Projection{User: []string{"firstName", "lastName"}, AppUser: []string{"email"}}, Each: each,
				})
				if err != nil || len(s.Users) != 100_000 {
					b.Fatalf("Snapshot() = %v, want 100,000 users", err)
				}
				b.ReportMetric(float64(s.Requests), "requests/op")
			}
			b.ReportMetric(float64(peak())/(1<<20), "peak-MiB")
		})
	}
}

// watchHeap samples the heap until the returned function is called, which
// returns the most that was in use.
func watchHeap(b *testing.B) (stop func() uint64) {
	b.Helper()
	runtime.GC()
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var m runtime.MemStats
		var high uint64
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				runtime.ReadMemStats(&m)
				high = max(high, m.HeapInuse)
			case <-done:
				most <- high
				return
			}
		}
	}()
	return func() uint64 { close(done); return <-most }
}
