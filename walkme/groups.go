package walkme

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"okta-walkme-agent/internal/scim"
)

// Group reads a group by WalkMe's id. A missing one is scim.ErrNotFound.
func (c *Client) Group(ctx context.Context, id string) (*Group, error) {
	g, err := c.readGroup(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("walkme: read group %s: %w", id, err)
	}
	return g, nil
}

func (c *Client) readGroup(ctx context.Context, id string) (*Group, error) {
	o, err := c.read(ctx, groupsPath, id)
	if err != nil {
		return nil, err
	}
	return c.groupOf(o), nil
}

// Groups lists all groups, each once, in the server's order. After an error the
// list ends; what came before it is not the whole.
func (c *Client) Groups(ctx context.Context) iter.Seq2[*Group, error] {
	return func(yield func(*Group, error) bool) {
		for o, err := range c.all(ctx, groupsPath) {
			if err != nil {
				yield(nil, fmt.Errorf("walkme: list groups: %w", err))
				return
			}
			if !yield(c.groupOf(o), nil) {
				return
			}
		}
	}
}

// FindGroup looks a group up by its name. The hit with exactly this name counts;
// without one, a hit that differs in case only. No hit is scim.ErrNotFound,
// several of the same rank are an *AmbiguousError. A server that answers with
// other groups ignores filters: all of its groups are looked through then.
func (c *Client) FindGroup(ctx context.Context, displayName string) (*Group, error) {
	g, err := c.findGroup(ctx, displayName)
	if err != nil {
		return nil, fmt.Errorf("walkme: find group: %w", err)
	}
	return g, nil
}

func (c *Client) findGroup(ctx context.Context, displayName string) (*Group, error) {
	entries, _, err := c.page(ctx, groupsPath, scim.FilterEq("displayName", displayName), 1, pageSize)
	if err != nil {
		return nil, err // a 404 is Okta's other form of "no match"
	}
	hits := groupHits{map[string]*Group{}, map[string]*Group{}}
	filtered := true
	for _, o := range entries {
		filtered = hits.note(c.groupOf(o), displayName) && filtered
	}
	if filtered || len(hits.exact) > 0 || !c.wire.ReadWhenDoubtful {
		return hits.only()
	}
	for o, err := range c.all(ctx, groupsPath) {
		if err != nil {
			return nil, err
		}
		hits.note(c.groupOf(o), displayName)
	}
	return hits.only()
}

// groupHits are groups by id whose name is the wanted one, exactly or but for case
// (see scim.SameName).
type groupHits struct{ exact, otherCase map[string]*Group }

// note says whether the group is one of them.
func (h groupHits) note(g *Group, displayName string) bool {
	switch {
	case g.DisplayName == displayName:
		h.exact[g.ID] = g
	case scim.SameName(g.DisplayName, displayName):
		h.otherCase[g.ID] = g
	default:
		return false
	}
	return true
}

func (h groupHits) only() (*Group, error) {
	if len(h.exact) > 0 {
		return onlyGroup(h.exact)
	}
	return onlyGroup(h.otherCase)
}

func onlyGroup(hits map[string]*Group) (*Group, error) {
	ids := make([]string, 0, len(hits))
	for id := range hits {
		ids = append(ids, id)
	}
	switch ids = scim.SortedSet(ids); len(ids) {
	case 0:
		return nil, scim.ErrNotFound
	case 1:
		return hits[ids[0]], nil
	}
	return nil, &AmbiguousError{Hits: ids}
}

// CreateGroup creates a group with its members: one POST. A taken name is
// scim.ErrConflict. See SecondWriteNeeded for what Okta does next.
func (c *Client) CreateGroup(ctx context.Context, name string, members []Member) (*Group, error) {
	o, err := c.create(ctx, groupsPath, newGroup(name, members))
	if err != nil {
		return nil, fmt.Errorf("walkme: create group: %w", err)
	}
	return c.groupOf(o), nil
}

// SecondWriteNeeded tells whether the members are to be written again by an
// UpdateMembers that adds all of them, as Okta does right after the create (see
// Wire.SecondGroupWrite). With profile OIN there is nothing to write for an
// empty group.
func (c *Client) SecondWriteNeeded(created *Group, members []Member) bool {
	if c.profile == OIN && len(members) == 0 {
		return false
	}
	switch c.wire.SecondGroupWrite {
	case Never:
		return false
	case WhenMissing:
		missing, _ := scim.MemberDiff(created.ids(), idsOf(members))
		return len(missing) > 0
	}
	return true
}

