package okta_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// pagesOf starts an org whose list of people has so many pages of two.
func pagesOf(t *testing.T, pages int) *oktatest.Org {
	t.Helper()
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	for i := range 2*pages - 1 {
		hire(org, fmt.Sprintf("p%d@example.com", i))
	}
	return org
}

// onPage has a hook decide for each request of a page of people, which are counted from 1.
func onPage(org *oktatest.Org, hook func(n int, r *http.Request) *oktatest.Fault) {
	var n atomic.Int32
	org.Fault(func(r *http.Request) *oktatest.Fault {
		if !strings.HasSuffix(r.URL.Path, "/"+org.AppID()+"/users") {
			return nil
		}
		return hook(int(n.Add(1)), r)
	})
}

// keeping is a sieve that keeps everybody and calls visit for each page, counted from 1.
func keeping(visit func(page int) error) *okta.Sieve {
	page := 0
	return &okta.Sieve{
		Begin: func(okta.App) error { return nil },
		Known: func(page []okta.Sight) ([]bool, error) { return make([]bool, len(page)), nil },
		Keep: func(_ []string, people []okta.Read) ([]bool, error) {
			page++
			out := make([]bool, len(people))
			for i := range out {
				out[i] = true
			}
			return out, visit(page)
		},
		End:      func() {},
		Assigned: func(string) bool { return true },
	}
}

// While a page is looked at the next one is fetched, and none behind it.
func TestOnePageAhead(t *testing.T) {
	const pages = 4
	org := pagesOf(t, pages)
	asked := make(chan int, 2*pages)
	onPage(org, func(n int, _ *http.Request) *oktatest.Fault { asked <- n; return nil })
	most := 0
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Sieve: keeping(func(page int) error {
		for most < min(page+1, pages) {
			most = <-asked // without a page ahead it would never come
		}
		if len(asked) > 0 {
			t.Errorf("page %d was asked for while page %d was looked at", <-asked, page)
		}
		return nil
	})})
	if err != nil || len(s.Users) != 2*pages-1 || s.Requests != 1+pages {
		t.Errorf("Snapshot() = %+v, %v, want %d people in %d requests", s, err, 2*pages-1, 1+pages)
	}
}

// An error gives the page ahead up: nobody waits for its answer, and nothing else is asked for.
func TestErrorGivesThePageAheadUp(t *testing.T) {
	org := pagesOf(t, 4)
	voided, asked, gone, last := errors.New("enough"), make(chan struct{}), make(chan struct{}), atomic.Int32{}
	onPage(org, func(n int, r *http.Request) *oktatest.Fault {
		last.Store(int32(n)) //nolint:gosec // four pages
		if n == 3 {
			close(asked)
			<-r.Context().Done() // of the connection, which the client closes
			close(gone)
		}
		return nil
	})
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Sieve: keeping(func(page int) error {
		if page == 2 {
			<-asked
			return voided
		}
		return nil
	})})
	<-gone
	if s != nil || !errors.Is(err, voided) || last.Load() != 3 {
		t.Errorf("Snapshot() = %v, %v after page %d was asked for, want %v after page 3", s, err, last.Load(), voided)
	}
}

// A page that is read again, because an entry is none, comes once, and the pages behind it,
// of which one is here already, as they were.
func TestPageIsReadAgainWithThePageAhead(t *testing.T) {
	const pages = 4
	for bad := 1; bad <= pages; bad++ {
		org := pagesOf(t, pages)
		onPage(org, func(n int, _ *http.Request) *oktatest.Fault {
			if n != bad {
				return nil
			}
			return &oktatest.Fault{Rewrite: func(_ http.Header, b []byte) []byte {
				return []byte(strings.Replace(string(b), `"status":"ACTIVE"`, `"status":7`, 1))
			}}
		})
		var visited []int
		s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Sieve: keeping(func(page int) error {
			visited = append(visited, page)
			return nil
		})})
		if err != nil || len(s.Users) != 2*pages-1 || len(visited) != pages || s.Requests != 1+pages+1 {
			t.Errorf("page %d is bad once: Snapshot() = %+v, %v, want %d people in %d requests", bad, s, err, 2*pages-1, 2+pages)
		}
	}
}

// A page that leads elsewhere when it is read again is followed there.
func TestPageLeadsElsewhereWhenReadAgain(t *testing.T) {
	org := pagesOf(t, 3)
	onPage(org, func(n int, _ *http.Request) *oktatest.Fault {
		if n != 1 {
			return nil
		}
		return &oktatest.Fault{Rewrite: func(h http.Header, _ []byte) []byte {
			h.Set("Link", fmt.Sprintf(`</api/v1/apps/%s/users?limit=500&after=00u_nobody>; rel="next"`, org.AppID()))
			return []byte(`[{"id":7}]`)
		}}
	})
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Sieve: keeping(func(int) error { return nil })})
	if err != nil || len(s.Users) != 5 {
		t.Errorf("Snapshot() = %+v, %v, want five people", s, err)
	}
}
