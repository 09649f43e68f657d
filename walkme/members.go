package walkme

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// MembersUpdate is one batch of changes to one group, at most MaxBatch of them.
type MembersUpdate struct {
	GroupID string
	Name    string // displayName, for the rename that Okta sends along and for PUT
	Rename  bool   // send the name, too: OIN where Wire.RenameWithMembers says so, AIW in place of the name that the server shows

	Add, Remove []Member

	// Managed is everything that is ours once this batch is applied. A form
	// that writes the whole list carries it, united with the members that
	// the server shows and that are not ours.
	Managed []Member

	// Acknowledged are the members whom WalkMe has acknowledged before. A list
	// that lacks one of them is a part of the members, or one was taken out
	// by hand; no whole list is built on it. Of a group that was made by us Okta's own
	// PUT (profile AIW) puts back who was taken out, unless the list may be cut. The changes go out alone, by PATCH; where
	// that cannot be, the error is a *IncompleteListError.
	Acknowledged []Member

	// Doubtful are those of Add, or of the whole list, whom WalkMe took in an earlier
	// run, and did not show.
	Doubtful []Member

	// Linked says that the group was there before us, so that members of its
	// own are to be expected. A whole list is then written only to a server
	// that shows members. Any other gets the changes alone, by PATCH; what
	// cannot be said so is an *UnseenMembersError.
	Linked bool
}

// stay are the acknowledged members who do not leave by the update.
func (u *MembersUpdate) stay() []Member {
	_, stay := (&Group{Members: u.Acknowledged}).difference(u.Remove)
	return stay
}

// both returns the members who are in both lists.
func both(a, b []Member) []Member {
	ids := idsOf(b)
	return slices.DeleteFunc(slices.Clone(a), func(m Member) bool { _, ok := slices.BinarySearch(ids, m.ID); return !ok })
}

// MembersResult tells what a membership change led to.
type MembersResult struct {
	// Seen says that the server shows members of the group afterwards.
	Seen bool

	// Unseen says that the answer shows the group, and no member, although
	// members were pushed into it.
	Unseen bool

	// Part says that the group shows a part of its members, which lacks some who were
	// pushed into it.
	Part bool

	// Refused are the changes that the server refused or dropped while it
	// took the others.
	Refused []RefusedMember
}

// AllRefusedError says that WalkMe refused each change of a membership update by
// itself, so that nothing of it was applied.
type AllRefusedError struct{ Refused []RefusedMember }

