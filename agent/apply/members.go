package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// errNobodyYet says that nothing was sent, because the accounts of all who were to
// join failed a moment ago. A later run adds them.
var errNobodyYet = errors.New("none of the new members has an active account yet")

func (r *runner) updateMembers(ctx context.Context, c *job) error {
	rec, ok := r.recorded(scim.Group, c.OktaID)
	if !ok || rec.ID == "" {
		return &declined{"the group is not in WalkMe"} // its rename found it gone
	}
	c.WalkMeID = rec.ID
	due := len(c.Members.Add) > 0 && len(c.Members.Remove) == 0 && !c.Whole
	c.Members.Add = r.active(c.Members.Add)
	if due && len(c.Members.Add) == 0 {
		return errNobodyYet
	}
	if !c.Replaces { // the group may have been made anew a moment ago
		c.Members.Remove = slices.DeleteFunc(c.Members.Remove, func(id string) bool { return !mayHold(&rec, id) })
	}
	if !c.Replaces && !c.Whole && len(c.Members.Add)+len(c.Members.Remove) == 0 {
		return nil
	}
	var err error
	if c.Replaces {
		err = r.pushNow(ctx, c, rec)
	} else {
		change := c.Members
		if c.Whole {
			change.Add = scim.SortedSet(slices.Concat(change.Add, r.resend(c, rec)))
		}
		err = r.pushMembers(ctx, c, change, r.sendsName(c, rec))
	}
	if isGone(err) {
		return r.missingGroup(ctx, c, err)
	}
	return err
}

// isGone tells a group that WalkMe does not know from a member that it does not
// know.
func isGone(err error) bool {
	var members *walkme.AllRefusedError
	return errors.Is(err, scim.ErrNotFound) && !errors.As(err, &members)
}

// resend returns who is recorded as a member and has to be sent once more, because
// it is not certain that WalkMe has them: the people in the Okta group who are active.
func (r *runner) resend(c *job, rec state.Record) []string {
	return slices.DeleteFunc(r.active(rec.Members), func(id string) bool { return !scim.Contains(c.Target.Members, id) })
}

// sendsName says whether the group's name may ride along with a membership
// change. A name that was sent a moment ago need not; nor need the old one while the
// group waits for another, which it may have got by now.
func (r *runner) sendsName(c *job, rec state.Record) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return (rec.Origin == state.Created || r.a.Policy.Groups.RenameLinked) && !r.renamed[c.OktaID] && rec.Name == c.Name
}

// pushMembers sends a membership change in batches. Each batch is journalled and
// recorded by itself, so that a crash between two of them neither repeats nor
// forgets one. A batch of which nothing gets through does not stop the others.
func (r *runner) pushMembers(ctx context.Context, c *job, change plan.MemberChange, rename bool) error {
	part := c.copy()
	part.Action, part.Attributes = plan.GroupMembers, nil
	batches := batchMembers(change, r.a.WalkMe.MaxBatch())
	if len(batches) == 0 {
		batches = []plan.MemberChange{{}}
	}
	var refused plan.MemberChange
	var reasons []string
	for i, batch := range batches {
		if i > 0 || c.Action != plan.GroupMembers {
			part.Members = r.outstanding(c, batches[i:])
		}
		err := r.write(ctx, part, &batch, func(ctx context.Context) (written, error) {
			rec, result, err := r.sendBatch(ctx, part, batch, rename && i == 0)
			if err != nil {
				r.doubt(c.OktaID, batch.Add, err)
				return written{}, r.withOktaIDs(err)
			}
			r.seeMembers(c, result)
			rec.Partial = i < len(batches)-1
			reasons = append(reasons, r.takeBack(&rec, result.Refused, &refused)...)
			if !rec.Partial && len(reasons) == 0 {
				r.recovered(&rec, c)
			}
			return written{record: &rec}, nil
		})
		c.journalled = true
		var none *walkme.AllRefusedError
		if errors.As(err, &none) && len(batches) > 1 {
			rec, _ := r.recorded(scim.Group, c.OktaID)
			reasons = append(reasons, r.takeBack(&rec, none.Refused, &refused)...)
			continue
		}
		if err != nil {
			return err
		}
		c.partSent = true
	}
	if len(reasons) == 0 {
		return nil
	}
	return r.noteRefused(ctx, c, refused, reasons, len(change.Add)+len(change.Remove))
}

// outstanding is what the next plan would hold if these batches failed, by which
// it knows the failure again.
func (r *runner) outstanding(c *job, batches []plan.MemberChange) plan.MemberChange {
	rec, _ := r.recorded(scim.Group, c.OktaID)
	var left plan.MemberChange
	for _, b := range batches {
		left.Add = append(left.Add, b.Add...)
		left.Remove = append(left.Remove, b.Remove...)
	}
	left.Add = slices.DeleteFunc(left.Add, func(id string) bool { return scim.Contains(rec.Members, id) })
	left.Remove = slices.DeleteFunc(left.Remove, func(id string) bool { return !mayHold(&rec, id) })
	return left
}

