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
// in the snapshot, of those whom Okta does not list, and of the groups. Those that the
// sieve has kept are not read again.
func (a *Agent) recordsFor(ctx context.Context, v *view) ([]state.Record, error) {
	if v.sieve == nil {
		return a.State.Records(ctx)
	}
	total, err := a.State.CountRecorded(ctx)
	if err != nil {
		return nil, err
	}
	records := v.sieve.looked.records
	if unread := v.sieve.looked.unread; len(unread) > 0 {
		more, err := a.State.UserRecords(ctx, unread)
		if err != nil {
			return nil, err
		}
		records = merged(records, more)
	}
	if len(records)+v.inStep.Recorded() != total {
		rest, err := unlisted(ctx, a.State, v)
		if err != nil {
			return nil, err
		}
		records = merged(records, rest)
	}
	groups, err := a.State.PushedHeads(ctx)
	return append(records, groups...), err
}

// merged puts more records between others, in their order. A record that both hold is
// taken once.
func merged(records, more []state.Record) []state.Record {
	if len(more) == 0 {
		return records
	}
	records = append(records, more...)
	slices.SortFunc(records, func(a, b state.Record) int { return scim.Compare(a.Resource, b.Resource) })
	return slices.CompactFunc(records, func(a, b state.Record) bool { return a.SourceID == b.SourceID })
}

// unlisted reads the records of people whom Okta does not list.
func unlisted(ctx context.Context, db *state.DB, v *view) ([]state.Record, error) {
	var ids []string
	err := db.EachRecorded(ctx, func(id []byte) error {
		if v.desired.Find(string(id)) == nil && !v.inStep.Has(string(id)) {
			ids = append(ids, string(id))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return db.UserRecords(ctx, ids)
}

// unshare has a look at the people in step after all who may share a userName, with each
// other or with another person: two of one name are both rejected.
func (a *Agent) unshare(ctx context.Context, v *view) error {
	sharing := v.inStep.Sharing(v.desired.People)
	if len(sharing) == 0 {
		return nil
	}
	index := a.State.UserIndex()
	var back []okta.User
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
				back = append(back, *u)
			}
		}
	}
	v.sieve.insert(back)
	v.snap.Users = append(v.snap.Users, back...)
	slices.SortFunc(v.snap.Users, func(a, b okta.User) int { return cmp.Compare(a.ID, b.ID) })
	return a.translate(v)
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

// nameMembers tells a plan the names of people in step who are members of its groups.
func nameMembers(ctx context.Context, db *state.DB, planned *plan.Plan) error {
	ids := planned.Unnamed()
	if len(ids) == 0 {
		return nil
	}
	names, err := db.UserNames(ctx, ids)
	if err != nil {
		return err
	}
	planned.Name(names)
	return nil
}

// accountsShown returns the accounts of people in step whom groups show, by Okta id.
func accountsShown(ctx context.Context, db *state.DB, v *view, groups map[string]plan.GroupAnswer) (map[string]string, error) {
	shown := map[string]bool{}
	for _, answer := range groups {
		for _, m := range answer.Members {
			shown[m.WalkMeID] = true
		}
	}
	if len(shown) == 0 || v.inStep.Len() == 0 {
		return nil, nil
	}
	accounts := map[string]string{}
	err := db.EachObject(ctx, scim.User, func(o state.Object) error {
		if shown[o.TargetID] && v.inStep.Has(o.SourceID) {
			accounts[o.SourceID] = o.TargetID
		}
		return nil
	})
	return accounts, err
}
