package walkme

import (
	"context"
	"fmt"
	"net/http"

	"okta-walkme-agent/internal/scim"
)

// LinkUser takes an existing account over, up to two writes: it activates the
// account if that is inactive, and pushes the profile if Config.UpdateAttributes
// is on. Both can be repeated without harm. If the second fails, the error is a
// *PartialError.
func (c *Client) LinkUser(ctx context.Context, found *User, want scim.Resource) (*User, error) {
	u, err := c.link(ctx, found, want)
	if err != nil {
		return nil, fmt.Errorf("walkme: link user %s: %w", found.ID, missingUser(err))
	}
	return u, nil
}

func (c *Client) link(ctx context.Context, found *User, want scim.Resource) (*User, error) {
	var shown object // read just now
	if found.listed {
		var err error
		if shown, err = c.read(ctx, usersPath, found.ID); err != nil {
			return nil, err
		}
		now := c.userOf(shown)
		if !scim.SameName(now.UserName, found.UserName) {
			return nil, &NotAppliedError{"the account that the list showed has another userName by now"}
		}
		found = now
	}
	activate := want.Active && (found.inactive() || c.wire.PatchActiveMatch && c.profile == OIN)
	if activate {
		if err := c.activate(ctx, found.ID); err != nil {
			return nil, err
		}
	}
	if !c.updateAttributes {
		linked := *found
		if activate {
			linked.Active = &activate
		}
		return &linked, nil
	}
	if shown != nil && !activate {
		return c.lay(ctx, found.ID, shown, want)
	}
	u, err := c.push(ctx, Account{ID: found.ID}, want, activate)
	if err != nil && activate {
		return nil, &PartialError{"activation", err}
	}
	return u, err
}

// activate activates an account that a look-up has just shown.
func (c *Client) activate(ctx context.Context, id string) error {
	if c.profile == AIW {
		return c.putActive(ctx, Account{ID: id}, true)
	}
	return c.patchActive(ctx, id, true)
}

// UpdateUser pushes the profile: it reads the user, lays the mapped values over
// the answer and puts that back, one write. The status stays as the server has
// it. A user who is gone is scim.ErrNotFound and is not created again.
func (c *Client) UpdateUser(ctx context.Context, id string, want scim.Resource) (*User, error) {
	return c.UpdateAccount(ctx, Account{ID: id}, want)
}

// UpdateAccount is UpdateUser for an account whose owner is known. One that is seen to
// be another person's by now is left alone: *AnotherOwnerError.
func (c *Client) UpdateAccount(ctx context.Context, a Account, want scim.Resource) (*User, error) {
	u, err := c.push(ctx, a, want, false)
	if err != nil {
		return nil, fmt.Errorf("walkme: update user %s: %w", a.ID, missingUser(err))
	}
	return u, nil
}

// push reads, merges and writes. With activated the user has just been
// activated: a server that still shows the old status would be told to
// deactivate again by the very PUT (a known bug of Okta's), so that is an error.
func (c *Client) push(ctx context.Context, a Account, want scim.Resource, activated bool) (*User, error) {
	shown, err := c.readAccount(ctx, a)
	if err != nil {
		return nil, err
	}
	if activated && c.userOf(shown).inactive() {
		return nil, &NotAppliedError{"the user is still inactive"}
	}
	return c.lay(ctx, a.ID, shown, want)
}

// lay writes the profile over what a read has shown.
func (c *Client) lay(ctx context.Context, id string, shown object, want scim.Resource) (*User, error) {
	body, err := c.merged(shown, want)
	if err != nil {
		return nil, &NotSentError{err}
	}
	answered, err := c.writeProfile(ctx, id, shown, body)
	if err != nil {
		return nil, err
	}
	if len(answered) == 0 {
		u := userOf(body)
		u.Silent = true
		return u, nil
	}
	return c.userOf(answered), nil
}

// writeProfile sends a merged profile in the form of Wire.UserUpdate.
func (c *Client) writeProfile(ctx context.Context, id string, shown, merged object) (object, error) {
	if c.wire.UserUpdate != UpdatePatch {
		return c.write(ctx, http.MethodPut, usersPath, id, merged.text())
	}
	changed := changedKeys(shown, merged)
	if len(changed) == 0 {
		return merged, nil // a PATCH without operations is refused by servers
	}
	o, err := c.write(ctx, http.MethodPatch, usersPath, id, scim.PatchOp(scim.Operation{Op: "replace", Value: changed.text()}))
	return o, c.orGone(ctx, usersPath, id, err)
}
