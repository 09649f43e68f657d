package walkme

import (
	"context"
	"slices"
	"sync"

	"okta-walkme-agent/internal/scim"
)

// A server may show no more than a part of a group's members, and say nowhere that it does.
// Where it cuts is found out by evidence, and remembered.

const (
	// roundSize divides the numbers of members at which servers cut lists.
	roundSize = 50

	// leastCut is the shortest list that is taken for a part without a witness.
	leastCut = 5

	// witnesses is how many accounts are asked for their groups in one case of doubt.
	witnesses = 3
)

// CutAt is the number of members at which this server is known to cut a group's list;
// 0 if it is not known to cut. A longer list that it shows takes it back.
func (c *Client) CutAt() int { return int(c.cut.Load()) }

// SetCutAt tells what CutAt was in an earlier run. What lists of groups showed of their
// lengths meanwhile may have changed since.
func (c *Client) SetCutAt(n int) {
	c.cut.Store(int64(n))
	c.lengths.forget()
}

// noteLength takes note of a list that is longer than those that are cut.
func (c *Client) noteLength(n int) {
	if cut := c.cut.Load(); cut > 0 && int64(n) > cut {
		c.cut.CompareAndSwap(cut, 0)
	}
}

// Incomplete tells whether the members that a group shows may be a part of them: one
// is missing whom WalkMe has acknowledged, or their number is one at which this server, or
// servers in general, cut lists. Who is shown is in the group; who is not may be.
func (g *Group) Incomplete(acknowledged []Member) bool {
	missing, _ := g.difference(acknowledged)
	n := len(g.Members)
	return len(missing) > 0 || g.cut || n > 0 && n%roundSize == 0
}

// requireComplete makes sure that no whole list is built on a part: that is a *IncompleteListError.
// Of a group that we made, and that shows none but ours, a round number says nothing. Okta's own PUT to
// such a group puts back those who were taken out by hand, unless the list may be cut.
func (c *Client) requireComplete(ctx context.Context, shown *Group, ours, acknowledged []Member, linked bool) error {
	if !c.evidence(shown) {
		return nil
	}
	ownPut := !linked && c.profile == AIW
	_, others := shown.difference(slices.Concat(ours, acknowledged))
	linked = linked || len(others) > 0
	missing, _ := shown.difference(acknowledged)
	n := len(shown.Members)
	part := &IncompleteListError{Shown: n, Missing: len(missing), shown: shown}
	switch {
	case shown.cut, len(missing) > 0 && !ownPut, linked && n > 0 && n%roundSize == 0:
		return part
	case !linked && len(missing) == 0, !c.wire.ReadWhenDoubtful:
		return nil
	}
	part.missing = missing
	if len(missing) > 0 {
		switch c.witness(ctx, shown, missing) {
		case memberIn:
			return part
		case memberOut:
			return nil
		}
	}
	if part.mayBeWhole = n >= leastCut && !c.showsLonger(ctx, n); part.mayBeWhole {
		return part
	}
	return nil
}

// requireShown has members whom WalkMe took in an earlier run, and does not show, sent by the
// other form: a server that takes whole lists and does nothing looks like one that cuts them.
func (c *Client) requireShown(shown *Group, doubtful []Member) error {
	if !c.wire.ReadWhenDoubtful || !c.evidence(shown) {
		return nil
	}
	missing, _ := shown.difference(doubtful)
	if len(missing) == 0 {
		return nil
	}
	return &IncompleteListError{Shown: len(shown.Members), Missing: len(missing), shown: shown, mayBeWhole: true}
}

// isPart finds out whether members who were taken, and are not shown, are in the group all
// the same. Where no account says so, a list is a part when WalkMe has taken them twice, in
// two runs, and shows no longer list of any group.
func (c *Client) isPart(ctx context.Context, g *Group, missing []Member, again bool) bool {
	if !c.wire.ReadWhenDoubtful || len(missing) == 0 || !c.evidence(g) {
		return false
	}
	n := len(g.Members)
	switch c.witness(ctx, g, missing) {
	case memberIn:
	case memberOut:
		return false
	default:
		if !again || n < leastCut || c.showsLonger(ctx, n) {
			return false
		}
	}
	c.cut.Store(int64(n))
	return true
}

// testimony is what accounts say of a group that does not show them.
type testimony int

const (
	noWitness testimony = iota
	memberIn
	memberOut
)

// witness asks accounts that a group lacks for their groups, the first that says anything.
func (c *Client) witness(ctx context.Context, g *Group, missing []Member) testimony {
	for _, m := range missing[:min(witnesses, len(missing))] {
		o, err := c.read(ctx, usersPath, m.ID)
		if err != nil {
			if isNotFound(err) {
				return memberOut
			}
			continue
		}
		switch groups := userOf(o).Groups(); {
		case slices.Contains(groups, g.ID):
			return memberIn
		case len(groups) > 0:
			return memberOut
		}
	}
	return noWitness
}

// showsLonger says whether the server shows more than n members of any group, so that it
// does not cut lists there. A list of groups that cannot be read shows nothing. It is read
// once for all cases of doubt of a run.
func (c *Client) showsLonger(ctx context.Context, n int) bool {
	l := &c.lengths
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < l.longest || l.whole {
		return n < l.longest
	}
	for o, err := range c.all(ctx, groupsPath) {
		if err != nil {
			return false
		}
		l.longest = max(l.longest, len(c.groupOf(o).Members))
		if l.longest > n {
			return true
		}
	}
	l.whole = true
	return false
}

// lengths is what the list of groups has shown of the lengths of their lists of members.
type lengths struct {
	mu      sync.Mutex
	longest int
	whole   bool // no group has a longer one
}

func (l *lengths) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.longest, l.whole = 0, false
}

// Groups are the ids of the groups that the account itself shows; none where the server
// does not show them, which says nothing.
func (u *User) Groups() []string {
	var ids []string
	for _, entry := range parseObjects(u.raw.get("groups")) {
		if id := entry.string("value"); id != "" {
			ids = append(ids, id)
		}
	}
	return scim.SortedSet(ids)
}