// GroupRename gives a group another name.
type GroupRename struct {
	GroupID, Name string

	// Managed and Linked are as in MembersUpdate. Managed are acknowledged.
	Managed []Member
	Linked  bool
}

// FindsBeforeRename tells whether the caller is to look a new name up before RenameGroup
// (see Wire.FindBeforeRename).
func (c *Client) FindsBeforeRename() bool { return c.wire.FindBeforeRename }

// RenameGroup gives a group another name, one write; the id stays. AIW sends the
// members back as the server showed them, and ours. A linked group of which the server
// shows a part gets the name by PATCH; where that cannot be, the error is a
// *IncompleteListError.
func (c *Client) RenameGroup(ctx context.Context, r GroupRename) error {
	if err := c.rename(ctx, r); err != nil {
		return fmt.Errorf("walkme: rename group %s: %w", r.GroupID, err)
	}
	return nil
}

func (c *Client) rename(ctx context.Context, r GroupRename) error {
	id, name := r.GroupID, r.Name
	answered, err := c.writeName(ctx, r)
	if err != nil {
		return err
	}
	if shown := answered.get("displayName"); shown == nil && !c.wire.VerifyWrites || decode(shown) == name {
		return nil
	}
	if shown := answered.get("displayName"); shown != nil && !c.wire.ReadWhenDoubtful {
		return &NotAppliedError{"the group has another name"}
	}
	g, err := c.readGroup(ctx, id)
	if err != nil {
		return verdict(err)
	}
	if g.DisplayName != name {
		return &NotAppliedError{"the group has another name"}
	}
	return nil
}

func (c *Client) writeName(ctx context.Context, r GroupRename) (object, error) {
	id, name := r.GroupID, r.Name
	if c.profile == AIW {
		o, err := c.putName(ctx, r, false)
		part, ok := errors.AsType[*IncompleteListError](err)
		if !ok {
			return o, err
		}
		o, patched := c.patchName(ctx, id, name)
		switch {
		case !noPatch(patched):
			return o, patched
		case part.mayBeWhole:
			return c.putName(ctx, r, true)
		}
		return nil, err
	}
	return c.patchName(ctx, id, name)
}

// putName writes name and members; trusting is as in listWrite.
func (c *Client) putName(ctx context.Context, r GroupRename, trusting bool) (object, error) {
	shown, err := c.readGroup(ctx, r.GroupID)
	if err != nil {
		return nil, err
	}
	if r.Linked {
		if err := c.showsMembers(ctx); err != nil {
			return nil, err
		}
	}
	err = c.requireComplete(ctx, shown, r.Managed, r.Managed, r.Linked)
	if part, ok := errors.AsType[*IncompleteListError](err); ok && !(trusting && part.mayBeWhole) {
		return nil, err
	}
	members := union(shown, MembersUpdate{Managed: r.Managed})
	return c.write(ctx, http.MethodPut, groupsPath, r.GroupID, c.groupPut(shown.raw, r.Name, asShown(shown, members)))
}

func (c *Client) patchName(ctx context.Context, id, name string) (object, error) {
	op := scim.Operation{Op: "replace", Path: "displayName", Value: quote(name)}
	if c.wire.PathlessRename {
		op.Path, op.Value = "", object{{"id", quote(id)}, {"displayName", quote(name)}}.text()
	}
	return c.patchGroup(ctx, id, op)
}

// patchGroup sends one PATCH. A group that turns out to be gone is
// scim.ErrNotFound, whatever the server said first.
func (c *Client) patchGroup(ctx context.Context, id string, operations ...scim.Operation) (object, error) {
	o, err := c.write(ctx, http.MethodPatch, groupsPath, id, scim.PatchOp(operations...))
	if err != nil {
		return nil, c.orGone(ctx, groupsPath, id, err)
	}
	return o, nil
}

// DeleteGroup deletes a group, one write; its members are untouched. A group
// that is gone already is scim.ErrNotFound.
func (c *Client) DeleteGroup(ctx context.Context, id string) error {
	_, err := c.write(ctx, http.MethodDelete, groupsPath, id, nil)
	if err != nil {
		return fmt.Errorf("walkme: delete group %s: %w", id, c.orGone(ctx, groupsPath, id, err))
	}
	return nil
}
