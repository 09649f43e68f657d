package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
)

// nouns counts what a section of mixed kind holds.
func nouns(s section) string {
	if s.kind != kindRejected {
		return plural(s.size(), "change")
	}
	return peopleAndGroups(s.rejected)
}

func peopleAndGroups(rejected []plan.Rejection) string {
	groups := 0
	for _, r := range rejected {
		if r.Type == scim.Group {
			groups++
		}
	}
	people := len(rejected) - groups
	switch {
	case groups == 0:
		return plural(people, "person")
	case people == 0:
		return plural(groups, "group")
	}
	return plural(people, "person") + " and " + plural(groups, "group")
}

func (d *document) actionSection(a plan.Action, changes []*plan.Change) section {
	noun := "user"
	if slices.Index(actions(), a) >= slices.Index(actions(), plan.GroupCreate) {
		noun = "group"
	}
	verb := words(a).do
	if d.run != nil {
		verb = words(a).did
	}
	s := section{kind: string(a), note: joined("; ", d.actionNote(a, changes), approvals(changes, d.tally.actions[a])), changes: changes, more: d.seen.more[a]}
	s.title = verb + " " + plural(s.size(), noun)
	return s
}

// actionNote says what a kind of change means beyond its name.
func (d *document) actionNote(a plan.Action, changes []*plan.Change) string {
	switch a {
	case plan.Create:
		return d.invitations(changes)
	case plan.GroupMembers:
		add, remove := memberCounts(changes)
		note := number(add) + " in, " + number(remove) + " out"
		if n := resent(changes); n > 0 {
			note += ", " + number(n) + " pushed again"
		}
		return note
	}
	return ""
}

// approvals says who let changes pass a limit: "2 approved by ann: ticket 7". all is how
// many there are.
func approvals(changes []*plan.Change, all int) string {
	counts := map[string]int{}
	for _, c := range changes {
		if !c.Approved() {
			continue
		}
		who := "approved by " + c.ApprovedBy
		if c.ApprovalReason != "" {
			who += ": " + c.ApprovalReason
		}
		counts[who]++
	}
	var parts []string
	for _, who := range slices.Sorted(maps.Keys(counts)) {
		if counts[who] == all {
			return who
		}
		parts = append(parts, number(counts[who])+" "+who)
	}
	return strings.Join(parts, "; ")
}

// invitations counts the e-mails of WalkMe: one to each new user. A create that
// cannot succeed sends none.
func (d *document) invitations(created []*plan.Change) string {
	n := d.seen.more[plan.Create]
	for _, c := range created {
		if c.Error == "" {
			n++
		}
	}
	verb := "will send "
	if d.run != nil {
		verb = "sends "
	}
	return "WalkMe " + verb + plural(n, "invitation e-mail")
}

func resent(changes []*plan.Change) (n int) {
	for _, c := range changes {
		n += c.Resent
	}
	return n
}

func memberCounts(changes []*plan.Change) (add, remove int) {
	for _, c := range changes {
		add += len(c.Members.Add)
		remove += len(c.Members.Remove)
	}
	return add, remove
}

func holdOf(p *plan.Plan, id string) plan.Hold {
	i := slices.IndexFunc(p.Holds, func(h plan.Hold) bool { return h.ID == id })
	if i < 0 {
		return plan.Hold{ID: id}
	}
	return p.Holds[i]
}

// undoneSection is what a person has rejected: who, when and why stand beside it.
func undoneSection(changes []*plan.Change) section {
	b := changes[0].Block
	s := section{kind: kindUndone, title: "Left undone: " + plural(len(changes), "change"), note: "rejected by " + b.By, changes: changes}
	if b.At != nil {
		s.note += ", " + absolute(*b.At)
	}
	if b.Reason != "" {
		s.note += ": " + b.Reason
	}
	if b.Hold != "" {
		s.approve = programHolds + "approve " + b.Hold
	}
	return s
}

func heldSection(p *plan.Plan, id string, changes []*plan.Change) section {
	h := holdOf(p, id)
	s := section{kind: kindHeld, title: "Held: " + holdKind(h.Kind, cmp.Or(h.Count, len(changes))), note: h.Reason, changes: changes}
	if h.ID != "" {
		s.approve = approveCommand(p, h.ID)
	}
	return s
}
