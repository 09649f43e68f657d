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

// refresh reads WalkMe's users and groups and lays what they show over the
// records: the plan then compares with what is there instead of with what was
// acknowledged. v.pushed keeps what was acknowledged, to tell drift from change.
func (a *Agent) refresh(ctx context.Context, v *view) error {
	v.pushed = map[string]state.Record{}
	for i := range v.recorded {
		v.pushed[plan.ObjectKey(v.recorded[i].Type, v.recorded[i].SourceID)] = v.recorded[i]
	}
	v.recorded = slices.Clone(v.recorded)
	v.unmanaged = &plan.Unmanaged{}
	if err := a.refreshUsers(ctx, v); err != nil {
		return err
	}
	return a.refreshGroups(ctx, v)
}

func (a *Agent) refreshUsers(ctx context.Context, v *view) error {
	shown := map[string]*walkme.User{}
	for u, err := range a.WalkMe.Users(ctx) {
		if err != nil {
			return fmt.Errorf("list of WalkMe users: %w", err)
		}
		shown[u.ID] = u
	}
	managed := 0
	for i := range v.recorded {
		r := &v.recorded[i]
		if r.Type != scim.User || r.ID == "" {
			continue
		}
		u := shown[r.ID]
		if u == nil {
			var err error
			if u, err = a.WalkMe.User(ctx, r.ID); errors.Is(err, scim.ErrNotFound) {
				a.noteGone(v, r)
				continue
			} else if err != nil {
				return fmt.Errorf("user that the list does not hold: %w", err)
			}
		}
		if shown[r.ID] != nil {
			managed++
		}
		if r.Missing == state.MissingInRefresh {
			v.back = append(v.back, *r)
		}
		overlayUser(r, u)
	}
	v.unmanaged.Users = len(shown) - managed
	return nil
}

// overlayUser takes over what the server shows. What it does not show is taken
// as it was pushed: silence is no evidence.
func overlayUser(r *state.Record, u *walkme.User) {
	if u.Active != nil {
		r.Active = *u.Active
	}
	r.Attributes = slices.Clone(r.Attributes)
	for i, a := range r.Attributes {
		actual, ok := u.Attribute(a.Path)
		if !ok || plan.SameValue(a.Path, actual, a.Value) {
			continue
		}
		r.Attributes[i].Value = actual
	}
}

// noteGone deals with an account that is not in WalkMe any more: it is created
// anew where the policy says so, and reported otherwise.
func (a *Agent) noteGone(v *view, r *state.Record) {
	person := v.desired.Find(r.SourceID)
	wanted := person != nil && person.Presence == plan.Present
	switch {
	case wanted && a.Config.Policy.RecreateMissing:
		r.ID = ""
	case wanted:
		person.Reject(r.Name, &plan.MappingError{Path: "id", Msg: goneFromWalkMe + recreateHint})
		v.gone = append(v.gone, *r)
		r.Active = false // nor is there anybody to push as a member
	}
	// The deactivation of a leaver is planned all the same: its answer is evidence, and
	// one look that shows nothing is not.
}

func (a *Agent) refreshGroups(ctx context.Context, v *view) error {
	shown := map[string]*walkme.Group{}
	echoes := false // some servers never show members
	for g, err := range a.WalkMe.Groups(ctx) {
		if err != nil {
			return fmt.Errorf("list of WalkMe groups: %w", err)
		}
		shown[g.ID] = g
		echoes = echoes || len(g.Members) > 0
	}
	managed := 0
	ids := walkmeIDs(v.recorded)
	for i := range v.recorded {
		r := &v.recorded[i]
		if r.Type != scim.Group || r.ID == "" || plan.Unlinked(r) {
			continue
		}
		g, listed := shown[r.ID]
		if listed {
			managed++
		} else {
			var err error
			if g, err = a.WalkMe.Group(ctx, r.ID); errors.Is(err, scim.ErrNotFound) {
				a.noteGroupGone(v, r, shown)
				continue
			} else if err != nil {
				return fmt.Errorf("group that the list does not hold: %w", err)
			}
		}
		r.Name = g.DisplayName
		if echoes && g.MembersShown {
			r.Members = membersShown(r.Members, g, ids)
		}
	}
	v.unmanaged.Groups = len(shown) - managed
	return nil
}

// noteGroupGone deals with a group that is not in WalkMe any more as a write to it
// would: it is created anew where the policy says so and nothing has its name now,
// and reported otherwise. One that is not pushed any more needs nothing.
func (a *Agent) noteGroupGone(v *view, r *state.Record, shown map[string]*walkme.Group) {
	i, pushed := slices.BinarySearchFunc(v.groups, r.SourceID, func(w plan.GroupWant, id string) int { return strings.Compare(w.OktaID, id) })
	if !pushed || v.groups[i].Leave != "" {
		return
	}
	want := &v.groups[i]
	switch other := named(shown, want.Name); {
	case other != "":
		want.Leave, want.Problem = fmt.Sprintf(plan.GroupReplaced, other), true
	case !a.Config.Policy.Groups.RecreateMissing:
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

func walkmeIDs(recorded []state.Record) map[string]string {
	ids := map[string]string{}
	for i := range recorded {
		if r := &recorded[i]; r.Type == scim.User && r.ID != "" {
			ids[r.SourceID] = r.ID
		}
	}
	return ids
}

func membersShown(recorded []string, g *walkme.Group, ids map[string]string) []string {
	have := make(map[string]bool, len(g.Members))
	for _, m := range g.Members {
		have[m.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(recorded), func(oktaID string) bool { return !have[ids[oktaID]] })
}
