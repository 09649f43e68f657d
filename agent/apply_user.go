package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// errNoMatch is Okta's own text for an account that it expected and did not find.
var errNoMatch = &refusal{"Matching user not found"}

// createUser is Okta's conversation for an assignment: look the userName up,
// then create or link. A conflict that the look-up did not announce is resolved
// by further look-ups, never by a second POST.
func (r *runner) createUser(ctx context.Context, c *Change) error {
	found, err := r.a.WalkMe.FindUser(ctx, c.Name)
	switch {
	case err == nil:
		return r.linkUser(ctx, c, found)
	case !errors.Is(err, scim.ErrNotFound):
		return fmt.Errorf("look-up of the userName: %w", err)
	case !r.a.Config.Policy.CreateUsers:
		return errNoMatch
	}
	err = r.postUser(ctx, c)
	if !errors.Is(err, scim.ErrConflict) {
		return err
	}
	found, lookupErr := r.a.WalkMe.ResolveConflict(ctx, c.want.Resource)
	if lookupErr != nil {
		return err // the 409 says more than the look-up that did not explain it
	}
	return r.linkUser(ctx, c, found)
}

// postUser creates the account. Somebody who had another one before is put into
// the pushed groups again: the new account is in none of them.
func (r *runner) postUser(ctx context.Context, c *Change) error {
	returns := c.Action != Create && c.Action != Link
	c.Action, c.WalkMeID = Create, ""
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		u, err := r.a.WalkMe.CreateUser(ctx, c.want.Resource)
		if err != nil {
			return written{}, err
		}
		out := written{record: r.acknowledged(c, u.ID, u.UserName, state.Created)}
		if returns {
			out.others = func() []state.Record { return r.comesBack(c.OktaID) }
		}
		return out, nil
	})
}

// linkUser takes over an account that was in WalkMe before. An account that
// another person's record manages is only taken when that person has left it:
// Okta forgets the id at a deactivation, too.
func (r *runner) linkUser(ctx context.Context, c *Change, found *walkme.User) error {
	previous, managed := r.owner(scim.User, found.ID, c.OktaID)
	if managed && previous.Active {
		return &refusal{fmt.Sprintf("the WalkMe account %s of this name is managed for Okta user %s", found.ID, previous.SourceID)}
	}
	if c.Action == Create {
		c.Action = Link
	}
	if c.Action == Link {
		c.overwrites(found)
	}
	c.WalkMeID = found.ID
	c.activates = found.Active != nil && !*found.Active
	returns := c.Action == Reactivate
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		u, err := r.a.WalkMe.LinkUser(ctx, found, c.want.Resource)
		if err != nil {
			return written{}, err
		}
		out := written{record: r.acknowledged(c, found.ID, u.UserName, state.Linked)}
		if !r.a.Config.Policy.UpdateUserAttributes {
			out.record.Attributes = scim.Attributes{{Path: scim.PathUserName, Value: out.record.Name}}
		}
		switch {
		case managed:
			out.others = func() []state.Record { return passOn(previous, c.OktaID, r.groups()) }
		case returns:
			out.others = func() []state.Record { return r.comesBack(c.OktaID) }
		}
		return out, nil
	})
}

// acknowledged is the record of a user whose profile WalkMe has just taken.
func (r *runner) acknowledged(c *Change, id, userName string, origin state.Origin) *state.Record {
	rec := state.Record{
		Resource: c.want.Resource, Name: cmp.Or(userName, c.want.Name()), Origin: origin,
		SourceDigest: c.want.SourceDigest, MappingDigest: r.a.Config.Mapping.Digest(), UpdatedAt: r.a.now(),
	}
	rec.ID, rec.Active = id, true
	if old, ok := r.record(scim.User, c.OktaID); ok && old.ID == id {
		rec.Origin = old.Origin
	}
	return &rec
}

func (r *runner) updateUser(ctx context.Context, c *Change) error {
	err := r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		u, err := r.a.WalkMe.UpdateUser(ctx, c.WalkMeID, c.want.Resource)
		if err != nil {
			return written{}, err
		}
		return written{record: r.acknowledged(c, c.WalkMeID, u.UserName, "")}, nil
	})
	if !errors.Is(err, scim.ErrNotFound) {
		return err
	}
	if r.a.Config.Policy.RecreateMissing {
		return r.createUser(ctx, c)
	}
	return err // it says so in Okta's words
}

func (r *runner) deactivateUser(ctx context.Context, c *Change) error {
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		rec, _ := r.record(scim.User, c.OktaID)
		rec.Active, rec.UpdatedAt = false, r.a.now()
		healthy(&rec)
		err := r.a.WalkMe.SetActive(ctx, c.WalkMeID, false)
		if errors.Is(err, scim.ErrNotFound) && r.gone(ctx, rec) {
			rec.ID = ""
			return written{record: &rec, note: "the account is gone in WalkMe"}, nil
		}
		if err != nil {
			return written{}, err
		}
		return written{record: &rec}, nil
	})
}

// gone confirms a 404: only a directory that answers the look-up of the name,
// and does not hold it, is believed. A wrong address answers 404, too.
func (r *runner) gone(ctx context.Context, rec state.Record) bool {
	_, err := r.a.WalkMe.FindUser(ctx, rec.Name)
	return errors.Is(err, scim.ErrNotFound) && r.a.WalkMe.TestCredentials(ctx, false) == nil
}

// reactivateUser is Okta's conversation for somebody who is assigned again. Okta
// has forgotten the id and looks the name up; when that finds nothing, because
// the name changed meanwhile, the recorded id is tried before a new account is
// made.
func (r *runner) reactivateUser(ctx context.Context, c *Change) error {
	found, err := r.a.WalkMe.FindUser(ctx, c.Name)
	if errors.Is(err, scim.ErrNotFound) {
		if found, err = r.a.WalkMe.User(ctx, c.WalkMeID); errors.Is(err, scim.ErrNotFound) {
			return r.createUser(ctx, c)
		}
	}
	if err != nil {
		return fmt.Errorf("look-up of the userName: %w", err)
	}
	return r.linkUser(ctx, c, found)
}
