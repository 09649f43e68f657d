package okta_test

import (
	"fmt"
	"slices"
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
