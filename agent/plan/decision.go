package plan

import (
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// decisions are what people have decided, by the object that it is about.
type decisions map[string]*state.Decision

func decisionKey(kind, item string) string { return kind + " " + item }

// byItem sorts decisions in force, which are in the order in which they were made, by
// their items.
func byItem(inForce []state.Decision) decisions {
	out := decisions{}
	for i := range inForce {
		for _, item := range inForce[i].Hold.Items {
			out[decisionKey(inForce[i].Hold.Kind, item.Key)] = &inForce[i]
		}
	}
	return out
}

// PersonOf is the Okta id of the person whom an item of a hold, or decision, of a kind
// is about; of a group that is to be deleted, the group's.
func PersonOf(kind, item string) string {
	switch kind {
	case HoldMemberRemovals:
		_, person, _ := strings.Cut(item, "/")
		return person
	case HoldEmptiedValues:
		person, _, _ := strings.Cut(item, "/")
		return person
	}
	return item
}

// on applies what was decided about a change as a whole, and says whether anything was.
func (d decisions) on(c *Change, kind, item string) bool {
	decision := d[decisionKey(kind, item)]
	if decision == nil {
		return false
	}
	c.Decide(decision)
	return true
}

// Decide lets an approved change pass the limits, and keeps a rejected one back.
func (c *Change) Decide(d *state.Decision) {
	at := d.At
	if d.Verdict == state.Approved {
		c.Decision, c.ApprovedBy, c.ApprovedAt, c.ApprovalReason = d.ID, d.By, &at, d.Reason
		return
	}
	detail := "rejected by " + d.By
	if d.Reason != "" {
		detail += ": " + d.Reason
	}
	c.BlockBy(Block{Kind: BlockRejected, Detail: detail, Hold: d.Hold.ID, By: d.By, At: &at, Reason: d.Reason})
}

// undecide takes back what was decided about the change of which this is a part.
func (c *Change) undecide() {
	c.Unblock()
	c.Decision, c.ApprovedBy, c.ApprovedAt, c.ApprovalReason = 0, "", nil, ""
}

// Approved says whether a person has let the change pass a limit.
func (c *Change) Approved() bool { return c.ApprovedBy != "" }

// onMembers applies what was decided about the removals of a membership change. Those
// that were rejected become a change of their own, which is kept back.
func (d decisions) onMembers(p *Plan, c *Change) {
	var rejected []string
	var approved, no *state.Decision
	for _, id := range c.Members.Remove {
		decision := d[decisionKey(HoldMemberRemovals, c.OktaID+"/"+id)]
		switch {
		case decision == nil:
		case decision.Verdict == state.Rejected:
			rejected, no = append(rejected, id), decision
		default:
			approved = decision
		}
	}
	if no != nil {
		if c.Replaces { // the list goes out as a whole, or not at all
			rejected = c.Members.Remove
		}
		kept := splitRemovals(p, c, rejected)
		kept.Decide(no)
		if kept == c {
			return
		}
	}
	if approved != nil && len(c.Members.Remove) > 0 {
		c.Decide(approved)
	}
}

// undecided returns the removals of a membership change that no person has approved.
func (d decisions) undecided(c *Change) []string {
	if !c.Approved() {
		return c.Members.Remove
	}
	return slices.DeleteFunc(slices.Clone(c.Members.Remove), func(id string) bool {
		return d[decisionKey(HoldMemberRemovals, c.OktaID+"/"+id)] != nil
	})
}

// HeldItems lists what changes of the plan would do, for a person: those of one kind of
// hold.
func (p *Plan) HeldItems(kind string, changes []*Change) []state.HeldItem {
	var out []state.HeldItem
	for _, c := range changes {
		item := state.HeldItem{Key: c.OktaID, Type: c.Type, Action: string(c.Action), OktaID: c.OktaID, Name: c.Name}
		switch kind {
		case HoldMemberRemovals:
			for _, id := range c.Members.Remove {
				item.Key, item.MemberID, item.Member = c.OktaID+"/"+id, id, p.People[id]
				out = append(out, item)
			}
		case HoldEmptiedValues:
			for _, path := range c.Emptied() {
				item.Key, item.Attribute = itemOfValue(c, path), path
				out = append(out, item)
			}
		default:
			out = append(out, item)
		}
	}
	slices.SortFunc(out, func(a, b state.HeldItem) int { return compareItems(&a, &b) })
	return out
}

func compareItems(a, b *state.HeldItem) int {
	return scim.Compare(
		scim.Resource{Type: a.Type, SourceID: fmt.Sprintf("%s\x00%s\x00%s", a.Name, a.Member, a.Key)},
		scim.Resource{Type: b.Type, SourceID: fmt.Sprintf("%s\x00%s\x00%s", b.Name, b.Member, b.Key)})
}

// Ended sorts out what was decided, by what Okta and the records say now. The result
// is what is still to be respected, and the items about which a decision has lost its
// object, by the decision's id: it was carried out, or the person, membership, group or
// value has returned in Okta. What merely cannot be seen now is not ended. A decision
// about a resync ends with that; one about an expression with the expression, as a whole.
func Ended(all []state.Decision, in EndedInput) ([]state.Decision, map[int64][]string) {
	if len(all) == 0 {
		return nil, nil
	}
	now := present{in, map[string]*state.Record{}}
	for i := range in.Recorded {
		if r := &in.Recorded[i]; r.ID != "" && r.Active {
			now.managed[ObjectKey(r.Type, r.SourceID)] = r
		}
	}
	ended := map[int64][]string{}
	var inForce []state.Decision
	for _, d := range all {
		if d.Hold.Scope != "" && !in.Mapping.hasScope(d.Hold.Scope) {
			ended[d.ID] = nil // all of it
			continue
		}
		d.Hold.Items = slices.DeleteFunc(d.Hold.Items, func(item state.HeldItem) bool {
			over := !d.Hold.Forced && d.Hold.Scope == "" && !slices.Contains(in.Unseen, d.Hold.ID) && now.ended(d.Hold.Kind, item.Key)
			if over {
				ended[d.ID] = append(ended[d.ID], item.Key)
			}
			return over
		})
		inForce = append(inForce, d)
	}
	return inForce, ended
}

// EndedInput is what Ended compares decisions with.
type EndedInput struct {
	Recorded []state.Record
	Desired  Desired
	Groups   []GroupWant
	Mapping  Mapping
	Unseen   []string // holds of which only a refresh can say that they are over, by id
}

// present is what is so now.
type present struct {
	EndedInput
	managed map[string]*state.Record // what is active in WalkMe, by object key
}

func (n present) ended(kind, item string) bool {
	switch kind {
	case HoldDeactivations:
		return n.managed[ObjectKey(scim.User, item)] == nil || n.assigned(item)
	case HoldGroupDeletes:
		return n.managed[ObjectKey(scim.Group, item)] == nil || n.pushed(item) != nil
	case HoldMemberRemovals:
		group, person, _ := strings.Cut(item, "/")
		r := n.managed[ObjectKey(scim.Group, group)]
		if r == nil || !scim.Contains(r.Members, person) && !scim.Contains(r.Doubtful, person) {
			return true
		}
		g := n.pushed(group)
		return g != nil && scim.Contains(g.Members, person) && n.assigned(person)
	case HoldEmptiedValues:
		person, path, _ := strings.Cut(item, "/")
		r := n.managed[ObjectKey(scim.User, person)]
		if r == nil || scim.Equal(r.Attributes.Get(path), nil) {
			return true
		}
		want := n.Desired.Find(person)
		return want != nil && !scim.Equal(want.Attributes.Get(path), nil)
	}
	return false
}

// assigned says whether Okta shows the person's assignment.
func (n present) assigned(oktaID string) bool {
	person := n.Desired.Find(oktaID)
	return person != nil && person.Presence != Absent
}

// pushed returns a group that is pushed, nil for one that is left alone.
func (n present) pushed(oktaID string) *GroupWant {
	i := slices.IndexFunc(n.Groups, func(g GroupWant) bool { return g.OktaID == oktaID && g.Leave == "" })
	if i < 0 {
		return nil
	}
	return &n.Groups[i]
}
