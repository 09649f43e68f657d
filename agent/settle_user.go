package agent

import (
	"context"
	"errors"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// settleUser reads the account that a pending change was about and records what
// it shows. It does not wait for the change to be planned again: by then Okta may
// want the old values, and the account of somebody who was activated without an
// answer and has left since would stay active.
func (a *Agent) settleUser(ctx context.Context, e state.Entry, rec state.Record) error {
	if e.TargetID == "" {
		return a.abandon(ctx, e)
	}
	u, err := a.WalkMe.User(ctx, e.TargetID)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return a.abandon(ctx, e)
	case err != nil:
		return err
	case Action(e.Action) == Deactivate:
		return a.settleDeactivate(ctx, e, rec, u)
	case u.Active != nil && !*u.Active:
		return a.abandon(ctx, e)
	case rec.ID != e.TargetID:
		return a.settleLink(ctx, e, u)
	}
	if Action(e.Action) != Reactivate {
		return a.concludeProfile(ctx, e, rec, u)
	}
	all, err := a.State.Records(ctx)
	if err != nil {
		return &stateError{err}
	}
	return a.concludeProfile(ctx, e, rec, u, newRegistry(all).comesBack(e.SourceID)...)
}

func (a *Agent) settleDeactivate(ctx context.Context, e state.Entry, rec state.Record, u *walkme.User) error {
	if rec.ID != u.ID || u.Active == nil || *u.Active {
		return a.abandon(ctx, e)
	}
	rec.Active = false
	healthy(&rec)
	return a.conclusion(ctx, e, state.Outcome{State: state.Applied}, rec)
}

// settleLink takes over an account that the change has touched: it was inactive
// before, or carries the Okta id now.
func (a *Agent) settleLink(ctx context.Context, e state.Entry, u *walkme.User) error {
	if !journalled(e.Change).Activates && u.ExternalID != e.SourceID {
		return a.abandon(ctx, e)
	}
	var others []state.Record
	previous, err := a.State.RecordByTarget(ctx, scim.User, u.ID)
	switch {
	case errors.Is(err, state.ErrNoRecord):
	case err != nil:
		return &stateError{err}
	case previous.Active:
		return a.abandon(ctx, e)
	default:
		all, err := a.State.Records(ctx)
		if err != nil {
			return &stateError{err}
		}
		others = passOn(previous, e.SourceID, all)
	}
	rec := state.Record{
		Resource: scim.Resource{Type: scim.User, SourceID: e.SourceID, ID: u.ID},
		Origin:   state.Linked, UpdatedAt: a.now(),
	}
	return a.concludeProfile(ctx, e, rec, u, others...)
}

// concludeProfile records an active account with the values that it shows. Those
// that are not as they were to be are a difference to the next plan.
func (a *Agent) concludeProfile(ctx context.Context, e state.Entry, rec state.Record, u *walkme.User, others ...state.Record) error {
	detail := journalled(e.Change)
	wanted := merged(rec.Attributes, detail.Attributes)
	shown := make(scim.Attributes, len(wanted))
	for i, attribute := range wanted {
		shown[i] = attribute
		if actual, _ := u.Attribute(attribute.Path); !sameValue(attribute.Path, actual, attribute.Value) {
			shown[i].Value = actual
		}
	}
	rec.Active, rec.Name, rec.Attributes = true, u.UserName, shown
	out := state.Outcome{State: state.Abandoned, Error: e.Error}
	if len(scim.DiffAttributes(shown, wanted)) == 0 {
		rec.Attributes, rec.SourceDigest, rec.MappingDigest = wanted, detail.SourceDigest, detail.MappingDigest
		out = state.Outcome{State: state.Applied}
		healthy(&rec)
	}
	return a.conclusion(ctx, e, out, append(others, rec)...)
}

// merged lays changed values over others.
func merged(values scim.Attributes, changes []scim.AttributeChange) scim.Attributes {
	changed := map[string]bool{}
	var list []scim.Attribute
	for _, c := range changes {
		changed[c.Path] = true
		list = append(list, scim.Attribute{Path: c.Path, Value: c.New})
	}
	for _, v := range values {
		if !changed[v.Path] {
			list = append(list, v)
		}
	}
	return scim.NewAttributes(list)
}

func (a *Agent) settleRename(ctx context.Context, e state.Entry, rec state.Record) error {
	g, err := a.WalkMe.Group(ctx, e.TargetID)
	switch {
	case rec.ID != e.TargetID || errors.Is(err, scim.ErrNotFound):
		return a.abandon(ctx, e)
	case err != nil:
		return err
	}
	rec.Name = g.DisplayName
	rec.Attributes = scim.Attributes{{Path: scim.PathDisplayName, Value: g.DisplayName}}
	if g.DisplayName != e.Name {
		return a.conclusion(ctx, e, state.Outcome{State: state.Abandoned, Error: e.Error}, rec)
	}
	healthy(&rec)
	return a.conclusion(ctx, e, state.Outcome{State: state.Applied}, rec)
}

// passOn returns what changes for others when the account of somebody who has
// left passes to another person: the leaver has it no more, and the memberships
// that are on it are the new person's. Those that Okta does not grant are then a
// difference to the next plan.
func passOn(previous state.Record, oktaID string, records []state.Record) []state.Record {
	previous.ID = ""
	out := []state.Record{previous}
	for _, r := range records {
		if r.Type == scim.Group && contains(r.Members, previous.SourceID) {
			r.Members = applyMembers(r.Members, MemberChange{Add: []string{oktaID}, Remove: []string{previous.SourceID}})
			out = append(out, r)
		}
	}
	return out
}
