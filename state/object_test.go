package state_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// EachObject shows what is active and has an id, and EditRecords changes just the records
// that it is given: more people than are read at a time.
func TestObjects(t *testing.T) {
	db := openDB(t, statePath(t))
	var all []state.Record
	for i := range 2500 {
		all = append(all, state.Record{
			Resource: scim.Resource{Type: scim.User, SourceID: fmt.Sprintf("00u%04d", i), ID: fmt.Sprintf("w%d", i), Active: i%7 != 0},
			Name:     fmt.Sprintf("p%d@example.com", i),
		})
		if i%11 == 0 {
			all[i].ID = ""
		}
	}
	all = append(all,
		state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: "00g1", ID: "g1", Active: true, Members: []string{"00u0001"}}, Name: "One"},
		state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: "00g2", ID: "g2", Active: true}, Name: "Two"},
	)
	must(t, db.PutRecords(t.Context(), all...))

	ids := map[scim.Type][]string{}
	for _, kind := range []scim.Type{scim.User, scim.Group} {
		var got, want []state.Object
		must(t, db.EachObject(t.Context(), kind, func(o state.Object) error {
			got, ids[kind] = append(got, o), append(ids[kind], o.SourceID)
			return nil
		}))
		for _, r := range all {
			if r.Type == kind && r.Active && r.ID != "" {
				want = append(want, state.Object{SourceID: r.SourceID, TargetID: r.ID, Name: r.Name})
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: objects differ:\n%s", kind, diff)
		}
	}

	lose := func(r *state.Record) { r.ID, r.Active = "", false }
	people, groups := ids[scim.User][:1700], ids[scim.Group][:1]
	for i := range all {
		if r := &all[i]; slices.Contains(people, r.SourceID) || slices.Contains(groups, r.SourceID) {
			lose(r)
		}
	}
	must(t, db.EditRecords(t.Context(), append([]string{"00unknown"}, people...), groups, lose))
	got, err := db.Records(t.Context())
	must(t, err)
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("records after the edit differ:\n%s", diff)
	}
}

// IDsOf finds by name in any case, as scim.SameName has it, and by id.
func TestIDsOf(t *testing.T) {
	db := openDB(t, statePath(t))
	for id, name := range map[string]string{"00u1": "Ann@example.com", "00u2": "ann@EXAMPLE.com", "00u3": "Jürgen", "00u4": "kim", "00u5": "00u1"} {
		must(t, db.PutRecords(t.Context(), state.Record{Resource: scim.Resource{Type: scim.User, SourceID: id}, Name: name}))
	}
	must(t, db.PutRecords(t.Context(), state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: "00g1"}, Name: "kim"}))
	for name, want := range map[string][]string{
		"ann@example.com": {"00u1", "00u2"},
		"JÜRGEN":          {"00u3"},
		"Kim":             {"00u4"},
		"\u212aim":        nil, // the Kelvin sign
		"00u1":            {"00u1", "00u5"},
		"nobody":          nil,
	} {
		got, err := db.IDsOf(t.Context(), scim.User, name)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("IDsOf(%q) = %q, want %q", name, got, want)
		}
	}
}
