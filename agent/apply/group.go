package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// createGroup is Okta's conversation for a new push: look the name up, then
// create with all members and write them once more, or link.
func (r *runner) createGroup(ctx context.Context, c *job) error {
	if err := r.clearName(ctx, c); err != nil {
		return err
	}
	found, err := FindGroup(ctx, r.a.WalkMe, c.Name, c.Kept)
	switch {
	case err == nil:
		return r.linkGroup(ctx, c, found)
	case !errors.Is(err, scim.ErrNotFound):
		return fmt.Errorf("look-up of the group name: %w", err)
	case c.Target.Linked && !r.wasPushed(c):
		return &declined{"link: " + NothingToLink(ctx, r.a.WalkMe, c.Name)}
	}
	c.Action, c.WalkMeID = plan.GroupCreate, ""
	c.Members.Add = r.active(c.Members.Add)
	ids, members := r.provisioned(c.Members.Add)
	if len(members) > 0 && r.createFaulted(c) {
		return r.createEmpty(ctx, c)
	}
	second := false
	err = r.write(ctx, c, &plan.MemberChange{Add: ids}, func(ctx context.Context) (written, error) {
		g, err := r.a.WalkMe.CreateGroup(ctx, c.Name, members)
		if err != nil {
			return written{}, err
		}
		second = r.a.WalkMe.SecondWriteNeeded(g, members)
		r.seeMembers(c, &walkme.MembersResult{Seen: len(g.Members) > 0, Unseen: len(members) > 0 && len(g.Members) == 0})
		rec := r.groupRecord(c, g.ID, c.Name, state.Created)
		rec.Members, rec.Partial = ids, second
		return written{record: &rec}, nil
	})
	switch {
	case refusesMembers(err) && len(members) > 0:
		return r.createEmpty(ctx, c)
	case errors.Is(err, scim.ErrConflict):
		return r.groupConflict(ctx, c, err)
	}
	if err != nil || !second {
		return err
	}
	return r.pushMembers(ctx, c, plan.MemberChange{Add: ids}, false)
}

// FindGroup looks for the group that a new push takes: by its name or, when it was
// pushed before, by the id that it had, if it has its old name still.
func FindGroup(ctx context.Context, client *walkme.Client, name string, kept *state.Record) (*walkme.Group, error) {
	found, err := client.FindGroup(ctx, name)
	if !errors.Is(err, scim.ErrNotFound) || kept == nil || kept.Origin != state.Created {
		return found, err
	}
	before, err := client.Group(ctx, kept.ID)
	if err == nil && before.DisplayName != kept.Name {
		return nil, scim.ErrNotFound
	}
	return before, err
}

// refusesMembers says whether a create may have been refused for one of the
// members: some servers answer 400 or 404 when they do not know one.
func refusesMembers(err error) bool {
	var answer *scim.Error
	return errors.As(err, &answer) && (answer.Status == http.StatusBadRequest || answer.Status == http.StatusNotFound)
}

// createFaulted says whether the last attempt to create the group was answered
// 500, which is one server's word for a member that it does not know. What became
// of that attempt has been settled by now, and the name looked up once more.
func (r *runner) createFaulted(c *job) bool {
	rec, ok := r.recorded(scim.Group, c.OktaID)
	return ok && rec.LastStatus == http.StatusInternalServerError && (rec.ID == "" || rec.FailedChange == c.Digest())
}

// createEmpty creates the group without members and adds them afterwards, where
// the one that WalkMe does not know can be told from the others.
func (r *runner) createEmpty(ctx context.Context, c *job) error {
	err := r.write(ctx, c, &plan.MemberChange{}, func(ctx context.Context) (written, error) {
		g, err := r.a.WalkMe.CreateGroup(ctx, c.Name, nil)
		if err != nil {
			return written{}, err
		}
		rec := r.groupRecord(c, g.ID, c.Name, state.Created)
		return written{record: &rec}, nil
	})
	if errors.Is(err, scim.ErrConflict) {
		return r.groupConflict(ctx, c, err)
	}
	if err != nil {
		return err
	}
	return r.pushMembers(ctx, c, c.Members, false)
}

