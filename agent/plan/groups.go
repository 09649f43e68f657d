package plan

import (
	"fmt"
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// GroupPolicy switches what group push does at its edges.
type GroupPolicy struct {
	// DeleteUnlinked deletes a group that is no longer pushed, if the agent
	// created it. A group that it linked existed before and always stays.
	DeleteUnlinked bool

	// RemoveDeprovisioned takes people out of their groups when their account
	// is deactivated. Okta's engine leaves them in.
	RemoveDeprovisioned bool

	// RenameLinked gives a linked group the name of its Okta group.
	RenameLinked bool

	// RecreateMissing creates a group anew that was deleted in WalkMe.
	RecreateMissing bool
}

// planGroups compares pushed groups with recorded ones.
//
//	                │ pushed                          │ left alone ¹          │ no longer pushed
//	────────────────┼─────────────────────────────────┼───────────────────────┼──────────────────
//	never recorded  │ create ²                        │ –                     │ –
//	recorded        │ rename when the name differs,   │ unchanged             │ unlink, or delete
//	                │ members when they differ        │                       │ by policy ³
//	linked to       │ create ², the old one stays     │ unchanged             │ unlink
//	another name    │                                 │                       │
//	unlinked before │ create ², and the members who   │ –                     │ –
//	                │ left meanwhile                  │                       │
//	for a deleted   │ link, and what differs ⁴        │ –                     │ –
//	group           │                                 │                       │
//
//	¹ paused or unreadable in Okta, or two groups with one WalkMe name
//	² turns into link where the look-up finds a group of that name
//	³ only while every group source could be read
//	⁴ a group of the same name that Okta has deleted, see groupHandovers
func (p *planner) planGroups() error {
	seen := make(map[string]bool, len(p.in.Groups))
	for i := range p.in.Groups {
		want := &p.in.Groups[i]
		seen[want.OktaID] = true
		r := p.groups[want.OktaID]
		if from := p.groupsPass.byTo[want.OktaID].From; from != "" {
			if err := p.in.Lists.ReadPushed(p.groups[from]); err != nil { // it may come later, and have no change of its own
				return err
			}
		}
		if err := p.withLists(want, r, func() { p.planGroup(want, r) }); err != nil {
			return err
		}
	}
	for i := range p.in.Recorded {
		r := &p.in.Recorded[i]
		if r.Type != scim.Group || seen[r.SourceID] {
			continue
		}
		if err := p.withLists(nil, r, func() {
			if r.ID != "" && !Unlinked(r) {
				p.unlinkGroup(r)
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) planGroup(want *GroupWant, r *state.Record) {
	switch {
	case p.groupsPass.byFrom[want.OktaID].To != "": // planned with the new one
	case want.Leave != "":
		p.leaveGroup(want, r)
	case p.groupsPass.byTo[want.OktaID].From != "":
		p.passGroup(want, r)
	case r == nil || r.ID == "" || Unlinked(r):
		p.createGroup(want, r)
	case relinks(want, r):
		p.relinkGroup(want, r)
	default:
		p.updateGroup(want, r)
	}
}

// Unlinked says that a group is no longer pushed, and was left in WalkMe. Who was
// pushed into it is remembered in case it is pushed again.
func Unlinked(r *state.Record) bool { return r.Type == scim.Group && r.ID != "" && !r.Active }

func (p *planner) leaveGroup(want *GroupWant, r *state.Record) {
	if want.Problem {
		p.plan.Rejected = append(p.plan.Rejected, Rejection{
			Type: scim.Group, OktaID: want.OktaID, Name: want.Name, Path: "members", Error: want.Leave,
			source: want.Source,
		})
	}
	if r != nil && r.ID != "" && !Unlinked(r) {
		p.plan.Summary.Unchanged++
	}
}

func (p *planner) createGroup(want *GroupWant, r *state.Record) {
	c := p.groupChange(GroupCreate, want, r)
	c.Attributes = []scim.AttributeChange{{Path: scim.PathDisplayName, New: want.Name}}
	c.Members.Add = slices.Clone(p.eligible(want, r))
	why := "pushed by " + SourceWords(want.Sources)
	if r != nil && p.drifted(r) {
		why = "the group is gone, " + why
	}
	c.Reason = Reason{why}
	c.SeeksLink = want.SeeksLink(r)
	p.add(c, r)
	if r != nil && Unlinked(r) {
		c.Kept = r
		p.removeMissed(want, r, c.Members.Add)
	}
}

// SeeksLink says whether a push of the group, whose record may be nil, looks for the WalkMe
// group that the configuration names: none is made for a link that was never there.
func (want *GroupWant) SeeksLink(r *state.Record) bool {
	if !want.Linked || want.Leave != "" {
		return false
	}
	return r == nil || r.ID == "" && r.Origin == "" || Unlinked(r) || relinks(want, r)
}

// relinks says whether a source links to another WalkMe group than the one that is
// pushed. What counts is the name under which that one was linked or made: it may have
// been renamed since.
func relinks(want *GroupWant, r *state.Record) bool {
	name, ok := r.Attributes.Get(scim.PathDisplayName).(string)
	return want.Linked && ok && !scim.SameName(name, want.Name)
}

func (p *planner) relinkGroup(want *GroupWant, r *state.Record) {
	c := p.groupChange(GroupCreate, want, nil)
	c.Attributes = []scim.AttributeChange{{Path: scim.PathDisplayName, New: want.Name}}
	c.Members.Add = slices.Clone(p.eligible(want, nil))
	c.SeeksLink = true
	c.Reason = Reason{fmt.Sprintf("the link now names %q; %q stays in WalkMe as it is", want.Name, r.Name)}
	p.add(c, r)
}

// removeMissed takes those out of a group that is pushed again who have left it
// meanwhile.
func (p *planner) removeMissed(want *GroupWant, r *state.Record, eligible []string) {
	members := p.afterHandovers(r.Members)
	remove := p.leaving(r, eligible)
	if remove = p.removable(remove, want); len(remove) == 0 {
		return
	}
	c := p.groupChange(GroupMembers, want, r)
	c.Reason = Reason{"left the group while it was not pushed"}
	c.Members.Remove = remove
	c.empties = len(eligible) == 0 && p.empties(members, remove)
	p.add(c, r)
}

func (p *planner) updateGroup(want *GroupWant, r *state.Record) {
	renames := want.Name != r.Name && p.mayRename(want, r)
	if renames {
		p.renameGroup(want, r)
	}
	if !p.updateMembers(want, r) && !renames {
		p.plan.Summary.Unchanged++
	}
}

func (p *planner) renameGroup(want *GroupWant, r *state.Record) {
	c := p.groupChange(GroupRename, want, r)
	c.Reason = Reason{"renamed in Okta"}
	change := scim.AttributeChange{Path: scim.PathDisplayName, Old: r.Name, New: want.Name}
	if pushed, ok := p.in.Pushed[ObjectKey(scim.Group, r.SourceID)]; ok && pushed.Name != r.Name {
		change.Old, change.Actual = pushed.Name, r.Name
		if pushed.Name == want.Name {
			c.Cause, c.Reason = CauseDrift, Reason{"renamed in WalkMe"}
		}
	}
	c.Attributes = []scim.AttributeChange{change}
	p.add(c, r)
}

func (p *planner) mayRename(want *GroupWant, r *state.Record) bool {
	if r.Origin == state.Linked || want.Linked {
		return p.in.Policy.Groups.RenameLinked && !want.Linked
	}
	return true
}

func (p *planner) unlinkGroup(r *state.Record) {
	c := &Change{
		Type: scim.Group, Action: GroupUnlink, OktaID: r.SourceID, WalkMeID: r.ID, Name: r.Name,
		Cause: CauseOkta, Reason: Reason{"no longer pushed; the WalkMe group stays"},
	}
	if doubt := p.in.Health.DoubtGroups; doubt != "" {
		c.BlockBy(Block{Kind: BlockUnconfirmed, Detail: doubt})
	}
	if p.in.Policy.Groups.DeleteUnlinked && r.Origin == state.Created {
		c.Action, c.Reason = GroupDelete, Reason{"no longer pushed"}
	}
	p.add(c, r)
}

func (p *planner) groupChange(a Action, want *GroupWant, r *state.Record) *Change {
	c := &Change{Type: scim.Group, Action: a, OktaID: want.OktaID, Name: want.Name, Cause: CauseOkta, Needs: Needs{Target: want}}
	if r != nil {
		c.WalkMeID = r.ID
		if a == GroupMembers && !p.mayRename(want, r) {
			c.Name = r.Name
		}
	}
	return c
}

// SourceWords names the sources of a group.
func SourceWords(sources []string) string {
	if len(sources) == 0 {
		return "the configuration"
	}
	sources = slices.Sorted(slices.Values(sources))
	if len(sources) == 1 {
		return sources[0]
	}
	return sources[0] + " and others"
}
