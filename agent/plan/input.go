package plan

import (
	"fmt"
	"iter"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Input is everything that a plan depends on.
type Input struct {
	Recorded []state.Record // sorted by scim.Compare
	Desired  Desired
	Groups   []GroupWant // sorted by Okta id; see DesiredGroups

	// Lists has the members of those of Groups and Recorded that are Unread, so that memory
	// grows with the groups that change. A plan reads them, one group after the other, and
	// leaves in Groups and Recorded those that it has a use for.
	Lists MemberLists

	// InStep are the people in step, of whom neither Recorded nor Desired speaks, so that
	// these grow with what has changed and not with the org. Nil: none. Who they are
	// makes no difference to the plan, but for Plan.Unnamed.
	InStep *InStep

	Health Health

	Policy  Policy
	Mapping Mapping

	// NewMapping says that the run before this one had another mapping.
	NewMapping bool

	// Earlier holds the expressions of the mappings that recorded resources
	// were pushed under, by digest. Without one a change counts as Okta's.
	Earlier map[string]map[string]string

	// Pushed holds what WalkMe acknowledged, by object key, where Recorded is
	// what WalkMe shows now. Nil: Recorded is what it acknowledged.
	Pushed map[string]state.Record

	// Scope is what the plan is about; the pauses that it heeds are compared with Now.
	Scope Scope
	Now   time.Time
}

// Policy is the part of the configuration that switches kinds of change.
type Policy struct {
	CreateUsers          bool
	UpdateUserAttributes bool
	DeactivateUsers      bool
	RecreateMissing      bool // an account that is gone in WalkMe is created anew
	KeepUnacknowledged   bool // a value that the agent never pushed is not emptied
	ClearsNothing        bool // an attribute without a value is left out of what is sent
	Desire               DesirePolicy
	Groups               GroupPolicy
}

// pair is what Okta wants of a person and what is recorded of them. One of the two is nil
// where that side does not have the Okta id.
type pair struct {
	want   *Person
	record *state.Record
}

// pairs merges what Okta wants with what is recorded of people: each Okta id once, in
// ascending order. Both sides have to ascend, see checkOrder.
func (in *Input) pairs() iter.Seq[pair] {
	return func(yield func(pair) bool) {
		people, records := in.Desired.People, in.Recorded
		for {
			for len(records) > 0 && records[0].Type != scim.User {
				records = records[1:]
			}
			var next pair
			switch {
			case len(people) == 0 && len(records) == 0:
				return
			case len(records) == 0 || len(people) > 0 && people[0].SourceID < records[0].SourceID:
				next.want, people = &people[0], people[1:]
			case len(people) == 0 || records[0].SourceID < people[0].SourceID:
				next.record, records = &records[0], records[1:]
			default:
				next = pair{&people[0], &records[0]}
				people, records = people[1:], records[1:]
			}
			if !yield(next) {
				return
			}
		}
	}
}

// OrderError says that one side of a plan is out of order, or has an Okta id twice. A plan
// would take people whom it does not find for people who have left.
type OrderError struct {
	Side   string // "records" or "people"
	OktaID string // the first that is not where it belongs
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("%s of a plan are out of order at %s", e.Side, e.OktaID)
}

// checkOrder says whether both sides ascend: people by Okta id, records by scim.Compare.
func (in *Input) checkOrder() error {
	people, records := in.Desired.People, in.Recorded
	for i := 1; i < len(people); i++ {
		if people[i-1].SourceID >= people[i].SourceID {
			return &OrderError{"people", people[i].SourceID}
		}
	}
	for i := 1; i < len(records); i++ {
		if scim.Compare(records[i-1].Resource, records[i].Resource) >= 0 {
			return &OrderError{"records", records[i].SourceID}
		}
	}
	return nil
}
