package plan

import (
	"fmt"
	"slices"

	"okta-walkme-agent/state"
)

// Hold is a set of changes that waits for a person's approval.
type Hold struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"` // see the Hold constants
	Count  int      `json:"count"`
	Limit  string   `json:"limit"`           // the limit in words
	Reason string   `json:"reason"`          // how the plan exceeds it
	Items  []string `json:"items"`           // Okta ids; for member removals group/user, for emptied values user/path
	Scope  string   `json:"scope,omitempty"` // of a likely slip: path and expression

	Known   bool      `json:"-"` // it was open before a run that looks at a part alone
	doubted bool      // what it rests on is not trusted
	ofState bool      // the state is doubted
	slip    *Unvalued // the likely slip that it is about, or nil
}

// OfDoubtedState says that the changes are held because the state is doubted.
func (h *Hold) OfDoubtedState() bool { return h.ofState }

// Concerns says that the hold is about this likely slip.
func (h *Hold) Concerns(u Unvalued) bool { return h.slip != nil && *h.slip == u }

// Release is a set that the approval of this run has kept from being held.
type Release struct {
	Hold
	Changes []*Change
}

// Released returns what the approval of this run has kept from being held.
func (p *Plan) Released() []Release { return p.released }

// HoldInput is what the limits need besides the plan.
type HoldInput struct {
	Managed  Counts // before the run
	Recent   Counts // removals applied within the window
	Released []string

	// Decisions are those in force, in the order in which they were made. What was
	// approved passes, and what was rejected stays undone: neither counts.
	Decisions []state.Decision

	// Unvalued are the attributes that expressions read and that are empty for all people.
	Unvalued []Unvalued

	// Confirm says that a person's mere absence from Okta's list is no reason to
	// deactivate: an answer has to confirm it.
	Confirm bool

	// Recorded is what a push that overwrites a group is compared with, and the accounts of
	// people in step whom such a group shows, by their Okta ids.
	Recorded []state.Record
	InStep   map[string]string

	Answers Answers

	// Open are the holds that wait, by their kind, in a run that looks at a part
	// alone. It cannot see the whole set, so it adds nothing to what a person is
	// asked about: its removals of that kind wait under the same hold.
	Open map[string]Hold
}

// Hold takes the answers to what Ask asked, marks the removals that exceed a limit
// and are not released, and lists the holds. All removals of the kind are held
// together; everything else in the plan proceeds. A person who keeps the account that
// Okta would deactivate keeps the memberships, too, until the deactivation is made.
// It changes the plan.
func (l Limits) Hold(p *Plan, in HoldInput) {
	p.showStrangers(in)
	changes, hold := l.deactivations(p, in)
	p.hold(changes, hold, in)
	if in.Confirm {
		p.doubtAbsences(in.Answers.Absences)
	}
	p.Unvalued = in.Unvalued
	l.holdEmptied(p, in)
	keepMemberships(p)
	l.holdMembers(p, in)
	l.holdDeletes(p, in)
	p.settleStateDoubt()
	for _, c := range p.Changes {
		c.recall() // what is left of a split change may be what failed
	}
	p.reorder()
}

func newHold(kind string, items []string, limit Limit) Hold {
	slices.Sort(items)
	return Hold{
		ID: kind + "-" + state.HoldDigest(kind, items)[:8], Kind: kind, Count: len(items),
		Limit: limit.String(), Items: items,
	}
}

// undecided returns the changes of an action that would be sent and that no decision of the kind
// is about, with the Okta ids that they take something from.
func (p *Plan) undecided(action Action, kind string, in HoldInput) (changes []*Change, items []string) {
	decided := byItem(in.Decisions)
	for _, c := range p.Changes {
		if c.Action == action && !c.Blocked() && !decided.on(c, kind, c.OktaID) {
			changes, items = append(changes, c), append(items, c.OktaID)
		}
	}
	return changes, items
}

// deactivations returns those that would be sent, and what would hold them.
func (l Limits) deactivations(p *Plan, in HoldInput) ([]*Change, Hold) {
	changes, items := p.undecided(Deactivate, HoldDeactivations, in)
	hold := newHold(HoldDeactivations, items, l.Deactivations)
	p.heldBy(&hold, len(changes), l.Deactivations.exceeded(len(changes), in.Recent.Users, in.Managed.Users))
	if hold.Reason == "" && len(changes) > 0 {
		hold.Reason, hold.doubted = p.Health.DoubtUsers, p.Health.DoubtUsers != ""
	}
	return changes, hold
}

