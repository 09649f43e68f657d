package agent

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// refresher lays what WalkMe shows over the records.
type refresher struct {
	walkme  *walkme.Client
	policy  plan.Policy
	witness *witness
}

// refresh reads WalkMe's users and groups, so that the plan compares with what is there
// instead of with what was acknowledged. v.pushed keeps the latter, to tell drift from
// change. v.shown is what was ever shown before, and is added to.
func (f refresher) refresh(ctx context.Context, v *view) error {
	v.pushed = map[string]state.Record{}
	for i := range v.recorded {
		v.pushed[plan.ObjectKey(v.recorded[i].Type, v.recorded[i].SourceID)] = v.recorded[i]
	}
	v.recorded = slices.Clone(v.recorded)
	v.unmanaged = &plan.Unmanaged{}
	f.walkme.SetCutAt(v.shown.CutAt)
	shown, err := f.users(ctx, v)
	if err != nil {
		return err
	}
	return f.groups(ctx, v, shown)
}

// users returns all of WalkMe's accounts, by id.
func (f refresher) users(ctx context.Context, v *view) (map[string]*walkme.User, error) {
	shown := map[string]*walkme.User{}
	for u, err := range f.walkme.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe users: %w", err)
		}
		shown[u.ID] = u
	}
	if err := f.recognise(ctx, v, shown); err != nil {
		return nil, err
	}
	managed := 0
	var found []sight
	for i := range v.recorded {
		r := &v.recorded[i]
		if r.Type != scim.User || r.ID == "" {
			continue
		}
		u := shown[r.ID]
		if u == nil {
			var err error
			if u, err = f.walkme.User(ctx, r.ID); errors.Is(err, scim.ErrNotFound) {
				noteGone(f.policy, v, r)
				continue
			} else if err != nil {
				return nil, fmt.Errorf("user that the list does not hold: %w", err)
			}
		}
		if shown[r.ID] != nil {
			managed++
		}
		if r.Missing == state.MissingInRefresh {
			v.back = append(v.back, *r)
		}
		found = append(found, sight{r, u})
	}
	v.unmanaged.Users = len(shown) - managed
	seeValues(v, found)
	for _, s := range found {
		overlayUser(v, s)
	}
	return shown, nil
}

// recognise makes sure that a tenant which lists none of the accounts that were there before
// is not another one: then nothing is gone, and nothing must be made.
func (f refresher) recognise(ctx context.Context, v *view, shown map[string]*walkme.User) error {
	until, err := knownUntil(ctx, f.witness.state)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(v.recorded, func(r state.Record) bool {
		return r.Type == scim.User && r.Active && shown[r.ID] != nil && (until.IsZero() || !r.UpdatedAt.After(until))
	}) {
		return nil
	}
	return f.witness.sameTenant(ctx)
}

// sight is a record with what WalkMe shows of the account.
type sight struct {
	record *state.Record
	user   *walkme.User
}

// seeValues notes which attributes WalkMe shows of any account to which they were sent.
func seeValues(v *view, found []sight) {
	for _, s := range found {
		for _, a := range s.record.Attributes {
			if scim.Equal(a.Value, nil) || v.shown.Has(a.Path) {
				continue
			}
			if actual, ok := s.user.Attribute(a.Path); ok && !scim.Equal(actual, nil) {
				v.shown.See(a.Path)
			}
		}
	}
}

// overlayUser takes over what the server shows. A value of an attribute that it has
// never shown of any account is taken as it was pushed: silence is no evidence. Of one
// that it has shown, a missing value is gone.
func overlayUser(v *view, s sight) {
	r := s.record
	if s.user.Active != nil {
		r.Active = *s.user.Active
	}
	r.Attributes = slices.Clone(r.Attributes)
	for i, a := range r.Attributes {
		actual, _ := s.user.Attribute(a.Path)
		switch {
		case plan.SameValue(a.Path, actual, a.Value):
		case scim.Equal(actual, nil) && !v.shown.Has(a.Path):
			if r.Active {
				v.unseen = append(v.unseen, notShown{scim.User, r.SourceID, a.Path})
			}
		default:
			r.Attributes[i].Value = actual
		}
	}
}

// noteGone deals with an account that is not in WalkMe any more: it is created
// anew where the policy says so, and reported otherwise.
func noteGone(policy plan.Policy, v *view, r *state.Record) {
	person := v.desired.Find(r.SourceID)
	wanted := person != nil && person.Presence == plan.Present
	switch {
	case wanted && policy.RecreateMissing:
		r.ID = ""
	case wanted:
		person.Reject(r.Name, &plan.MappingError{Path: "id", Msg: goneFromWalkMe + recreateHint})
		v.gone = append(v.gone, *r)
		r.Active = false // nor is there an account to push as a member
	}
	// The deactivation of a leaver is planned all the same: its answer is evidence, and
	// one look that shows nothing is not.
}

// noteGroupGone deals with a group that is not in WalkMe any more as a write to it
// would: it is created anew where the policy says so and nothing has its name now,
// and reported otherwise. One that is not pushed any more needs nothing.
func noteGroupGone(policy plan.Policy, v *view, r *state.Record, shown map[string]*walkme.Group) {
	i, pushed := slices.BinarySearchFunc(v.groups, r.SourceID, func(w plan.GroupWant, id string) int { return strings.Compare(w.OktaID, id) })
	if !pushed || v.groups[i].Leave != "" {
		return
	}
	want := &v.groups[i]
	switch other := named(shown, want.Name); {
	case other != "":
		want.Leave, want.Problem = fmt.Sprintf(plan.GroupReplaced, other), true
	case !policy.Groups.RecreateMissing:
		want.Leave, want.Problem = plan.GroupDeleted, true
	default:
		r.ID = ""
	}
}

// named returns the id of a group with a name, "" if there is none.
func named(groups map[string]*walkme.Group, name string) string {
	for _, id := range slices.Sorted(maps.Keys(groups)) {
		if scim.SameName(groups[id].DisplayName, name) {
			return id
		}
	}
	return ""
}
