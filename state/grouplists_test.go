package state_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Groups whose members are left where they are: the rest is written, and the members stay.
func TestSourceGroupHeads(t *testing.T) {
	db := openDB(t, statePath(t))
	editors := state.SourceGroup{ID: "00g1", Name: "Editors", Sources: []string{"rule"}, Members: []string{"00u1", "00u2"}}
	empty := state.SourceGroup{ID: "00g2", Name: "Empty"}
	must(t, db.SaveSourceGroups(t.Context(), []state.SourceGroup{editors, empty}, nil))

	heads, err := db.SourceGroupHeads(t.Context())
	head := editors
	head.Members, head.Unread = nil, 2
	if diff := cmp.Diff([]state.SourceGroup{head, empty}, heads); diff != "" || err != nil {
		t.Fatalf("SourceGroupHeads() = %v (-want +got):\n%s", err, diff)
	}
	members, err := db.SourceMembers(t.Context(), "00g1")
	if diff := cmp.Diff(editors.Members, members); diff != "" || err != nil {
		t.Errorf("SourceMembers() = %v (-want +got):\n%s", err, diff)
	}

	heads[0].Name, editors.Name = "Authors", "Authors"
	must(t, db.SaveSourceGroups(t.Context(), heads, nil))
	got, err := db.SourceGroups(t.Context())
	if diff := cmp.Diff([]state.SourceGroup{editors, empty}, got); diff != "" || err != nil {
		t.Errorf("SourceGroups() after the heads were saved = %v (-want +got):\n%s", err, diff)
	}
	editors.Members = []string{"00u3"}
	must(t, db.SaveSourceGroups(t.Context(), []state.SourceGroup{editors}, nil))
	if got, err := db.SourceMembers(t.Context(), "00g1"); len(got) != 1 || got[0] != "00u3" || err != nil {
		t.Errorf("SourceMembers() after other members were saved = %q, %v, want 00u3", got, err)
	}
}

// What was left in the state and is not there any more is an error, and no empty list.
func TestMembersOfNoGroup(t *testing.T) {
	db := openDB(t, statePath(t))
	if _, err := db.SourceMembers(t.Context(), "00g1"); !errors.Is(err, state.ErrNoGroup) {
		t.Errorf("SourceMembers() = %v, want ErrNoGroup", err)
	}
	if _, err := db.PushedMembers(t.Context(), "00g1"); !errors.Is(err, state.ErrNoGroup) {
		t.Errorf("PushedMembers() = %v, want ErrNoGroup", err)
	}
	groups := []state.SourceGroup{{ID: "00g0", Members: []string{"00u1"}}, {ID: "00g1", Unread: 1}}
	if err := db.SaveSourceGroups(t.Context(), groups, nil); !errors.Is(err, state.ErrNoGroup) {
		t.Errorf("SaveSourceGroups() = %v, want ErrNoGroup", err)
	}
	if got, err := db.SourceGroups(t.Context()); len(got) != 0 || err != nil {
		t.Errorf("SourceGroups() = %v, %v, want none", got, err)
	}
}

func TestPushedHeads(t *testing.T) {
	db := openDB(t, statePath(t))
	person := state.Record{Resource: scim.Resource{Type: scim.User, SourceID: "00u1", ID: "w1", Active: true}, Name: "ann"}
	team := state.Record{
		Resource: scim.Resource{Type: scim.Group, SourceID: "00g1", ID: "w2", Active: true, Members: []string{"00u1", "00u2"}},
		Name:     "Team", Partial: true, Doubtful: []string{"00u3"},
	}
	empty := state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: "00g2", ID: "w3"}, Name: "Empty"}
	must(t, db.PutRecords(t.Context(), person, team, empty))

	heads, err := db.PushedHeads(t.Context())
	head := team
	head.Members, head.Unread = nil, 2
	if diff := cmp.Diff([]state.Record{head, empty}, heads); diff != "" || err != nil {
		t.Fatalf("PushedHeads() = %v (-want +got):\n%s", err, diff)
	}
	if err := db.PutRecords(t.Context(), heads[1], heads[0]); err == nil {
		t.Error("PutRecords() of a record without its members = nil, want an error")
	}
	members, err := db.PushedMembers(t.Context(), "00g1")
	if diff := cmp.Diff(team.Members, members); diff != "" || err != nil {
		t.Errorf("PushedMembers() = %v (-want +got):\n%s", err, diff)
	}
}
