package agent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// createGroup is Okta's conversation for a new push: look the name up, then
// create with all members and write them once more, or link.
func (r *runner) createGroup(ctx context.Context, c *Change) error {
	found, err := r.a.WalkMe.FindGroup(ctx, c.Name)
	switch {
	case err == nil:
		return r.linkGroup(ctx, c, found)
	case !errors.Is(err, scim.ErrNotFound):
		return fmt.Errorf("look-up of the group name: %w", err)
	}
	c.Action, c.WalkMeID = GroupCreate, ""
	c.Members.Add = r.active(c.Members.Add)
	ids, members := r.provisioned(c.Members.Add)
	second := false
	err = r.write(ctx, c, &MemberChange{Add: ids}, func(ctx context.Context) (written, error) {
		g, err := r.a.WalkMe.CreateGroup(ctx, c.Name, members)
		if err != nil {
			return written{}, err
		}
		second = r.a.WalkMe.SecondWriteNeeded(g, members)
		rec := r.groupRecord(c, g.ID, c.Name, state.Created)
		rec.Members, rec.Partial = ids, second
		return written{record: &rec}, nil
	})
	if refusesMembers(err) && len(members) > 0 {
		return r.createEmpty(ctx, c)
	}
	if err != nil || !second {
		return err
	}
	return r.pushMembers(ctx, c, MemberChange{Add: ids}, false)
}

// refusesMembers says whether a create may have been refused for one of the
// members: some servers answer 400 or 404 when they do not know one.
func refusesMembers(err error) bool {
	var answer *scim.Error
	return errors.As(err, &answer) && (answer.Status == http.StatusBadRequest || answer.Status == http.StatusNotFound)
}

// createEmpty creates the group without members and adds them afterwards, where
// the one that WalkMe does not know can be told from the others.
func (r *runner) createEmpty(ctx context.Context, c *Change) error {
	err := r.write(ctx, c, &MemberChange{}, func(ctx context.Context) (written, error) {
		g, err := r.a.WalkMe.CreateGroup(ctx, c.Name, nil)
		if err != nil {
			return written{}, err
		}
		rec := r.groupRecord(c, g.ID, c.Name, state.Created)
		return written{record: &rec}, nil
	})
	if err != nil {
		return err
	}
	return r.pushMembers(ctx, c, c.Members, false)
}

// linkGroup takes over a group that was in WalkMe before. Its members stay, and
// only those that the agent adds are ever removed again.
func (r *runner) linkGroup(ctx context.Context, c *Change, found *walkme.Group) error {
	if other, ok := r.owner(scim.Group, found.ID, c.OktaID); ok {
		return &refusal{fmt.Sprintf("the WalkMe group %s of this name is managed for Okta group %s", found.ID, other.SourceID)}
	}
	c.Action, c.WalkMeID = GroupLink, found.ID
	c.Members.Add = r.active(c.Members.Add)
	err := r.write(ctx, c, &MemberChange{}, func(context.Context) (written, error) {
		rec := r.groupRecord(c, found.ID, found.DisplayName, state.Linked)
		return written{record: &rec}, nil
	})
	if err != nil || len(c.Members.Add) == 0 {
		return err
	}
	return r.pushMembers(ctx, c, c.Members, r.a.Config.Policy.Groups.RenameLinked && !c.target.Linked)
}

func (r *runner) groupRecord(c *Change, id, name string, origin state.Origin) state.Record {
	return state.Record{
		Resource: scim.Resource{
			Type: scim.Group, SourceID: c.OktaID, ID: id, Active: true,
			Attributes: scim.Attributes{{Path: scim.PathDisplayName, Value: name}},
		},
		Name: name, Origin: origin, SourceDigest: c.target.SourceDigest, UpdatedAt: r.a.now(),
	}
}

