package state_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

func TestStanding(t *testing.T) {
	db := openDB(t, t.TempDir()+"/state.db")
	defer db.Close()
	record := func(typ scim.Type, id, target string, active bool, attempts int) state.Record {
		return state.Record{Resource: scim.Resource{Type: typ, SourceID: id, ID: target, Active: active}, Name: id, Attempts: attempts}
	}
	must(t, db.PutRecords(t.Context(),
		record(scim.User, "00u1", "w1", true, 0), record(scim.User, "00u2", "w2", true, 2), record(scim.User, "00u3", "w3", false, 0),
		record(scim.User, "00u4", "", true, 1), record(scim.Group, "00g1", "g1", true, 0), record(scim.Group, "00g2", "g2", false, 0)))
	got, err := db.Standing(t.Context())
	must(t, err)
	want := map[scim.Type]state.Standing{scim.User: {Managed: 2, Failing: 2}, scim.Group: {Managed: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Standing (-want +got):\n%s", diff)
	}
	ids, err := db.AccountIDs(t.Context())
	must(t, err)
	if slices.Sort(ids); !slices.Equal(ids, []string{"w1", "w2", "w3"}) {
		t.Errorf("AccountIDs = %q, want w1, w2 and w3", ids)
	}
}
