package walkme

import (
	"context"
	"slices"
)

// expectation is what a group is to look like after a change.
type expectation struct {
	id      string
	present []Member
	absent  []Member
	exact   bool // no member but present

	// stay are the members who were acknowledged before and do not leave: a list
	// without one of them is a part, and does not show who is in the group.
	stay []Member

	// again are those of present whom WalkMe took in an earlier run, and did not show.
	again []Member
}

// evidence tells whether the list of members that a server shows proves
// anything. An empty one does only after this server has shown a member: some
// never do.
func (c *Client) evidence(g *Group) bool {
	return g.MembersShown && (len(g.Members) > 0 || c.echoes.Load())
}

// showsMembers makes sure that this server shows members, so that a group that was
// read without any has none. Unless it has shown some, it is asked for its list of
// groups once more; with no member there either the error is an *UnseenMembersError.
func (c *Client) showsMembers(ctx context.Context) error {
	if c.echoes.Load() || !c.wire.ReadWhenDoubtful {
		return nil
	}
	entries, _, err := c.page(ctx, groupsPath, "", 1, pageSize)
	if err != nil {
		return err
	}
	for _, o := range entries {
		c.groupOf(o)
	}
	if !c.echoes.Load() {
		return &UnseenMembersError{}
	}
	return nil
}

// check compares what the server shows after a successful change with what was
// asked for. An answer that contradicts is not believed at once: the group is
// read again, as it is where the answer shows nothing and Wire.VerifyWrites
// wants to know. Changes without effect are Refused; if no change had any, that
// is a *NotAppliedError, or a *AllRefusedError of a few. A list that may be a part
// contradicts only by those whom it shows.
func (c *Client) check(ctx context.Context, e expectation, answered object) (*MembersResult, error) {
	g := c.groupOf(answered)
	if !c.evidence(g) && !c.wire.VerifyWrites {
		return &MembersResult{Unseen: e.unseen(g)}, nil
	}
	if len(e.failed(g)) > 0 && c.wire.ReadWhenDoubtful || !c.evidence(g) {
		var err error
		if g, err = c.readGroup(ctx, e.id); err != nil {
			return nil, verdict(err)
		}
		if !c.evidence(g) {
			return &MembersResult{Unseen: e.unseen(g)}, nil
		}
	}
	failed := e.failed(g)
	if len(failed) > 0 && (g.Incomplete(e.stay) || c.isPart(ctx, g, e.lacking(failed), e.repeats(failed))) {
		removals := slices.DeleteFunc(slices.Clone(failed), func(r RefusedMember) bool { return !r.Remove })
		return &MembersResult{Seen: len(g.Members) > 0, Part: len(removals) < len(failed), Refused: removals}, nil
	}
	if len(failed) > 0 && len(failed) == e.size(g) {
		if len(failed) < maxLone && !e.exact {
			return nil, &AllRefusedError{failed}
		}
		return nil, &NotAppliedError{"the membership is as before"}
	}
	return &MembersResult{Seen: len(g.Members) > 0, Refused: failed}, nil
}

// unseen says that a group shows no member of those who are to be in it.
func (e expectation) unseen(g *Group) bool {
	return g.ID != "" && len(g.Members) == 0 && len(e.present)+len(e.stay) > 0
}

// lacking are the members whom a group was to have and does not show.
func (e expectation) lacking(failed []RefusedMember) []Member {
	var list []Member
	for _, f := range failed {
		if !f.Remove {
			list = append(list, f.Member)
		}
	}
	return list
}

// repeats says that each of them was taken and not shown before. Where a member is shown who
// was to leave, the server did not do what it was told, and no list is cut.
func (e expectation) repeats(failed []RefusedMember) bool {
	lacking := e.lacking(failed)
	return len(lacking) == len(failed) && len(both(lacking, e.again)) == len(lacking)
}

// size is the number of changes that can be seen to have failed.
func (e expectation) size(g *Group) int {
	n := len(e.present) + len(e.absent)
	if e.exact {
		n += len(e.strangers(g))
	}
	return n
}

// failed returns the changes that a group does not show.
func (e expectation) failed(g *Group) []RefusedMember {
	shown := g.ids()
	var list []RefusedMember
	note := func(m Member, remove bool) {
		list = append(list, RefusedMember{Member: m, Remove: remove, Err: &NotAppliedError{"the membership is as before"}})
	}
	for _, m := range e.absent {
		if _, in := slices.BinarySearch(shown, m.ID); in {
			note(m, true)
		}
	}
	for _, m := range e.present {
		if _, in := slices.BinarySearch(shown, m.ID); !in {
			note(m, false)
		}
	}
	for _, m := range e.strangers(g) {
		note(m, true)
	}
	return list
}

// strangers returns who should not be in a group that was to be exactly present.
func (e expectation) strangers(g *Group) []Member {
	if !e.exact {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(g.Members), func(m Member) bool {
		return slices.ContainsFunc(e.present, func(p Member) bool { return p.ID == m.ID })
	})
}
