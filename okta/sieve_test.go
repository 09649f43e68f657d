package okta_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// TestSieve: who is known is not decoded, but counted; of the others, who is kept is in
// the snapshot; the functions are called in their order.
func TestSieve(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	var ids []string
	for i := range 5 {
		ids = append(ids, hire(org, fmt.Sprintf("p%d@example.com", i)))
	}
	sums, calls, each := map[string][16]byte{}, []string{}, []string{}
	read := func(known func(okta.Sight) bool, keep func(string) bool) *okta.Snapshot {
		t.Helper()
		calls, each = nil, nil
		s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{
			Each: func(u okta.User) error { each = append(each, u.ID); return nil },
			Sieve: &okta.Sieve{
				Begin: func(app okta.App) error { calls = append(calls, "begin "+app.ID); return nil },
				Known: func(page []okta.Sight) ([]bool, error) {
					out := make([]bool, len(page))
					for i, s := range page {
						out[i] = known(s)
					}
					calls = append(calls, "known")
					return out, nil
				},
				Keep: func(known []string, page []okta.Read) ([]bool, error) {
					out := make([]bool, len(page))
					for i, r := range page {
						sums[r.User.ID], out[i] = r.Sum, keep(r.User.ID)
					}
					calls = append(calls, fmt.Sprintf("keep %d known", len(known)))
					return out, nil
				},
				End:      func() { calls = append(calls, "end") },
				Assigned: func(string) bool { return false },
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := read(func(okta.Sight) bool { return false }, func(id string) bool { return id == ids[1] })
	if len(first.Users) != 1 || first.Users[0].ID != ids[1] || len(each) != 5 {
		t.Errorf("kept %+v of %q, want %s of everybody", first.Users, each, ids[1])
	}
	wantCalls := []string{"begin " + org.AppID(), "known", "keep 0 known", "known", "keep 0 known", "known", "keep 0 known", "end"}
	if diff := cmp.Diff(wantCalls, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	org.Update(ids[4], map[string]any{"lastName": "Moved"})
	second := read(func(s okta.Sight) bool { return s.Sum == sums[s.ID] }, func(string) bool { return true })
	if !slices.Equal(each, ids[4:]) || len(second.Users) != 1 || second.Users[0].ID != ids[4] {
		t.Errorf("decoded %q, kept %+v, want only %s, whose bytes have changed", each, second.Users, ids[4])
	}
	if diff := cmp.Diff(first.Names, second.Names); diff != "" {
		t.Errorf("names (-decoded +known):\n%s", diff)
	}
}

// TestSieveEndsEarly: whatever fails at whatever place, the sieve or a page, there is no
// snapshot, and the sieve is not told that the list has ended: a part of a list is never
// taken for the whole.
func TestSieveEndsEarly(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	for i := range 5 {
		hire(org, fmt.Sprintf("p%d@example.com", i))
	}
	failed := errors.New("the state cannot be read")
	read := func(fails func(step string) error) (ended bool, err error) {
		pages := 0
		s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Sieve: &okta.Sieve{
			Begin: func(okta.App) error { return fails("begin") },
			Known: func(page []okta.Sight) ([]bool, error) {
				pages++
				return make([]bool, len(page)), fails(fmt.Sprint("known ", pages))
			},
			Keep: func(_ []string, page []okta.Read) ([]bool, error) {
				return make([]bool, len(page)), fails(fmt.Sprint("keep ", pages))
			},
			End:      func() { ended = true },
			Assigned: func(string) bool { return false },
		}})
		if err != nil && s != nil {
			t.Errorf("Snapshot() = %+v with the error %v, want none", s, err)
		}
		return ended, err
	}
	steps := []string{"begin"}
	for page := 1; page <= 3; page++ {
		steps = append(steps, fmt.Sprint("known ", page), fmt.Sprint("keep ", page))
	}
	for _, at := range steps {
		ended, err := read(func(step string) error {
			if step == at {
				return failed
			}
			return nil
		})
		if ended || !errors.Is(err, failed) {
			t.Errorf("an error at %s: Snapshot() = %v, told of the end: %t, want that error and no end", at, err, ended)
		}
	}
	for page := int32(1); page <= 3; page++ {
		var asked atomic.Int32
		org.Fault(func(r *http.Request) *oktatest.Fault {
			if strings.HasSuffix(r.URL.Path, "/users") && asked.Add(1) == page {
				return &oktatest.Fault{Status: http.StatusBadRequest, Body: `{}`}
			}
			return nil
		})
		if ended, err := read(func(string) error { return nil }); ended || err == nil {
			t.Errorf("page %d fails: Snapshot() = %v, told of the end: %t, want an error and no end", page, err, ended)
		}
	}
	org.Fault(nil)
	if ended, err := read(func(string) error { return nil }); !ended || err != nil {
		t.Errorf("Snapshot() without a fault = %v, told of the end: %t", err, ended)
	}
}
