package service_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/service"
)

// TestTraffic notes what both sides were asked, and what is left of Okta's windows.
func TestTraffic(t *testing.T) {
	left := map[string]string{"/api/v1/apps/0oa1/users": "480", "/api/v1/groups/00g1/users": "20", "/api/v1/logs": ""}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := left[r.URL.Path]; n != "" {
			w.Header().Set("X-Rate-Limit-Limit", "500")
			w.Header().Set("X-Rate-Limit-Remaining", n)
			w.Header().Set("X-Rate-Limit-Reset", "1772366460")
		}
		if strings.HasSuffix(r.URL.Path, "/busy") {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer server.Close()
	now := time.Unix(1772366400, 0)
	traffic := service.NewTraffic(func() time.Time { return now })
	ask := func(side service.Side, path string) {
		t.Helper()
		client := &http.Client{Transport: traffic.Transport(side, http.DefaultTransport)}
		if resp, err := client.Get(server.URL + path); err == nil {
			_ = resp.Body.Close()
		}
	}
	for path := range left {
		ask(service.Okta, path)
	}
	ask(service.WalkMe, "/Users")
	ask(service.WalkMe, "/busy")
	traffic.Waiting(service.WalkMe, now.Add(time.Minute))
	ask(service.WalkMe, "://nowhere")
	reset := time.Unix(1772366460, 0)
	want := []service.RateLimit{
		{Bucket: "/api/v1/groups/{id}/users", Limit: 500, Remaining: 20, SaidAt: now, Reset: reset},
		{Bucket: "/api/v1/apps/{id}/users", Limit: 500, Remaining: 480, SaidAt: now, Reset: reset},
	}
	if diff := cmp.Diff(want, traffic.RateLimits()); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
	if got := traffic.Side(service.Okta); got != (service.SideTraffic{Requests: 3, LastAt: now}) {
		t.Errorf("Okta: %+v", got)
	}
	if got := traffic.Side(service.WalkMe); got != (service.SideTraffic{Requests: 2, Refused: 1, RefusedAt: now, LastAt: now, Until: now.Add(time.Minute)}) {
		t.Errorf("WalkMe: %+v", got)
	}
}
