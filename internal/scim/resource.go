package scim

import (
	"cmp"
	"slices"
)

// Type is the resource type as SCIM spells it (RFC 7643, section 6).
type Type string

// The two resource types that provisioning writes.
const (
	User  Type = "User"
	Group Type = "Group"
)

// Resource is a user or a group, either as Okta wants it or as WalkMe last
// acknowledged it.
type Resource struct {
	Type Type

	// SourceID is the id in Okta (00u… or 00g…). It is the identity:
	// names and e-mail addresses change, this does not.
	SourceID string

	// ID is the id that WalkMe gave. Empty while WalkMe has acknowledged
	// nothing, and always empty in a desired resource.
	ID string

	// Active is SCIM's active. Always true for a group.
	Active bool

	// Attributes holds the mapped values of a user, and displayName of a
	// group. Members and active are not in it.
	Attributes Attributes

	// Members holds the Okta ids of a group's members, sorted, without
	// repetition. They become WalkMe ids only at the moment of the call, so
	// that a plan can name people who do not exist in WalkMe yet.
	Members []string
}

// Name is what people call the resource: userName of a user, displayName of a
// group. It is empty when the attribute is missing or not a string.
func (r Resource) Name() string {
	path := PathUserName
	if r.Type == Group {
		path = PathDisplayName
	}
	name, _ := r.Attributes.Get(path).(string)
	return name
}

// Compare orders resources by type (groups after users), then by Okta id. It is
// a total order on resources with distinct ids.
func Compare(a, b Resource) int {
	return cmp.Or(-cmp.Compare(a.Type, b.Type), cmp.Compare(a.SourceID, b.SourceID))
}

// MemberDiff returns what has to be added to old and removed from it to reach
// want. Both inputs are sorted and free of repetition, and so are the results.
func MemberDiff(old, want []string) (add, remove []string) {
	for len(old) > 0 || len(want) > 0 {
		switch {
		case len(old) == 0 || len(want) > 0 && want[0] < old[0]:
			add, want = append(add, want[0]), want[1:]
		case len(want) == 0 || old[0] < want[0]:
			remove, old = append(remove, old[0]), old[1:]
		default:
			old, want = old[1:], want[1:]
		}
	}
	return add, remove
}

// SortedSet sorts ids in place and drops repetitions and empty ids.
func SortedSet(ids []string) []string {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) > 0 && ids[0] == "" {
		ids = ids[1:]
	}
	return ids
}

// Contains says whether a sorted set of ids holds one.
func Contains(sorted []string, id string) bool {
	_, ok := slices.BinarySearch(sorted, id)
	return ok
}