func (l Limits) holdDeletes(p *Plan, in HoldInput) {
	changes, items := p.undecided(GroupDelete, HoldGroupDeletes, in)
	reason := l.GroupDeletes.exceeded(len(changes), in.Recent.Groups, in.Managed.Groups)
	hold := newHold(HoldGroupDeletes, items, l.GroupDeletes)
	p.heldBy(&hold, len(changes), reason)
	p.hold(changes, hold, in)
}

// holdMembers holds removals and lets additions to the same groups proceed: a
// change with both is split in two.
func (l Limits) holdMembers(p *Plan, in HoldInput) {
	var touched []*Change
	var items []string
	emptied := ""
	decided := byItem(in.Decisions)
	for _, c := range slices.Clone(p.Changes) {
		if c.Action != GroupMembers || c.Blocked() || len(c.Members.Remove) == 0 {
			continue
		}
		decided.onMembers(p, c)
		removals := decided.undecided(c)
		if c.Blocked() || len(removals) == 0 {
			continue
		}
		touched = append(touched, c)
		for _, id := range removals {
			items = append(items, c.OktaID+"/"+id)
		}
		if c.empties && len(removals) >= percentFrom {
			emptied = fmt.Sprintf("group %q would lose all of its %d members", c.Name, len(removals))
		}
	}
	reason := l.MemberRemovals.exceeded(len(items), in.Recent.Members, in.Managed.Members)
	if reason == "" {
		reason = emptied
	}
	hold := newHold(HoldMemberRemovals, items, l.MemberRemovals)
	p.heldBy(&hold, len(items), reason)
	if !p.waits(&hold, touched, in) {
		return
	}
	var removals []*Change
	for _, c := range touched {
		removals = append(removals, splitRemovals(p, c, decided.undecided(c)))
	}
	p.keep(removals, hold)
}

// keepMemberships takes the membership removals of people whose deactivation does
// not go out from the plan. New cannot know them all: a removal is confirmed,
// and held, only after it.
func keepMemberships(p *Plan) {
	kept := map[string]bool{}
	for _, c := range p.Changes {
		if c.From != "" && c.Blocked() {
			kept[c.OktaID] = true
		}
		if c.Action == Deactivate && c.Blocked() {
			kept[c.OktaID] = true
			delete(p.People, c.OktaID) // a member of changes only as a removal
		}
	}
	busy := map[string]int{} // changes of each group
	for _, c := range p.Changes {
		busy[c.OktaID]++
	}
	p.Changes = slices.DeleteFunc(p.Changes, func(c *Change) bool {
		before := len(c.Members.Remove)
		c.Members.Remove = slices.DeleteFunc(c.Members.Remove, func(id string) bool { return kept[id] })
		if len(c.Members.Remove) == before {
			return false
		}
		c.empties = false
		if len(c.Members.Add)+len(c.Members.Remove) > 0 || c.Whole {
			return false
		}
		if busy[c.OktaID] == 1 {
			p.Summary.Unchanged++
		}
		return true
	})
}

// splitRemovals moves some of the removals of c into a change of their own, unless c
// has nothing else to do, and returns that change.
func splitRemovals(p *Plan, c *Change, ids []string) *Change {
	rest := slices.DeleteFunc(slices.Clone(c.Members.Remove), func(id string) bool { return slices.Contains(ids, id) })
	if len(c.Members.Add)+len(rest) == 0 && !c.Whole {
		return c
	}
	removal := *c
	removal.Members = MemberChange{Remove: ids}
	removal.undecide()
	c.Members.Remove = rest
	c.Replaces, c.empties = false, false // no stranger is thrown out meanwhile
	p.Changes = append(p.Changes, &removal)
	return &removal
}

func (p *Plan) hold(changes []*Change, h Hold, in HoldInput) {
	if p.waits(&h, changes, in) {
		p.keep(changes, h)
	}
}

// waits decides whether changes are held, and notes what an approval releases.
func (p *Plan) waits(h *Hold, changes []*Change, in HoldInput) bool {
	held, released := h.decide(len(changes), in)
	if released {
		p.released = append(p.released, Release{*h, changes})
	}
	return held
}

// decide says whether n changes are held, or whether an approval releases them. An
// open hold takes the place of h; an approval counts when it is of exactly the set
// that would be held now.
func (h *Hold) decide(n int, in HoldInput) (held, released bool) {
	if h.Reason != "" && slices.Contains(in.Released, h.ID) {
		return false, true
	}
	if open, ok := in.Open[h.Kind]; ok && n > 0 && h.Scope == "" {
		*h = open
		return true, false
	}
	return h.Reason != "", false
}

func (p *Plan) keep(changes []*Change, h Hold) {
	for _, c := range changes {
		kind := BlockHeld
		if h.doubted {
			kind = BlockDoubted
		}
		c.BlockBy(Block{Kind: kind, Detail: h.Reason, Hold: h.ID})
	}
	p.Holds = append(p.Holds, h)
}