// linkGroup takes over a group that was in WalkMe before. Its members stay, and
// only those that the agent adds are ever removed again. One that was pushed before
// is what it was.
func (r *runner) linkGroup(ctx context.Context, c *job, found *walkme.Group) error {
	if err := r.claim(scim.Group, found.ID, c.OktaID, ""); err != nil {
		return err
	}
	c.Action, c.WalkMeID = plan.GroupLink, found.ID
	c.Members.Add = r.active(c.Members.Add)
	err := r.write(ctx, c, &plan.MemberChange{}, func(context.Context) (written, error) {
		rec := r.groupRecord(c, found.ID, found.DisplayName, state.Linked)
		if before, ok := r.recorded(scim.Group, c.OktaID); ok && before.ID == found.ID {
			rec.Origin, rec.Members, rec.Doubtful, rec.Partial = before.Origin, before.Members, before.Doubtful, len(c.Members.Add) > 0
		}
		return written{record: &rec}, nil
	})
	if err != nil || len(c.Members.Add) == 0 {
		return err
	}
	return r.pushMembers(ctx, c, c.Members, r.a.Policy.Groups.RenameLinked && !c.Target.Linked)
}

func (r *runner) groupRecord(c *job, id, name string, origin state.Origin) state.Record {
	return state.Record{
		Resource: scim.Resource{
			Type: scim.Group, SourceID: c.OktaID, ID: id, Active: true,
			Attributes: scim.Attributes{{Path: scim.PathDisplayName, Value: name}},
		},
		Name: name, Origin: origin, SourceDigest: c.Target.SourceDigest, UpdatedAt: r.a.Now(),
	}
}

// missingGroup tells a group that was deleted in WalkMe from one that is merely
// not answered for, and creates it anew where the policy says so.
func (r *runner) missingGroup(ctx context.Context, c *job, cause error) error {
	rec, _ := r.recorded(scim.Group, c.OktaID)
	other, err := r.a.WalkMe.FindGroup(ctx, rec.Name)
	switch {
	case err == nil && other.ID == rec.ID:
		return fmt.Errorf("WalkMe lists the group but does not let it be changed: %w", cause)
	case err == nil:
		return &declined{fmt.Sprintf(plan.GroupReplaced, other.ID)}
	case !r.a.noHit(ctx, scim.Group, err):
		return fmt.Errorf("the group is not found, nor is its name: %w", err)
	case !r.a.Policy.Groups.RecreateMissing:
		return &declined{plan.GroupDeleted}
	case !r.a.isSameTenant(ctx):
		return cause
	}
	// From here on there is no group: also for the next run, if the answer to the
	// create is lost.
	gone := rec
	gone.ID = ""
	r.remember(gone)
	if err := r.a.State.PutRecords(ctx, gone); err != nil {
		return &stateError{fmt.Errorf("group that is gone: %w", err)}
	}
	again := c.copy()
	again.Members = plan.MemberChange{Add: plan.ApplyMembers(rec.Members, c.Members)}
	err = r.createGroup(ctx, again)
	c.Action, c.WalkMeID, c.journalled, c.NotShown = again.Action, again.WalkMeID, true, again.NotShown
	return err
}

func (r *runner) deleteGroup(ctx context.Context, c *job) error {
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		rec, _ := r.recorded(scim.Group, c.OktaID)
		err := r.a.WalkMe.DeleteGroup(ctx, c.WalkMeID)
		if errors.Is(err, scim.ErrNotFound) && missed(rec, c) && r.a.groupGone(ctx, c.WalkMeID, c.Name) {
			err = nil
		}
		return written{forget: err == nil}, err
	})
}

// unlinkGroup remembers who was pushed: should the group come back, they must be
// told from its own members.
func (r *runner) unlinkGroup(ctx context.Context, c *job) error {
	return r.write(ctx, c, nil, func(context.Context) (written, error) {
		rec, _ := r.recorded(scim.Group, c.OktaID)
		rec.Active = false
		rec.ClearFailure()
		return written{record: &rec}, nil
	})
}

// passGroup records that a group has the WalkMe group of one that was deleted in Okta.
// Nothing is sent for it, and nothing about the group changes but its owner.
func (r *runner) passGroup(ctx context.Context, c *job) error {
	if err := r.claim(scim.Group, c.WalkMeID, c.OktaID, c.From); err != nil {
		return err
	}
	return r.write(ctx, c, nil, func(context.Context) (written, error) {
		rec, ok := r.recorded(scim.Group, c.From)
		if !ok || rec.ID != c.WalkMeID {
			return written{}, &declined{"the WalkMe group is not the one on record any more"}
		}
		rec.SourceID, rec.SourceDigest = c.OktaID, c.Target.SourceDigest
		rec.ClearFailure()
		return written{record: &rec}, nil
	})
}
