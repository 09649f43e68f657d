package scim_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"okta-walkme-agent/internal/scim"
)

func TestResourceName(t *testing.T) {
	attributes := scim.NewAttributes([]scim.Attribute{{Path: "userName", Value: "ann"}, {Path: "displayName", Value: "Editors"}})
	for _, tt := range []struct {
		resource scim.Resource
		want     string
	}{
		{scim.Resource{Type: scim.User, Attributes: attributes}, "ann"},
		{scim.Resource{Type: scim.Group, Attributes: attributes}, "Editors"},
		{scim.Resource{Type: scim.User}, ""},
		{scim.Resource{Type: scim.User, Attributes: scim.Attributes{{Path: "userName", Value: int64(7)}}}, ""},
	} {
		if got := tt.resource.Name(); got != tt.want {
			t.Errorf("%+v.Name() = %q, want %q", tt.resource, got, tt.want)
		}
	}
}

func TestCompare(t *testing.T) {
	got := []scim.Resource{{Type: scim.Group, SourceID: "00g1"}, {Type: scim.User, SourceID: "00u2"}, {Type: scim.User, SourceID: "00u1"}}
	slices.SortFunc(got, scim.Compare)
	want := []scim.Resource{{Type: scim.User, SourceID: "00u1"}, {Type: scim.User, SourceID: "00u2"}, {Type: scim.Group, SourceID: "00g1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sorted by Compare (-want +got):\n%s", diff)
	}
}

// What is added and removed leads from the old members to the wanted ones.
func TestMemberDiff(t *testing.T) {
	ids := rapid.SliceOf(rapid.StringMatching(`[a-f]{0,2}`))
	rapid.Check(t, func(t *rapid.T) {
		old, want := scim.SortedSet(ids.Draw(t, "old")), scim.SortedSet(ids.Draw(t, "want"))
		add, remove := scim.MemberDiff(old, want)
		got := slices.DeleteFunc(slices.Clone(old), func(id string) bool { return slices.Contains(remove, id) })
		got = scim.SortedSet(append(got, add...))
		if !slices.Equal(got, want) || !slices.IsSorted(add) || !slices.IsSorted(remove) {
			t.Fatalf("MemberDiff(%v, %v) = +%v -%v, which leads to %v", old, want, add, remove, got)
		}
		for _, id := range add {
			if slices.Contains(old, id) {
				t.Fatalf("MemberDiff(%v, %v) adds %s again", old, want, id)
			}
		}
	})
}

func TestSortedSet(t *testing.T) {
	for _, tt := range []struct{ in, want []string }{
		{nil, nil},
		{[]string{"b", "a", "b", ""}, []string{"a", "b"}},
		{[]string{"", ""}, []string{}},
	} {
		if got := scim.SortedSet(slices.Clone(tt.in)); !slices.Equal(got, tt.want) {
			t.Errorf("SortedSet(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
