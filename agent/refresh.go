package agent

import (
	"context"
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
	walkme *walkme.Client
	state  *state.DB
	policy plan.Policy
}

// refresh has the plan compare with what is there instead of with what was acknowledged.
// v.pushed keeps the latter, to tell drift from change. v.sights is what was seen of accounts;
// the groups are read now.
func (f refresher) refresh(ctx context.Context, v *view) error {
	if err := v.readPushed(func(string) bool { return true }); err != nil {
		return err
	}
	v.pushed = map[string]state.Record{}
	for i := range v.recorded {
		v.pushed[plan.ObjectKey(v.recorded[i].Type, v.recorded[i].SourceID)] = v.recorded[i]
	}
	v.recorded = slices.Clone(v.recorded)
	v.shown = v.sights.shown
	v.unmanaged = &plan.Unmanaged{Users: len(v.sights.unmanaged)}
	f.walkme.SetCutAt(v.shown.CutAt)
	f.users(v)
	return f.groups(ctx, v)
}

// users takes over what was seen of the accounts of people who are not in step.
func (f refresher) users(v *view) {
	for i := range v.recorded {
		r := &v.recorded[i]
		switch {
		case r.Type != scim.User || r.ID == "":
		case v.sights.gone[r.SourceID]:
			noteGone(f.policy, v, r)
		default:
			if r.Missing == state.MissingInRefresh {
				v.back = append(v.back, *r)
			}
			*r = *v.sights.overlay(r)
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
