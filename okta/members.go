package okta

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// readMembers reads the members of the groups that need it and takes those of
// the others from what is known. One group that cannot be read is only marked. Members that
// are those of a group which is Unread are let go again.
func (p *pushed) readMembers(ctx context.Context) error {
	groups := p.result()
	var pages memberPages
	err := eachOf(ctx, len(groups), func(ctx context.Context, i int) error {
		g := &groups[i]
		k, known := p.known[g.ID]
		if known {
			g.Members, g.Unread = k.Members, k.Unread
		}
		if g.Paused || g.Unreadable != "" || known && p.isCurrent(k, *g) {
			return nil
		}
		before, err := p.membersBefore(ctx, k)
		if err != nil {
			return err
		}
		members, err := p.client.members(ctx, &pages, g.ID)
		if err == nil {
			err = p.confirmLeft(ctx, g.ID, before, members)
		}
		switch {
		case err == nil:
			p.streak.Store(0)
			p.mayReadMembers.granted.Store(true)
			p.mayRead.granted.Store(true) // of one that no source named by its id, maybe
			if g.Fresh = true; g.Unread == 0 || !slices.Equal(before, members) {
				g.Members, g.Unread = members, 0
			}
		case p.isFatal(ctx, err, g.ID, &p.mayReadMembers, p.readsMember):
			return err
		default:
			g.Unreadable = unreadable(err)
			g.Gone = isGone(err, g.ID) && !p.asksFor(g.ID)
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

// membersBefore are the members of a group when it was read last.
func (p *pushed) membersBefore(ctx context.Context, known Group) ([]string, error) {
	if known.Unread == 0 {
		return known.Members, nil
	}
	members, err := p.request.Members(ctx, known.ID)
	if err != nil {
		return nil, fmt.Errorf("okta: members of group %s before: %w", known.ID, err)
	}
	return members, nil
}

// isCurrent reports whether the members that are known are those of now. They
// are not when the group turned up among the changed, unless its membership
// time is the one that was known and lies well before the read that saw it.
func (p *pushed) isCurrent(known, now Group) bool {
	if p.full || known.Members == nil && known.Unread == 0 || known.Unreadable != "" || known.Paused { // a paused one was not read
		return false
	}
	if _, changed := p.changed[now.ID]; !changed {
		return true
	}
	moved, err := time.Parse(time.RFC3339, now.LastMembershipUpdated)
	return err == nil && now.LastMembershipUpdated == known.LastMembershipUpdated && moved.Add(quietTime).Before(p.request.Since)
}
