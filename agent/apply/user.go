package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// errNoMatch is Okta's own text for an account that it expected and did not find.
var errNoMatch = &declined{"Matching user not found"}

// createUser is Okta's conversation for an assignment: look the userName up,
// then create or link. A conflict that the look-up did not announce is resolved
// by further look-ups, never by a second POST.
func (r *runner) createUser(ctx context.Context, c *job) error {
	found, err := r.accounts().Find(ctx, c.Name)
	switch {
	case err == nil:
		return r.linkUser(ctx, c, found)
	case !errors.Is(err, scim.ErrNotFound):
		return fmt.Errorf("look-up of the userName: %w", err)
	case !r.a.Policy.CreateUsers:
		return errNoMatch
	}
	err = r.postUser(ctx, c)
	if !errors.Is(err, scim.ErrConflict) {
		return err
	}
	found, lookupErr := r.a.WalkMe.ResolveConflict(ctx, c.Want.Resource)
	if lookupErr != nil {
		return err // the 409 says more than the look-up that did not explain it
	}
	return r.linkUser(ctx, c, found)
}

// postUser creates the account. A create that is answered without an id is looked
// up at once: the next POST might make a second one.
func (r *runner) postUser(ctx context.Context, c *job) error {
	c.Action, c.WalkMeID = plan.Create, ""
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		u, err := r.a.WalkMe.CreateUser(ctx, c.Want.Resource)
		var unconfirmed *walkme.UnconfirmedError
		if errors.As(err, &unconfirmed) {
			if found, lookupErr := r.a.WalkMe.FindUser(ctx, c.Name); lookupErr == nil && found.Bears(c.Want.Resource) {
				u, err = found, nil
			}
		}
		if err != nil {
			return written{}, err
		}
		r.seeUser(c, u)
		return written{record: r.acknowledged(c, u.ID, u.UserName, state.Created)}, nil
	})
}

// linkUser takes over an account that was in WalkMe before. An account that
// another person's record manages is only taken when that person has left it:
// Okta forgets the id at a deactivation, too.
func (r *runner) linkUser(ctx context.Context, c *job, found *walkme.User) error {
	if err := r.claim(scim.User, found.ID, c.OktaID, c.From); err != nil {
		return err
	}
	if c.Action == plan.Create {
		c.Action = plan.Link
	}
	if c.Action == plan.Link {
		c.Overwrites(found.Values(paths(c.Attributes)))
	}
	c.KeepUnacknowledged(r.pushedTo(c, found.ID))
	c.WalkMeID = found.ID
	c.activates = found.Active != nil && !*found.Active
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		u, err := r.a.WalkMe.LinkUser(ctx, found, c.Want.Resource)
		if err != nil {
			return written{}, r.holder(ctx, c, err)
		}
		r.seeUser(c, u)
		out := written{record: r.acknowledged(c, found.ID, u.UserName, state.Linked)}
		if !r.a.Policy.UpdateUserAttributes {
			out.record.Attributes = scim.Attributes{{Path: scim.PathUserName, Value: out.record.Name}}
		}
		return out, nil
	})
}

// acknowledged is the record of a user whose profile WalkMe has just taken.
func (r *runner) acknowledged(c *job, id, userName string, origin state.Origin) *state.Record {
	rec := state.Record{
		Resource: c.Want.Resource, Name: cmp.Or(userName, c.Want.Name()), Origin: origin,
		SourceDigest: c.Want.SourceDigest, MappingDigest: r.a.MappingDigest, UpdatedAt: r.a.Now(),
	}
	rec.ID, rec.Active = id, true
	if old, ok := r.recorded(scim.User, c.OktaID); ok && old.ID == id {
		rec.Origin = old.Origin
	}
	return &rec
}

// pushedTo is what the agent has pushed to an account: for this person, or for the one
// who left it.
func (r *runner) pushedTo(c *job, walkmeID string) scim.Attributes {
	rec, _ := r.recorded(scim.User, c.OktaID)
	if rec.ID != walkmeID {
		rec, _ = r.recorded(scim.User, r.ownerID(scim.User, walkmeID))
	}
	if rec.ID != walkmeID {
		return nil
	}
	return rec.Attributes
}

// account is whose account a change is about, by the records.
func (r *runner) account(c *job) walkme.Account {
	rec, _ := r.recorded(scim.User, c.OktaID)
	if rec.ID != c.WalkMeID {
		return walkme.Account{ID: c.WalkMeID}
	}
	return walkme.Account{ID: rec.ID, UserName: rec.Name, SourceID: c.OktaID}
}

func (r *runner) updateUser(ctx context.Context, c *job) error {
	err := r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		u, err := r.a.WalkMe.UpdateAccount(ctx, r.account(c), c.Want.Resource)
		if err != nil {
			return written{}, r.holder(ctx, c, err)
		}
		r.seeUser(c, u)
		return written{record: r.acknowledged(c, c.WalkMeID, u.UserName, "")}, nil
	})
	rec, _ := r.recorded(scim.User, c.OktaID)
	if !errors.Is(err, scim.ErrNotFound) || !r.a.Policy.RecreateMissing || !r.a.userGone(ctx, rec.ID, rec.Name) {
		return err // a 404 says so in Okta's words
	}
	return r.createUser(ctx, c)
}

func (r *runner) deactivateUser(ctx context.Context, c *job) error {
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		rec, _ := r.recorded(scim.User, c.OktaID)
		missedBefore := missed(rec, c)
		rec.Active, rec.UpdatedAt = false, r.a.Now()
		rec.ClearFailure()
		err := r.a.WalkMe.DeactivateAccount(ctx, r.account(c))
		if errors.Is(err, scim.ErrNotFound) && missedBefore && r.a.userGone(ctx, rec.ID, rec.Name) {
			rec.ID = ""
			return written{record: &rec, note: "the account is gone in WalkMe"}, nil
		}
		if err != nil {
			return written{}, err
		}
		return written{record: &rec}, nil
	})
}

// reactivateUser is Okta's conversation for a person who is assigned again. Okta
// has forgotten the id and looks the name up; when that finds nothing, because
// the name changed meanwhile, the recorded id is tried before a new account is
// made: unless it has passed on since the plan was made.
func (r *runner) reactivateUser(ctx context.Context, c *job) error {
	found, err := r.accounts().Find(ctx, c.Name)
	if errors.Is(err, scim.ErrNotFound) {
		rec, _ := r.recorded(scim.User, c.OktaID)
		if rec.ID == "" {
			return r.createUser(ctx, c)
		}
		found, err = r.a.WalkMe.User(ctx, rec.ID)
		if errors.Is(err, scim.ErrNotFound) && r.a.userGone(ctx, rec.ID, rec.Name) {
			return r.createUser(ctx, c)
		}
	}
	if err != nil {
		return fmt.Errorf("look-up of the userName: %w", err)
	}
	return r.linkUser(ctx, c, found)
}

func paths(attributes []scim.AttributeChange) []string {
	out := make([]string, len(attributes))
	for i, a := range attributes {
		out[i] = a.Path
	}
	return out
}
