package walkme_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The conversation of a new user, look-up and create, against a tenant that
// takes 10 ms a request, 8 requests in flight. One iteration is one user;
// "of-floor" is the time over that of the requests alone.
func BenchmarkCreateConversation(b *testing.B) {
	const latency, inFlight, requestsPerUser = 10 * time.Millisecond, 8, 2
	tenant := walkmetest.Start(walkmetest.Options{Username: "okta", Password: "s3cret", Latency: latency, MaxInFlight: inFlight, KeepRequests: -1})
	defer tenant.Close()
	c := clientOf(b, tenant, walkme.Config{MaxInFlight: inFlight})
	users := make(chan int)
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 2 * inFlight {
		wg.Go(func() {
			for i := range users {
				name := fmt.Sprintf("user%d@example.com", i)
				if _, err := provision(b.Context(), c, guideUser("00u"+name, name, "Ann")); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range b.N {
		users <- i
	}
	close(users)
	wg.Wait()
	floor := time.Duration(b.N) * requestsPerUser * latency / inFlight
	b.ReportMetric(float64(b.Elapsed())/float64(floor), "of-floor")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "users/s")
	if v := tenant.Violations(); len(v) > 0 {
		b.Errorf("violations: %v", v)
	}
}

// What the client itself costs: the same conversation over loopback without
// latency.
func BenchmarkCreateConversationOverhead(b *testing.B) {
	tenant := walkmetest.Start(walkmetest.Options{Username: "okta", Password: "s3cret", KeepRequests: -1})
	defer tenant.Close()
	c := clientOf(b, tenant, walkme.Config{})
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		name := fmt.Sprintf("user%d@example.com", i)
		if _, err := provision(b.Context(), c, guideUser("00u"+name, name, "Ann")); err != nil {
			b.Fatal(err)
		}
	}
}
