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
func (a *Agent) settleUser(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	if e.TargetID == "" {
		return again("no account is known"), nil
	}
	u, err := a.WalkMe.User(ctx, e.TargetID)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return again("WalkMe does not know the account"), nil
	case err != nil:
		return finding{}, err
	case Action(e.Action) == Deactivate:
		return settleDeactivate(rec, u), nil
	case u.Active != nil && !*u.Active:
		return again("the account is inactive"), nil
	case rec.ID != e.TargetID:
		return a.settleLink(ctx, e, u)
	}
	if Action(e.Action) != Reactivate {
		return settleProfile(e, rec, u), nil
	}
	all, err := a.State.Records(ctx)
	if err != nil {
		return finding{}, &stateError{err}
	}
	return settleProfile(e, rec, u, newRegistry(all).comesBack(e.SourceID)...), nil
}

func settleDeactivate(rec state.Record, u *walkme.User) finding {
	switch {
	case rec.ID != u.ID:
		return again("the account is not the one on record")
	case u.Active == nil || *u.Active:
		return again("the account is still active")
	}
	rec.Active = false
	healthy(&rec)
	return applied("WalkMe had deactivated the account; it is recorded", rec)
}

// settleLink takes over an account that the change has touched: it was inactive
// before, or carries the Okta id now.
func (a *Agent) settleLink(ctx context.Context, e state.Entry, u *walkme.User) (finding, error) {
	if !journalled(e.Change).Activates && u.ExternalID != e.SourceID {
		return again("nothing shows that the account was taken over"), nil
	}
	var others []state.Record
	previous, err := a.State.RecordByTarget(ctx, scim.User, u.ID)
	switch {
	case errors.Is(err, state.ErrNoRecord):
	case err != nil:
		return finding{}, &stateError{err}
	case previous.Active:
		return again("the account is managed for somebody else"), nil
	default:
		all, err := a.State.Records(ctx)
		if err != nil {
			return finding{}, &stateError{err}
		}
		others = passOn(previous, e.SourceID, all)
	}
	rec := state.Record{
		Resource: scim.Resource{Type: scim.User, SourceID: e.SourceID, ID: u.ID},
		Origin:   state.Linked, UpdatedAt: a.now(),
	}
	return settleProfile(e, rec, u, others...), nil
}

// settleProfile records an active account with the values that it shows. Those
// that are not as they were to be are a difference to the next plan.
func settleProfile(e state.Entry, rec state.Record, u *walkme.User, others ...state.Record) finding {
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
	if len(scim.DiffAttributes(shown, wanted)) > 0 {
		return again("the account has not all of its values, and is recorded as WalkMe shows it", append(others, rec)...)
	}
	rec.Attributes, rec.SourceDigest, rec.MappingDigest = wanted, detail.SourceDigest, detail.MappingDigest
	healthy(&rec)
	return applied("WalkMe had done it; the account is recorded", append(others, rec)...)
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
