package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// maxBlind is how many groups without members are read by themselves, to no avail,
// before the list of groups is taken at its word.
const maxBlind = 3

// groupSight is a record with what WalkMe shows of the group.
type groupSight struct {
	record *state.Record
	group  *walkme.Group
}

func (f refresher) groups(ctx context.Context, v *view) error {
	shown := map[string]*walkme.Group{}
	for g, err := range f.walkme.Groups(ctx) {
		if err != nil {
			return fmt.Errorf("list of WalkMe groups: %w", err)
		}
		shown[g.ID] = g
	}
	managed := 0
	var found []groupSight
	for i := range v.recorded {
		r := &v.recorded[i]
		if r.Type != scim.Group || r.ID == "" || plan.Unlinked(r) {
			continue
		}
		g, listed := shown[r.ID]
		if listed {
			managed++
		} else {
			var err error
			if g, err = f.walkme.Group(ctx, r.ID); errors.Is(err, scim.ErrNotFound) {
				noteGroupGone(f.policy, v, r, shown)
				continue
			} else if err != nil {
				return fmt.Errorf("group that the list does not hold: %w", err)
			}
		}
		r.Name = g.DisplayName
		found = append(found, groupSight{r, g})
	}
	v.unmanaged.Groups = len(shown) - managed
	if err := lookCloser(ctx, f.walkme, found); err != nil {
		return err
	}
	c, err := compare(ctx, f.state, v, found)
	if err != nil {
		return err
	}
	c.findCut(found, shown)
	f.walkme.SetCutAt(v.shown.CutAt)
	c.members(found)
	return nil
}

// lookCloser reads groups by themselves of which the list shows no member, although
// members were pushed: servers leave members out of lists.
func lookCloser(ctx context.Context, client *walkme.Client, found []groupSight) error {
	blind := 0
	for i, s := range found {
		if len(s.group.Members) > 0 || len(s.record.Members) == 0 || blind == maxBlind {
			continue
		}
		g, err := client.Group(ctx, s.record.ID)
		switch {
		case errors.Is(err, scim.ErrNotFound): // the list had it: the next refresh tells
		case err != nil:
			return fmt.Errorf("group without members in the list: %w", err)
		case len(g.Members) > 0:
			found[i].group, blind = g, 0
			continue
		}
		blind++
	}
	return nil
}

// comparison lays the members that WalkMe shows over the records.
type comparison struct {
	v        *view
	owners   map[string]string // Okta ids, by id
	accounts map[string]string // ids of active accounts, by Okta id
	names    map[string]string // userNames, by id
}

// compare knows the accounts of all people who are not in step, and of the others those of
// whom the groups speak.
func compare(ctx context.Context, db *state.DB, v *view, found []groupSight) (comparison, error) {
	c := comparison{v: v, owners: map[string]string{}, accounts: map[string]string{}, names: map[string]string{}}
	for i := range v.recorded {
		if r := &v.recorded[i]; r.Type == scim.User && r.ID != "" {
			userName, _ := r.Attributes.Get(scim.PathUserName).(string)
			c.owners[r.ID], c.names[r.ID] = r.SourceID, cmp.Or(userName, r.Name)
			if r.Active {
				c.accounts[r.SourceID] = r.ID
			}
		}
	}
	if v.inStep.Len() == 0 || len(found) == 0 {
		return c, nil
	}
	shown, pushed := map[string]bool{}, map[string]bool{}
	for _, s := range found {
		for _, m := range s.group.Members {
			shown[m.ID] = true
		}
		for _, oktaID := range s.record.Members {
			pushed[oktaID] = true
		}
	}
	return c, db.EachObject(ctx, scim.User, func(o state.Object) error {
		switch {
		case !shown[o.TargetID] && !pushed[o.SourceID] || !v.inStep.Has(o.SourceID):
			return nil
		case shown[o.TargetID]:
			c.owners[o.TargetID], c.names[o.TargetID] = o.SourceID, o.Name
		}
		c.accounts[o.SourceID] = o.TargetID
		return nil
	})
}

func (c comparison) members(found []groupSight) {
	for _, s := range found {
		c.v.shown.Members = c.v.shown.Members || slices.ContainsFunc(s.group.Members, func(m walkme.Member) bool {
			return scim.Contains(s.record.Members, c.owners[m.ID])
		})
	}
	for _, s := range found {
		c.overlay(s.record, s.group)
	}
}

// overlay takes over who is shown. Who was pushed and is not shown has been taken out,
// where the list proves it: this server has shown members whom the agent had pushed,
// and the list is not a part that may lack them.
func (c comparison) overlay(r *state.Record, g *walkme.Group) {
	var ours []string
	strangers := plan.Strangers{OktaID: r.SourceID, WalkMeID: r.ID, Name: r.Name}
	for _, m := range g.Members {
		oktaID := c.owners[m.ID]
		if oktaID != "" && (r.Origin == state.Created || scim.Contains(r.Members, oktaID) || scim.Contains(r.Doubtful, oktaID)) {
			ours = append(ours, oktaID)
			continue
		}
		strangers.Members = append(strangers.Members, plan.Stranger{WalkMeID: m.ID, Name: c.nameOf(m)})
	}
	c.note(strangers)
	ours = scim.SortedSet(ours)
	if cut := c.v.shown.CutAt; !c.v.shown.Members || !g.MembersShown || g.Incomplete(nil) || cut > 0 && len(g.Members) == cut {
		_, missing := scim.MemberDiff(r.Members, ours)
		if slices.ContainsFunc(missing, func(oktaID string) bool { return c.accounts[oktaID] != "" }) {
			c.v.unseen = append(c.v.unseen, r.SourceID)
		}
		ours = scim.SortedSet(slices.Concat(ours, missing))
	}
	r.Members, r.Doubtful = ours, plan.ApplyMembers(r.Doubtful, plan.MemberChange{Remove: ours})
}

func (c comparison) nameOf(m walkme.Member) string {
	if name, ok := c.v.sights.unmanaged[m.ID]; ok {
		return name
	}
	return cmp.Or(c.names[m.ID], m.Display)
}

func (c comparison) note(s plan.Strangers) {
	if len(s.Members) == 0 {
		return
	}
	slices.SortFunc(s.Members, func(a, b plan.Stranger) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.WalkMeID, b.WalkMeID))
	})
	c.v.strangers = append(c.v.strangers, s)
}