func (r *runner) renameGroup(ctx context.Context, c *Change) error {
	err := r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		if err := r.a.WalkMe.RenameGroup(ctx, c.WalkMeID, c.Name); err != nil {
			return written{}, err
		}
		rec, _ := r.record(scim.Group, c.OktaID)
		rec.Name, rec.UpdatedAt = c.Name, r.a.now()
		rec.Attributes = scim.Attributes{{Path: scim.PathDisplayName, Value: c.Name}}
		healthy(&rec)
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

// errNobodyYet says that nothing was sent, because the accounts of all who were to
// join failed a moment ago. A later run adds them.
var errNobodyYet = errors.New("none of the new members has an active account yet")

func (r *runner) updateMembers(ctx context.Context, c *Change) error {
	rec, ok := r.record(scim.Group, c.OktaID)
	if !ok || rec.ID == "" {
		return &refusal{"the group is not in WalkMe"} // its rename found it gone
	}
	c.WalkMeID = rec.ID
	due := len(c.Members.Add) > 0 && len(c.Members.Remove) == 0 && !c.whole
	c.Members.Add = r.active(c.Members.Add)
	if due && len(c.Members.Add) == 0 {
		return errNobodyYet
	}
	var err error
	if c.Cause == CauseForced {
		err = r.pushNow(ctx, c, rec)
	} else {
		change := c.Members
		if c.whole {
			change.Add = scim.SortedSet(slices.Concat(change.Add, r.again(c, rec)))
		}
		err = r.pushMembers(ctx, c, change, r.sendsName(c, rec))
	}
	if errors.Is(err, scim.ErrNotFound) {
		return r.missingGroup(ctx, c, err)
	}
	return err
}

// again returns who is recorded as a member and has to be sent once more, because
// it is not certain that WalkMe has them: whoever is in the Okta group, and active.
func (r *runner) again(c *Change, rec state.Record) []string {
	return slices.DeleteFunc(r.active(rec.Members), func(id string) bool { return !contains(c.target.Members, id) })
}

// sendsName says whether the group's name may ride along with a membership
// change. A name that was sent a moment ago need not.
func (r *runner) sendsName(c *Change, rec state.Record) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return (rec.Origin == state.Created || r.a.Config.Policy.Groups.RenameLinked) && !r.renamed[c.OktaID]
}

// pushNow overwrites the membership with exactly ours, as Okta's button does.
func (r *runner) pushNow(ctx context.Context, c *Change, rec state.Record) error {
	ids, members := r.provisioned(applyMembers(rec.Members, c.Members))
	var refused MemberChange
	var reasons []string
	err := r.write(ctx, c, &c.Members, func(ctx context.Context) (written, error) {
		result, err := r.a.WalkMe.ReplaceMembers(ctx, rec.ID, rec.Name, members)
		if err != nil {
			return written{}, err
		}
		rec.Members, rec.Partial, rec.UpdatedAt = ids, false, r.a.now()
		healthy(&rec)
		reasons = r.refusals(&rec, result, &refused)
		return written{record: &rec}, nil
	})
	if err != nil || len(reasons) == 0 {
		return err
	}
	return r.noteRefused(ctx, c, refused, reasons)
}

// pushMembers sends a membership change in batches. Each batch is journalled and
// recorded by itself, so that a crash between two of them neither repeats nor
// forgets one.
func (r *runner) pushMembers(ctx context.Context, c *Change, change MemberChange, rename bool) error {
	part := *c
	part.Action = GroupMembers
	batches := batchMembers(change, r.a.WalkMe.MaxBatch())
	if len(batches) == 0 {
		batches = []MemberChange{{}}
	}
	var refused MemberChange
	var reasons []string
	for i, batch := range batches {
		err := r.write(ctx, &part, &batch, func(ctx context.Context) (written, error) {
			rec, result, err := r.sendBatch(ctx, &part, batch, rename && i == 0)
			if err != nil {
				return written{}, err
			}
			rec.Partial = i < len(batches)-1
			reasons = append(reasons, r.refusals(&rec, result, &refused)...)
			return written{record: &rec}, nil
		})
		c.journalled = true
		if err != nil {
			return err
		}
	}
	if len(reasons) == 0 {
		return nil
	}
	return r.noteRefused(ctx, c, refused, reasons)
}

func (r *runner) sendBatch(ctx context.Context, c *Change, batch MemberChange, rename bool) (state.Record, *walkme.MembersResult, error) {
	rec, _ := r.record(scim.Group, c.OktaID)
	addIDs, add := r.provisioned(batch.Add)
	_, remove := r.provisioned(batch.Remove)
	after := applyMembers(rec.Members, MemberChange{Add: addIDs, Remove: batch.Remove})
	_, managed := r.provisioned(after)
	due := len(add)+len(remove) > 0
	if len(batch.Add)+len(batch.Remove) == 0 { // the second write of an empty group
		due = r.a.WalkMe.SecondWriteNeeded(&walkme.Group{}, nil)
	}
	result := &walkme.MembersResult{}
	if due {
		var err error
		result, err = r.a.WalkMe.UpdateMembers(ctx, walkme.MembersUpdate{
			GroupID: rec.ID, Name: c.Name, Rename: rename, Add: add, Remove: remove, Managed: managed,
		})
		if err != nil {
			return rec, nil, err
		}
	}
	rec.Members, rec.UpdatedAt, rec.SourceDigest = after, r.a.now(), c.target.SourceDigest
	healthy(&rec)
	return rec, result, nil
}

