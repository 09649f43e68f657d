package apply

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// create looks for the account that a POST may have made. It may be another one
// than that on record, which a returner had, or which is gone.
func (s *settler) create(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	if later, err := s.overtaken(ctx, e); later || err != nil {
		return replan("a later change has settled it"), err
	}
	u, err := s.a.WalkMe.FindUser(ctx, e.Name)
	switch {
	case err != nil && s.a.noHit(ctx, scim.User, err):
		return replan("WalkMe has not made the account"), nil
	case err != nil:
		return finding{}, err
	case !madeFor(u, e.SourceID):
		return replan("WalkMe's account of this name has another owner"), nil // as a link
	}
	if err := s.claim(scim.User, u.ID, e.SourceID, ""); err != nil {
		return replan(err.Error()), nil
	}
	origin, says := state.Created, "WalkMe had made the account; it is recorded"
	sent := scim.Resource{Type: scim.User, SourceID: e.SourceID, Active: true, Attributes: merged(nil, journalled(e.Change).Attributes)}
	if !u.Bears(sent) {
		origin, says = state.Linked, "WalkMe has an account of this name, which has not what was sent: it is recorded as linked"
	}
	if rec.ID != u.ID {
		rec = s.newAccount(e, u, origin)
	}
	f := profile(e, rec, u, says)
	f.target = u.ID
	return f, nil
}

// madeFor says whether an account that was found after a POST may be the one that
// the POST made.
func madeFor(u *walkme.User, oktaID string) bool {
	return u.ExternalID == "" || u.ExternalID == oktaID
}

func (s *settler) newAccount(e state.Entry, u *walkme.User, origin state.Origin) state.Record {
	return state.Record{
		Resource: scim.Resource{Type: scim.User, SourceID: e.SourceID, ID: u.ID},
		Name:     e.Name, Origin: origin, UpdatedAt: s.a.Now(),
	}
}

// account reads the account that a pending change was about and records what it
// shows. It does not wait for the change to be planned again: by then Okta may want
// the old values, and the account of a person who was activated without an answer
// and has left since would stay active.
func (s *settler) account(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	if e.TargetID == "" {
		return replan("no account is known"), nil
	}
	name := e.Name
	if rec.ID == e.TargetID {
		name = rec.Name
	}
	u, err := s.a.WalkMe.User(ctx, e.TargetID)
	switch {
	case errors.Is(err, scim.ErrNotFound) && s.a.userGone(ctx, e.TargetID, name):
		return replan("WalkMe does not know the account"), nil
	case err != nil:
		return finding{}, err
	case plan.Action(e.Action) == plan.Deactivate:
		return deactivation(rec, u), nil
	case !active(u):
		return replan("the account is inactive"), nil
	case rec.ID != e.TargetID:
		return s.link(e, u), nil
	}
	return profile(e, rec, u, "WalkMe had done it; the account is recorded"), nil
}

// active takes an account for active that does not say.
func active(u *walkme.User) bool { return u.Active == nil || *u.Active }

func deactivation(rec state.Record, u *walkme.User) finding {
	switch {
	case rec.ID != u.ID:
		return replan("the account is not the one on record")
	case active(u):
		return replan("the account is still active")
	}
	rec.Active = false
	rec.ClearFailure()
	return applied("WalkMe had deactivated the account; it is recorded").with(rec)
}

// link takes over an account that the change has touched: it was inactive before,
// or carries the Okta id now.
func (s *settler) link(e state.Entry, u *walkme.User) finding {
	detail := journalled(e.Change)
	if !detail.Activates && u.ExternalID != e.SourceID {
		return replan("nothing shows that the account was taken over")
	}
	if err := s.claim(scim.User, u.ID, e.SourceID, detail.From); err != nil {
		return replan(err.Error())
	}
	return profile(e, s.newAccount(e, u, state.Linked), u, "WalkMe had done it; the account is recorded")
}

// profile records an account with the values that it shows. Those that are not as
// they were to be are a difference to the next plan.
func profile(e state.Entry, rec state.Record, u *walkme.User, says string) finding {
	detail := journalled(e.Change)
	wanted := merged(rec.Attributes, detail.Attributes)
	shown := make(scim.Attributes, len(wanted))
	for i, attribute := range wanted {
		shown[i] = attribute
		actual, _ := u.Attribute(attribute.Path)
		if !plan.SameValue(attribute.Path, actual, attribute.Value) || unchanged(detail.Attributes, attribute, actual) {
			shown[i].Value = actual
		}
	}
	rec.Active, rec.Name, rec.Attributes = active(u), cmp.Or(u.UserName, rec.Name), shown
	if len(scim.DiffAttributes(shown, wanted)) > 0 {
		return replan("the account has not all of its values, and is recorded as WalkMe shows it").with(rec)
	}
	rec.Attributes, rec.SourceDigest, rec.MappingDigest = wanted, detail.SourceDigest, detail.MappingDigest
	rec.ClearFailure()
	return applied(says).with(rec)
}

// unchanged says whether the account shows just what it had before the change. A new
// userName that differs from the old one in case only is the same name, and is there
// all the same only when it was written.
func unchanged(changes []scim.AttributeChange, wanted scim.Attribute, actual any) bool {
	return slices.ContainsFunc(changes, func(c scim.AttributeChange) bool {
		return c.Path == wanted.Path && scim.Equal(c.Old, actual) && !scim.Equal(c.Old, wanted.Value)
	})
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
