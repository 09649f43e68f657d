package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// listInstead is the number of look-ups from which a paged listing is tried: a
// page shows a hundred accounts for one request.
const listInstead = 50

const accountsPerPage = 100

func everyCreate(c *Change) bool { return c.Action == Create || c.Action == GroupCreate }

// resolveLinks tells links from creates by looking the names up, as a run does
// before it writes. A create that the configuration disables becomes a link when
// the account is there: Okta links without the right to create, too.
func (a *Agent) resolveLinks(ctx context.Context, plan *Plan, which func(*Change) bool) error {
	var users, groups []*Change
	for _, c := range plan.Changes {
		switch {
		case !which(c):
		case c.Type == scim.Group:
			groups = append(groups, c)
		default:
			users = append(users, c)
		}
	}
	listed, err := a.listUsers(ctx, len(users))
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(a.workers())
	for _, c := range users {
		g.Go(func() error { return a.resolveUser(gctx, c, listed) })
	}
	for _, c := range groups {
		g.Go(func() error { return a.resolveGroup(gctx, c) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if len(users)+len(groups) > 0 {
		plan.reorder()
	}
	return nil
}

// listUsers reads the tenant's accounts when that takes fewer requests than one
// look-up each. It gives up, and returns nil, as soon as it does not.
func (a *Agent) listUsers(ctx context.Context, lookups int) (map[string][]*walkme.User, error) {
	if lookups < listInstead {
		return nil, nil
	}
	found := map[string][]*walkme.User{}
	n := 0
	for u, err := range a.WalkMe.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe users: %w", err)
		}
		if n++; n > lookups*accountsPerPage {
			return nil, nil
		}
		key := scim.NameKey(u.UserName)
		found[key] = append(found[key], u)
	}
	return found, nil
}

func (a *Agent) resolveUser(ctx context.Context, c *Change, listed map[string][]*walkme.User) error {
	var u *walkme.User
	var err error
	if listed != nil {
		u, err = oneOf(listed[scim.NameKey(c.Name)])
	} else {
		u, err = a.WalkMe.FindUser(ctx, c.Name)
	}
	var ambiguous *walkme.AmbiguousError
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return nil
	case errors.As(err, &ambiguous):
		c.Error = err.Error()
		return nil
	case err != nil:
		return fmt.Errorf("look-up of a user: %w", err)
	}
	c.Action, c.WalkMeID, c.Disabled = Link, u.ID, ""
	c.overwrites(u)
	c.Reason += "; WalkMe has an account of this name"
	if u.Active != nil && !*u.Active {
		c.Reason += ", deactivated"
	}
	return nil
}

// overwrites notes the values that a link replaces, as far as the account shows them.
func (c *Change) overwrites(u *walkme.User) {
	for i := range c.Attributes {
		if old, ok := u.Attribute(c.Attributes[i].Path); ok {
			c.Attributes[i].Old = old
		}
	}
}

func oneOf(hits []*walkme.User) (*walkme.User, error) {
	switch len(hits) {
	case 0:
		return nil, scim.ErrNotFound
	case 1:
		return hits[0], nil
	}
	ids := make([]string, len(hits))
	for i, u := range hits {
		ids[i] = u.ID
	}
	slices.Sort(ids)
	return nil, &walkme.AmbiguousError{Hits: ids}
}

func (a *Agent) resolveGroup(ctx context.Context, c *Change) error {
	g, err := a.findGroup(ctx, c)
	var ambiguous *walkme.AmbiguousError
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return nil
	case errors.As(err, &ambiguous):
		c.Error = err.Error()
		return nil
	case err != nil:
		return fmt.Errorf("look-up of a group: %w", err)
	}
	c.Action, c.WalkMeID = GroupLink, g.ID
	c.Reason += "; WalkMe has a group of this name"
	return nil
}
