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
	exact   bool // nobody but present

	// stay are the members who were acknowledged before and do not leave: a list
	// without one of them is a part, and does not show who is in the group.
	stay []Member
}

// evidence tells whether the list of members that a server shows proves
// anything. An empty one does only after this server has shown a member: some
// never do.
func (c *Client) evidence(g *Group) bool {
	return g.MembersShown && (len(g.Members) > 0 || c.echoes.Load())
}

// showsMembers makes sure that this server shows members, so that a group that was
// read without any has none. Unless it has shown some, it is asked for its list of
// groups once more; with nobody in there either the error is an *UnseenMembersError.
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

// roundSize divides the numbers of members at which servers cut lists.
const roundSize = 50

// Incomplete tells whether the members that a group shows may be a part of them: somebody
// is missing whom WalkMe has acknowledged, or their number is a round one at which
// servers cut lists. Who is shown is in the group; who is not may be.
func (g *Group) Incomplete(acknowledged []Member) bool {
	missing, _ := g.difference(acknowledged)
	n := len(g.Members)
	return len(missing) > 0 || n > 0 && n%roundSize == 0
}

// requireComplete makes sure that no whole list is built on a part: that is a *IncompleteListError.
// Of a group that we made, whose members are ours, a round number says nothing.
func (c *Client) requireComplete(shown *Group, acknowledged []Member, linked bool) error {
	missing, _ := shown.difference(acknowledged)
	if !c.evidence(shown) || !shown.Incomplete(acknowledged) || !linked && len(missing) == 0 {
		return nil
	}
	return &IncompleteListError{Shown: len(shown.Members), Missing: len(missing), shown: shown}
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
	if len(failed) > 0 && g.Incomplete(e.stay) {
		failed = slices.DeleteFunc(failed, func(r RefusedMember) bool { return !r.Remove })
		return &MembersResult{Refused: failed}, nil
	}
	if len(failed) > 0 && len(failed) == e.size(g) {
		if len(failed) < maxLone && !e.exact {
			return nil, &AllRefusedError{failed}
		}
		return nil, &NotAppliedError{"the membership is as before"}
	}
	return &MembersResult{Seen: len(g.Members) > 0, Refused: failed}, nil
}

// unseen says that a group shows nobody of those who are to be in it.
func (e expectation) unseen(g *Group) bool {
	return g.ID != "" && len(g.Members) == 0 && len(e.present)+len(e.stay) > 0
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