func (r *runner) sendBatch(ctx context.Context, c *job, batch plan.MemberChange, rename bool) (state.Record, *walkme.MembersResult, error) {
	rec, _ := r.recorded(scim.Group, c.OktaID)
	addIDs, add := r.provisioned(batch.Add)
	_, remove := r.provisioned(batch.Remove)
	after := plan.ApplyMembers(rec.Members, plan.MemberChange{Add: addIDs, Remove: batch.Remove})
	// Who may be in the group stays in it where the whole list is written.
	_, managed := r.provisioned(plan.ApplyMembers(after, plan.MemberChange{Add: rec.Doubtful, Remove: batch.Remove}))
	certain := rec.Members
	if rec.Partial { // what is sent again was not acknowledged for certain
		certain = plan.ApplyMembers(rec.Members, plan.MemberChange{Remove: batch.Add})
	}
	_, acknowledged := r.provisioned(certain)
	_, doubtful := r.provisioned(rec.Doubtful)
	due := len(add)+len(remove) > 0
	if len(batch.Add)+len(batch.Remove) == 0 { // the second write of an empty group
		due = r.a.WalkMe.SecondWriteNeeded(&walkme.Group{}, nil)
	}
	result := &walkme.MembersResult{}
	if due {
		var err error
		result, err = r.a.WalkMe.UpdateMembers(ctx, walkme.MembersUpdate{
			// A rename that was refused must not ride along with a membership change.
			GroupID: rec.ID, Name: rec.Name, Rename: rename, Add: add, Remove: remove, Managed: managed,
			Acknowledged: acknowledged, Doubtful: doubtful, Linked: rec.Origin == state.Linked,
		})
		if err != nil {
			return rec, nil, err
		}
	}
	rec.Members, rec.UpdatedAt, rec.SourceDigest = after, r.a.Now(), c.Target.SourceDigest
	rec.Doubtful = plan.ApplyMembers(rec.Doubtful, plan.MemberChange{Remove: slices.Concat(addIDs, batch.Remove)})
	return rec, result, nil
}

// recovered clears the failure of a group of which a change has landed, unless
// what failed is another change of this plan: that goes on with its own pause.
func (r *runner) recovered(rec *state.Record, c *job) {
	if rec.Attempts > 0 && slices.ContainsFunc(r.jobs, func(other *job) bool {
		return other.Type == scim.Group && other.OktaID == c.OktaID && other.Seq != c.Seq && other.Digest() == rec.FailedChange
	}) {
		return
	}
	rec.ClearFailure()
}

// takeBack takes what WalkMe refused out of the record again.
func (r *runner) takeBack(rec *state.Record, members []walkme.RefusedMember, refused *plan.MemberChange) []string {
	var reasons []string
	for _, m := range members {
		reasons = append(reasons, r.refusedText(m))
		oktaID := r.ownerID(scim.User, m.Member.ID)
		switch {
		case oktaID == "": // a stranger whom a full push did not get out
		case m.Remove:
			refused.Remove = append(refused.Remove, oktaID)
			rec.Members = plan.ApplyMembers(rec.Members, plan.MemberChange{Add: []string{oktaID}})
		default:
			refused.Add = append(refused.Add, oktaID)
			if mayBeIn(m.Err) {
				rec.Doubtful = plan.ApplyMembers(rec.Doubtful, plan.MemberChange{Add: []string{oktaID}})
			}
			rec.Members = plan.ApplyMembers(rec.Members, plan.MemberChange{Remove: []string{oktaID}})
		}
	}
	return reasons
}

func (r *runner) refusedText(m walkme.RefusedMember) string {
	if oktaID := r.ownerID(scim.User, m.Member.ID); oktaID != "" {
		return fmt.Sprintf("member %s: %v", oktaID, m.Err)
	}
	return fmt.Sprintf("member %s, who is not ours: %v", m.Member.ID, m.Err)
}

// refusedMembers is a AllRefusedError in terms of Okta.
type refusedMembers struct {
	text string
	err  error
}

func (e *refusedMembers) Error() string { return e.text }
func (e *refusedMembers) Unwrap() error { return e.err }

func (r *runner) withOktaIDs(err error) error {
	var members *walkme.AllRefusedError
	if !errors.As(err, &members) {
		return err
	}
	texts := make([]string, len(members.Refused))
	for i, m := range members.Refused {
		texts[i] = r.refusedText(m)
	}
	slices.Sort(texts)
	return &refusedMembers{strings.Join(texts, "; "), err}
}

// noteRefused records the members that WalkMe refused as a failure of just that
// change: the group's other changes are not kept waiting by it.
func (r *runner) noteRefused(ctx context.Context, c *job, refused plan.MemberChange, reasons []string, all int) error {
	slices.Sort(reasons)
	err := &MembersRefusedError{strings.Join(reasons, "; "), max(0, all-len(reasons))}
	rest := &job{Change: &plan.Change{
		Type: scim.Group, Action: plan.GroupMembers, OktaID: c.OktaID, Name: c.Name,
		Members: plan.MemberChange{Add: scim.SortedSet(refused.Add), Remove: scim.SortedSet(refused.Remove)},
	}}
	rec := r.failure(rest, err)
	rec.Partial = false
	r.remember(rec)
	if perr := r.a.State.PutRecords(ctx, rec); perr != nil {
		return &stateError{fmt.Errorf("refused members: %w", perr)}
	}
	return err
}

// batchMembers cuts a change into batches of at most size entries, removals
// first: access is taken away before it is given.
func batchMembers(change plan.MemberChange, size int) []plan.MemberChange {
	var out []plan.MemberChange
	remove, add := change.Remove, change.Add
	for len(remove)+len(add) > 0 {
		n := min(size, len(remove))
		m := min(size-n, len(add))
		out = append(out, plan.MemberChange{Remove: remove[:n], Add: add[:m]})
		remove, add = remove[n:], add[m:]
	}
	return out
}
