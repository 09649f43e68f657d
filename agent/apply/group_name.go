package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/internal/near"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

func (r *runner) renameGroup(ctx context.Context, c *job) error {
	r.renameOnce(ctx, c)
	c.Action, c.WalkMeID, c.journalled = c.renaming.did.Action, c.renaming.did.WalkMeID, c.renaming.did.journalled
	return c.renaming.err
}

// renameOnce carries a rename out, or waits until another change has done that. It
// works on a copy: the change itself belongs to the sequence of its group.
func (r *runner) renameOnce(ctx context.Context, c *job) {
	if !c.renaming.begun.CompareAndSwap(false, true) {
		<-c.renaming.ended
		return
	}
	defer close(c.renaming.ended)
	c.renaming.did.Tried()
	c.renaming.err = r.giveName(ctx, c.renaming.did)
}

// clearName has the rename done that frees the name which c gives. How that ended
// is reported in its own place; without it, the name is not to be had.
func (r *runner) clearName(ctx context.Context, c *job) error {
	if c.after == nil {
		return nil
	}
	if !c.after.Blocked() {
		r.renameOnce(ctx, c.after)
		if c.after.renaming.err == nil {
			return nil
		}
	}
	rec, _ := r.recorded(scim.Group, c.after.OktaID)
	return nameTaken(rec.ID, rec.Name, rec.SourceID)
}

// wasPushed says whether the group was in WalkMe before and is gone: a link to it may be
// made anew.
func (r *runner) wasPushed(c *job) bool {
	rec, ok := r.recorded(scim.Group, c.OktaID)
	return ok && rec.Origin != "" && rec.ID == ""
}

// groupsCompared bounds how many names are compared with one that WalkMe does not have.
const groupsCompared = 5000

// NothingToLink says that there is no group to link, with the nearest names. Nothing is
// created for a link: its name is most likely mistyped.
func NothingToLink(ctx context.Context, client *walkme.Client, name string) string {
	var names []string
	for g, err := range client.Groups(ctx) {
		if err != nil || len(names) == groupsCompared {
			break // the names found so far are a help, no evidence
		}
		names = append(names, g.DisplayName)
	}
	slices.Sort(names)
	text := fmt.Sprintf("WalkMe has no group %q, and none is created for a link", name)
	if question := near.Question(name, names); question != "" {
		text += "; " + question
	}
	return text
}

func nameTaken(walkmeID, name, oktaID string) error {
	return &declined{fmt.Sprintf("the WalkMe group %s has the name %q, and is managed for Okta group %s", walkmeID, name, oktaID)}
}

func (r *runner) giveName(ctx context.Context, c *job) error {
	if err := r.clearName(ctx, c); err != nil {
		return err
	}
	if err := r.nameIsFree(ctx, c); err != nil {
		return err
	}
	err := r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		rec, _ := r.recorded(scim.Group, c.OktaID)
		_, managed := r.provisioned(rec.Members)
		err := r.a.WalkMe.RenameGroup(ctx, walkme.GroupRename{
			GroupID: c.WalkMeID, Name: c.Name, Managed: managed, Linked: rec.Origin == state.Linked,
		})
		if err != nil {
			return written{}, r.renameConflict(ctx, c, err)
		}
		rec.Name, rec.UpdatedAt = c.Name, r.a.Now()
		rec.Attributes = scim.Attributes{{Path: scim.PathDisplayName, Value: c.Name}}
		r.recovered(&rec, c)
		r.mu.Lock()
		r.renamed[c.OktaID] = true
		r.mu.Unlock()
		return written{record: &rec}, nil
	})
	if errors.Is(err, scim.ErrNotFound) {
		return r.missingGroup(ctx, c, err)
	}
	return err
}

// nameIsFree looks a new name up before it is given, where the configuration says so.
// Okta's engine does not; but servers are known that let two groups have one name, and
// one that answers 500 and has broken its index.
func (r *runner) nameIsFree(ctx context.Context, c *job) error {
	if !r.a.WalkMe.FindsBeforeRename() {
		return nil
	}
	found, err := r.a.WalkMe.FindGroup(ctx, c.Name)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("look-up of the new name: %w", err)
	case found.ID == c.WalkMeID:
		return nil
	}
	if other, ok := r.recorded(scim.Group, r.ownerID(scim.Group, found.ID)); ok && other.Active {
		return nameTaken(found.ID, found.DisplayName, other.SourceID)
	}
	return &declined{fmt.Sprintf("the WalkMe group %s, which is not managed here, has the name %q already", found.ID, found.DisplayName)}
}