// refusals takes what WalkMe refused out of the record again.
func (r *runner) refusals(rec *state.Record, result *walkme.MembersResult, refused *MemberChange) []string {
	var reasons []string
	for _, m := range result.Rejected {
		oktaID := r.ownerID(scim.User, m.Member.ID)
		if oktaID == "" { // a stranger whom a full push did not get out
			reasons = append(reasons, fmt.Sprintf("member %s, who is not ours: %v", m.Member.ID, m.Err))
			continue
		}
		if m.Remove {
			refused.Remove = append(refused.Remove, oktaID)
			rec.Members = applyMembers(rec.Members, MemberChange{Add: []string{oktaID}})
		} else {
			refused.Add = append(refused.Add, oktaID)
			rec.Members = applyMembers(rec.Members, MemberChange{Remove: []string{oktaID}})
		}
		reasons = append(reasons, fmt.Sprintf("member %s: %v", oktaID, m.Err))
	}
	return reasons
}

// noteRefused records the members that WalkMe refused as a failure of just that
// change: the group's other changes are not kept waiting by it.
func (r *runner) noteRefused(ctx context.Context, c *Change, refused MemberChange, reasons []string) error {
	slices.Sort(reasons)
	err := &refusal{strings.Join(reasons, "; ")}
	rest := &Change{Type: scim.Group, Action: GroupMembers, OktaID: c.OktaID, Name: c.Name,
		Members: MemberChange{Add: scim.SortedSet(refused.Add), Remove: scim.SortedSet(refused.Remove)}}
	rec := r.failure(rest, err)
	r.remember(rec)
	if perr := r.a.State.PutRecords(ctx, rec); perr != nil {
		return &stateError{fmt.Errorf("refused members: %w", perr)}
	}
	return err
}

// missingGroup tells a group that was deleted in WalkMe from one that is merely
// not answered for, and creates it anew where the policy says so.
func (r *runner) missingGroup(ctx context.Context, c *Change, cause error) error {
	rec, _ := r.record(scim.Group, c.OktaID)
	other, err := r.a.WalkMe.FindGroup(ctx, rec.Name)
	switch {
	case err == nil && other.ID == rec.ID:
		return fmt.Errorf("WalkMe lists the group but does not let it be changed: %w", cause)
	case err == nil:
		return &refusal{fmt.Sprintf("the group was deleted in WalkMe, and another one, %s, has its name now", other.ID)}
	case !errors.Is(err, scim.ErrNotFound):
		return fmt.Errorf("the group is not found, nor is its name: %w", err)
	case !r.a.Config.Policy.Groups.RecreateMissing:
		return &refusal{"the group was deleted in WalkMe; with push_groups.on_missing: recreate it would be made anew"}
	}
	again := *c
	again.Members = MemberChange{Add: applyMembers(rec.Members, c.Members)}
	err = r.createGroup(ctx, &again)
	c.Action, c.WalkMeID, c.journalled = again.Action, again.WalkMeID, true
	return err
}

func (r *runner) deleteGroup(ctx context.Context, c *Change) error {
	return r.write(ctx, c, nil, func(ctx context.Context) (written, error) {
		err := r.a.WalkMe.DeleteGroup(ctx, c.WalkMeID)
		if err != nil && !errors.Is(err, scim.ErrNotFound) {
			return written{}, err
		}
		return written{forget: true}, nil
	})
}

func (r *runner) unlinkGroup(ctx context.Context, c *Change) error {
	return r.write(ctx, c, nil, func(context.Context) (written, error) { return written{forget: true}, nil })
}

// applyMembers returns a new sorted set.
func applyMembers(members []string, change MemberChange) []string {
	out := scim.SortedSet(slices.Concat(members, change.Add))
	return slices.DeleteFunc(out, func(id string) bool { return slices.Contains(change.Remove, id) })
}

// batchMembers cuts a change into batches of at most size entries, removals
// first: access is taken away before it is given.
func batchMembers(change MemberChange, size int) []MemberChange {
	var out []MemberChange
	remove, add := change.Remove, change.Add
	for len(remove)+len(add) > 0 {
		n := min(size, len(remove))
		m := min(size-n, len(add))
		out = append(out, MemberChange{Remove: remove[:n], Add: add[:m]})
		remove, add = remove[n:], add[m:]
	}
	return out
}

// healthy clears the failures of a record.
func healthy(rec *state.Record) {
	rec.Attempts, rec.NextTry, rec.LastError, rec.LastStatus, rec.FailedChange = 0, time.Time{}, "", 0, ""
}