// Error implements error.
func (e *AllRefusedError) Error() string {
	texts := make([]string, len(e.Refused))
	for i, r := range e.Refused {
		texts[i] = fmt.Sprintf("member %s: %v", r.Member.ID, r.Err)
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the first refusal.
func (e *AllRefusedError) Unwrap() error { return e.Refused[0].Err }

// RefusedMember is one change that the server refused or silently dropped.
type RefusedMember struct {
	Member Member
	Remove bool  // a removal was refused, not an addition
	Err    error // *scim.Error, or *NotAppliedError
}

// wholeList tells whether membership changes carry the whole list.
func (c *Client) wholeList() bool {
	return c.profile == AIW || c.wire.MembershipUpdates == Replace
}

// MaxBatch returns how many changes one MembersUpdate should hold at most. It is
// a very large number where every change carries the whole list anyway.
func (c *Client) MaxBatch() int {
	if c.wholeList() {
		return unbatched
	}
	return c.wire.MemberBatch
}

// UpdateMembers makes one batch of changes.
//
// OIN sends the name if asked to, then one PATCH with a remove for each member
// who leaves and one add for all who join; AIW reads the group and puts the
// whole list. Members that the server shows and that are not ours stay.
//
// A batch that is refused because of some of its members is sent again in
// parts, so that the others get through (Wire.SplitRefused); those members are Refused. A 500 may be
// such a refusal, too, and is taken for one where reads prove it. If nothing gets
// through, the error is a *AllRefusedError, or that of the whole batch where the form
// of the request seems to be at fault. The error does not speak of the name:
// sending it again does no harm.
func (c *Client) UpdateMembers(ctx context.Context, u MembersUpdate) (*MembersResult, error) {
	r, err := c.updateMembers(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("walkme: update members of group %s: %w", u.GroupID, err)
	}
	return r, nil
}

func (c *Client) updateMembers(ctx context.Context, u MembersUpdate) (*MembersResult, error) {
	if c.profile == OIN && u.Rename && c.wire.RenameWithMembers {
		if err := c.rename(ctx, GroupRename{GroupID: u.GroupID, Name: u.Name, Managed: u.Managed, Linked: u.Linked}); err != nil {
			return nil, &NameSentError{err}
		}
	}
	if c.wholeList() {
		return c.writeList(ctx, u)
	}
	return c.writeDelta(ctx, u)
}

// ReplaceMembers makes the list of members exactly u.Managed, one write, as
// Okta's "Push Now" does: every other member of the group is out of it. Members
// whom the server refuses because it does not know them are left out and
// Rejected. Of the name AIW alone takes note, as in UpdateMembers. A server that is to
// get deltas alone is sent all of ours once more, and the removal of every other member
// whom it shows.
func (c *Client) ReplaceMembers(ctx context.Context, u MembersUpdate) (*MembersResult, error) {
	if c.profile == OIN && c.wire.MembershipUpdates == Delta {
		r, err := c.replaceByDelta(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("walkme: replace members of group %s: %w", u.GroupID, err)
		}
		return r, nil
	}
	w := listWrite{
		c: c, id: u.GroupID, name: u.Name, rename: u.Rename && c.profile == AIW, linked: u.Linked,
		ours: slices.Concat(u.Managed, u.Add, u.Remove), acknowledged: u.Acknowledged,
		expect: expectation{id: u.GroupID, present: u.Managed, exact: true, stay: both(u.Acknowledged, u.Managed), again: u.Doubtful},
	}
	list := func(*Group) []Member { return u.Managed }
	r, err := w.send(ctx, list, c.profile == AIW || u.Linked)
	if partial, ok := errors.AsType[*IncompleteListError](err); ok {
		u.Add, u.Remove = partial.shown.difference(u.Managed)
		r, err = w.without(ctx, u, list, err)
	}
	if err != nil {
		return nil, fmt.Errorf("walkme: replace members of group %s: %w", u.GroupID, err)
	}
	return r, nil
}

func (c *Client) replaceByDelta(ctx context.Context, u MembersUpdate) (*MembersResult, error) {
	shown, err := c.readGroup(ctx, u.GroupID)
	if err != nil {
		return nil, err
	}
	if u.Linked { // it has members of its own, and no read shows whom this throws out
		if err := c.showsMembers(ctx); err != nil {
			return nil, err
		}
	}
	_, u.Remove = shown.difference(u.Managed)
	u.Add = u.Managed
	return c.writeDelta(ctx, u)
}

// writeList changes the membership by writing the whole list. To a linked group
// whose members are not shown it sends nothing but the change.
func (c *Client) writeList(ctx context.Context, u MembersUpdate) (*MembersResult, error) {
	w := listWrite{
		c: c, id: u.GroupID, name: u.Name, rename: u.Rename && c.profile == AIW, linked: u.Linked,
		ours: slices.Concat(u.Managed, u.Add, u.Remove), acknowledged: u.Acknowledged,
		expect: expectation{id: u.GroupID, present: u.Add, absent: u.Remove, stay: u.stay(), again: u.Doubtful},
	}
	list := func(shown *Group) []Member { return union(shown, u) }
	r, err := w.send(ctx, list, true)
	if is[*UnseenMembersError](err) || is[*IncompleteListError](err) {
		return w.without(ctx, u, list, err)
	}
	return r, err
}

// difference returns who has to be added to a group, and removed from it, to make its
// members exactly these.
func (g *Group) difference(want []Member) (add, remove []Member) {
	shown, wanted := g.ids(), idsOf(want)
	in := func(ids []string) func(Member) bool {
		return func(m Member) bool { _, ok := slices.BinarySearch(ids, m.ID); return ok }
	}
	return slices.DeleteFunc(slices.Clone(want), in(shown)), slices.DeleteFunc(slices.Clone(g.Members), in(wanted))
}

// noPatch tells whether a server has no PATCH.
func noPatch(err error) bool {
	var e *scim.Error
	return errors.As(err, &e) && (e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusNotImplemented)
}

// union returns who is in the group after a change: those whom the server shows,
// in its order, without those who leave; then ours who are not among them.
func union(shown *Group, u MembersUpdate) []Member {
	out := map[string]bool{}
	for _, m := range u.Remove {
		out[m.ID] = true
	}
	var list []Member
	for _, m := range slices.Concat(shown.Members, u.Managed, u.Add) {
		if !out[m.ID] {
			list = append(list, m)
			out[m.ID] = true
		}
	}
	return list
}
