package plan

import (
	"fmt"
	"iter"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

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
