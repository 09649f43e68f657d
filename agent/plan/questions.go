package plan

import (
	"cmp"
	"fmt"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// maxConfirmed is how many absences are confirmed in one run, so that a big set does
// not use up Okta's limits. A set that a person has approved is as big as it is.
const maxConfirmed = 200

// Questions are what a plan has to know from outside before the limits decide. The
// plan asks, the agent answers: no step of the plan reaches out.
type Questions struct {
	// Absences are the Okta ids of people who would lose their accounts only because
	// Okta's list does not hold them: are they really not assigned?
	Absences []string

	// Groups would be overwritten with our members: who else is in them?
	Groups []GroupQuestion
}

// GroupQuestion names a group whose members have to be known.
type GroupQuestion struct{ OktaID, WalkMeID string }

// Answers are what was found out about Questions.
type Answers struct {
	// Absences says by Okta id why an absence is not confirmed; "" confirms it. One
	// that was not answered is not confirmed.
	Absences map[string]string

	// Groups says by Okta id who is in a group. A group that WalkMe does not have has
	// no answer: the push deals with it.
	Groups map[string]GroupAnswer
}

// GroupAnswer is what WalkMe shows of a group.
type GroupAnswer struct {
	Members []Member
	Doubt   string // why WalkMe does not show them; "" when it does
}

// Member is an account that a WalkMe group shows.
type Member struct{ WalkMeID, Display string }

// Ask lists what has to be known before Hold. A person who stays anyway is not asked about:
// what is held is not confirmed.
func (l Limits) Ask(p *Plan, in HoldInput) Questions {
	var q Questions
	if in.Confirm {
		q.Absences = l.absences(p, in)
	}
	for _, c := range p.Changes {
		if c.Replaces && !c.Blocked() {
			q.Groups = append(q.Groups, GroupQuestion{c.OktaID, c.WalkMeID})
		}
	}
	return q
}

func (l Limits) absences(p *Plan, in HoldInput) []string {
	changes, hold := l.deactivations(p, in)
	held, approved := hold.decide(len(changes), in)
	var ids []string
	asked := 0
	for _, c := range p.Changes {
		switch {
		case c.unlisted == "" || c.Blocked():
			continue
		case approved || c.Approved():
		case held && c.Action == Deactivate:
			continue
		default:
			if asked++; asked > maxConfirmed {
				continue
			}
		}
		ids = append(ids, c.unlisted)
	}
	return ids
}

// doubtAbsences keeps the accounts of people whose absence is not confirmed.
func (p *Plan) doubtAbsences(answers map[string]string) {
	for _, c := range p.Changes {
		if c.unlisted == "" || c.Blocked() {
			continue
		}
		doubt, answered := answers[c.unlisted]
		if !answered {
			doubt = fmt.Sprintf("waits for a later run: Okta is asked about %d absences in one", maxConfirmed)
		}
		if doubt != "" {
			c.BlockBy(Block{Kind: BlockUnconfirmed, Detail: doubt})
		}
	}
}

// showStrangers lists among the removals the strangers in a group whose members are
// to be exactly ours: our people by their Okta ids, the others by WalkMe's. So they
// are seen before, and limits count them. A group that cannot be read waits.
func (p *Plan) showStrangers(in HoldInput) {
	if len(in.Answers.Groups) == 0 {
		return
	}
	known := recordsOf(in)
	for _, c := range p.Changes {
		answer, answered := in.Answers.Groups[c.OktaID]
		if !answered || !c.Replaces || c.Blocked() {
			continue
		}
		if answer.Doubt != "" {
			c.BlockBy(Block{Kind: BlockUnconfirmed, Detail: "WalkMe does not show who would be taken out: " + answer.Doubt})
			continue
		}
		for _, m := range known.strangers(c, answer.Members) {
			id := cmp.Or(known.people[m.WalkMeID], m.WalkMeID)
			c.Members.Remove = append(c.Members.Remove, id)
			if p.People[id] == "" {
				p.People[id] = cmp.Or(m.Display, id)
			}
		}
		c.Members.Remove = scim.SortedSet(c.Members.Remove)
	}
}

// knownMembers is what the records say of accounts and memberships.
type knownMembers struct {
	accounts map[string]string   // Okta id → WalkMe id
	people   map[string]string   // WalkMe id → Okta id
	members  map[string][]string // Okta id of a group → Okta ids
}

func recordsOf(in HoldInput) knownMembers {
	out := knownMembers{accounts: map[string]string{}, people: map[string]string{}, members: map[string][]string{}}
	for i := range in.Recorded {
		switch r := &in.Recorded[i]; {
		case r.Type == scim.Group:
			out.members[r.SourceID] = r.Members
		case r.ID != "":
			out.accounts[r.SourceID], out.people[r.ID] = r.ID, r.SourceID
		}
	}
	for oktaID, id := range in.InStep {
		out.accounts[oktaID], out.people[id] = id, max(out.people[id], oktaID)
	}
	return out
}

// strangers returns the members of a group who are not among those whom a push
// leaves in it, nor recorded as ours.
func (r knownMembers) strangers(c *Change, shown []Member) []Member {
	ours := map[string]bool{}
	recorded := r.members[c.OktaID]
	if c.From != "" {
		recorded = r.members[c.From]
	}
	for _, id := range ApplyMembers(recorded, MemberChange{Add: c.Members.Add}) {
		if account := r.accounts[id]; account != "" {
			ours[account] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(shown), func(m Member) bool { return ours[m.WalkMeID] })
}
