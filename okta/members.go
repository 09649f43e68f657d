package okta

import (
	"context"
	"errors"
	"slices"
	"time"
)

// readMembers reads the members of the groups that need it and takes those of
// the others from what is known. One group that cannot be read is only marked.
func (p *pushed) readMembers(ctx context.Context) error {
	groups := p.result()
	err := eachOf(ctx, len(groups), func(ctx context.Context, i int) error {
		g := &groups[i]
		k, known := p.known[g.ID]
		if known {
			g.Members = k.Members
		}
		if g.Paused || g.Unreadable != "" || known && p.isCurrent(k, *g) {
			return nil
		}
		members, err := p.client.members(ctx, g.ID)
		if err == nil && len(members) == 0 {
			err = p.client.confirmEmpty(ctx, g.ID, k.Members)
		}
		switch {
		case err == nil:
			p.streak.Store(0)
			g.Members, g.Fresh = members, true
		case p.isFatal(ctx, err):
			return err
		default:
			g.Unreadable = unreadable(err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if before := p.groups[g.ID]; g.Unreadable != "" && before.Unreadable == "" {
			p.problems = append(p.problems, SourceProblem{Source: g.Sources[0], GroupID: g.ID, Reason: g.Unreadable})
		}
		*p.groups[g.ID] = g
	}
	return nil
}

// asked is how many former members are asked for whether they left.
const asked = 3

// confirmEmpty makes sure that a group without members has lost those it had: the
// first of them who still has an account must not be in it. Okta has everybody in a
// group of its own, so that a person without any group is not seen for real.
func (c *Client) confirmEmpty(ctx context.Context, groupID string, before []string) error {
	for _, id := range before[:min(len(before), asked)] {
		groups, err := c.PersonGroups(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound):
			continue
		case errors.Is(err, ErrForbidden): // of one group, not of the snapshot
			return incomplete("Okta lists no member, and does not say whether %s left the group", id)
		case err != nil:
			return err
		case len(groups) == 0 || slices.ContainsFunc(groups, func(g GroupRef) bool { return g.ID == groupID }):
			return incomplete("Okta lists no member, but does not say that %s left the group", id)
		}
		return nil
	}
	return nil
}

// isCurrent reports whether the members that are known are those of now. They
// are not when the group turned up among the changed, unless its membership
// time is the one that was known and lies well before the read that saw it.
func (p *pushed) isCurrent(known, now Group) bool {
	if p.full || known.Members == nil || known.Unreadable != "" {
		return false
	}
	if _, changed := p.changed[now.ID]; !changed {
		return true
	}
	moved, err := time.Parse(time.RFC3339, now.LastMembershipUpdated)
	return err == nil && now.LastMembershipUpdated == known.LastMembershipUpdated && moved.Add(settled).Before(p.request.Since)
}
