package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// recordsFor reads the records of all but the people in step: those of the people
// in the snapshot, of those whom Okta does not list, and of the groups.
func (a *Agent) recordsFor(ctx context.Context, v *view) ([]state.Record, error) {
	total, err := a.State.CountRecorded(ctx)
	if err != nil {
		return nil, err
	}
	if v.inStep.Len() < total/2 { // most are wanted
		records, err := a.State.Records(ctx)
		return slices.DeleteFunc(records, func(r state.Record) bool { return r.Type == scim.User && v.inStep.Has(r.SourceID) }), err
	}
	ids := make([]string, len(v.snap.Users))
	for i := range v.snap.Users {
		ids[i] = v.snap.Users[i].ID
	}
	records, err := a.State.UserRecords(ctx, ids)
	if err != nil {
		return nil, err
	}
	if len(records)+v.inStep.Len() != total {
		unlisted, err := a.unlisted(ctx, v, ids)
		if err != nil {
			return nil, err
		}
		records = append(records, unlisted...)
		slices.SortFunc(records, func(a, b state.Record) int { return scim.Compare(a.Resource, b.Resource) })
	}
	groups, err := a.State.PushedRecords(ctx)
	return append(records, groups...), err
}

// unlisted reads the records of people whom Okta does not list. listed is sorted, and
// lacks the people in step.
func (a *Agent) unlisted(ctx context.Context, v *view, listed []string) ([]state.Record, error) {
	var ids []string
	err := a.State.EachRecorded(ctx, func(id []byte) error {
		if _, found := slices.BinarySearch(listed, string(id)); !found && !v.inStep.Has(string(id)) {
			ids = append(ids, string(id))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return a.State.UserRecords(ctx, ids)
}

// unshare has a look at the people in step after all who may share a userName, with each
// other or with another person: two of one name are both rejected.
func (a *Agent) unshare(ctx context.Context, v *view) error {
	sharing := v.inStep.Sharing(v.desired.People)
	if len(sharing) == 0 {
		return nil
	}
	index := a.State.UserIndex()
	for ids := range slices.Chunk(sharing, 500) {
		if err := index.Load(ctx, ids); err != nil {
			return err
		}
		for _, id := range ids {
			u, err := a.userInStep(ctx, v, index, id)
			if err != nil {
				return err
			}
			v.inStep.Drop(id)
			if u != nil {
				v.snap.Users = append(v.snap.Users, *u)
			}
		}
	}
	slices.SortFunc(v.snap.Users, func(a, b okta.User) int { return cmp.Compare(a.ID, b.ID) })
	a.translate(v)
	return nil
}

// userInStep returns the assignment of a person who was let go: what is stored, where
// that is what was seen, else what Okta says now. Nil: the person is not assigned any more.
func (a *Agent) userInStep(ctx context.Context, v *view, index *state.UserIndex, id string) (*okta.User, error) {
	var u okta.User
	if stored, ok := index.Get(id); ok && v.sieve.sawStored(stored.Row) {
		body, err := a.State.SourceUser(ctx, id)
		if err == nil {
			err = json.Unmarshal(body, &u)
		}
		if err != nil {
			return nil, fmt.Errorf("stored assignment of %s: %w", id, err)
		}
	} else {
		var err error
		if u, err = a.Okta.Assignment(ctx, id); errors.Is(err, okta.ErrNotFound) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	projection := a.Config.Mapping.Projection()
	u, err := projection.Project(u)
	return &u, err
}

// name tells a plan the names of people in step who are members of its groups.
func (a *Agent) name(ctx context.Context, planned *plan.Plan) error {
	ids := planned.Unnamed()
	if len(ids) == 0 {
		return nil
	}
	names, err := a.State.UserNames(ctx, ids)
	if err != nil {
		return err
	}
	planned.Name(names)
	return nil
}
