package plan

import (
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// More kinds of hold.
const (
	HoldEmptiedValues = "emptied_values" // mapped values that would be taken away
	HoldLikelySlip    = "likely_slip"    // what an expression does that is mistyped, most likely
)

// holdEmptied holds what would take mapped values away: those of a likely slip, one
// hold for each, and the others when they concern more people than the limit. Whatever
// else differs of these people goes out, and a person who returns is activated.
func (l Limits) holdEmptied(p *Plan, in HoldInput) {
	decided := byItem(in.Decisions)
	for _, u := range in.Unvalued {
		if u.Slip {
			p.holdSlip(u, in)
		}
	}
	var touched []*Change
	var items []string
	waiting := map[*Change][]string{}
	for _, c := range slices.Clone(p.Changes) {
		if c.Blocked() || !c.Profile() {
			continue
		}
		for _, path := range c.Emptied() {
			item := itemOfValue(c, path)
			switch d := decided[decisionKey(HoldEmptiedValues, item)]; {
			case c.passes[path]:
			case d == nil:
				waiting[c], items = append(waiting[c], path), append(items, item)
			case d.Verdict == state.Approved:
				c.Decide(d)
			default:
				p.splitValues(c, []string{path}).Decide(d)
			}
		}
		if len(waiting[c]) > 0 {
			touched = append(touched, c)
		}
	}
	reason := l.EmptiedValues.exceeded(len(touched), in.Recent.Emptied, in.Managed.Users)
	hold := newHold(HoldEmptiedValues, items, l.EmptiedValues)
	p.heldBy(&hold, len(touched), reason)
	hold.Count = len(touched)
	if !p.waits(&hold, touched, in) {
		return
	}
	var held []*Change
	for _, c := range touched {
		held = append(held, p.splitValues(c, waiting[c]))
	}
	p.keep(held, hold)
}

// holdSlip holds the updates in which an expression with a likely slip empties a value,
// and the creates in which its result is empty.
func (p *Plan) holdSlip(u Unvalued, in HoldInput) {
	concerned := p.concerned(u)
	if len(concerned) == 0 {
		return
	}
	people := make([]string, len(concerned))
	for i, c := range concerned {
		people[i] = c.OktaID
	}
	hold := Hold{
		ID: HoldLikelySlip + "-" + state.HoldDigest(HoldLikelySlip, []string{u.scope()})[:8], Kind: HoldLikelySlip, Scope: u.scope(),
		Count: len(concerned), Limit: "none", Reason: u.String(), Items: people, doubted: true, slip: &u,
	}
	slices.Sort(hold.Items)
	decision := scopeDecision(in.Decisions, hold.Scope)
	if decision == nil && !p.waits(&hold, concerned, in) || decision != nil && decision.Verdict == state.Approved {
		for _, c := range concerned {
			c.pass(u.Path)
			if decision != nil {
				c.Decide(decision)
			}
		}
		return
	}
	var held []*Change
	for _, c := range concerned {
		if c.Action != Create {
			c = p.splitValues(c, []string{u.Path})
		}
		held = append(held, c)
	}
	if decision == nil {
		p.keep(held, hold)
		return
	}
	for _, c := range held {
		c.Decide(decision)
	}
}

// scopeDecision is the decision in force about a scope, nil when there is none.
func scopeDecision(inForce []state.Decision, scope string) *state.Decision {
	var out *state.Decision
	for i := range inForce {
		if inForce[i].Hold.Scope == scope {
			out = &inForce[i]
		}
	}
	return out
}

// Profile says whether the change writes the profile of an account that the agent
// knows already.
func (c *Change) Profile() bool {
	return c.Want != nil && (c.Action == Update || c.Action == Reactivate || c.Action == Link)
}

// Emptied lists the paths of which a change would take the value away: one that WalkMe
// acknowledged, or that a refresh has shown.
func (c *Change) Emptied() []string {
	if c.clearsNothing {
		return nil
	}
	var out []string
	for _, a := range c.Attributes {
		had := !scim.Equal(a.Old, nil) || !scim.Equal(a.Actual, nil)
		if had && scim.Equal(a.New, nil) {
			out = append(out, a.Path)
		}
	}
	return out
}

// pass lets a value be emptied whatever the limit.
func (c *Change) pass(path string) {
	if c.passes == nil {
		c.passes = map[string]bool{}
	}
	c.passes[path] = true
}

func itemOfValue(c *Change, path string) string { return c.OktaID + "/" + path }

// splitValues moves what a change does to some values into an update of its own, unless
// an update does nothing else, and returns that update. What is left writes the values
// that WalkMe has.
func (p *Plan) splitValues(c *Change, paths []string) *Change {
	var moved, rest []scim.AttributeChange
	for _, a := range c.Attributes {
		if slices.Contains(paths, a.Path) {
			moved = append(moved, a)
		} else {
			rest = append(rest, a)
		}
	}
	if c.Action == Update && len(rest) == 0 {
		return c
	}
	part := *c
	part.Action, part.Attributes, part.past, part.early, part.From, part.unlisted = Update, moved, nil, false, "", ""
	part.undecide()
	c.Attributes, c.Want = rest, c.Want.with(moved)
	p.Changes = append(p.Changes, &part)
	return &part
}

// with returns the person with the values that attributes have before a change.
func (w *Person) with(before []scim.AttributeChange) *Person {
	out := *w
	out.Attributes = slices.Clone(w.Attributes)
	for i := range out.Attributes {
		for _, a := range before {
			if a.Path != out.Attributes[i].Path {
				continue
			}
			out.Attributes[i].Value = a.Old
			if scim.Equal(a.Old, nil) {
				out.Attributes[i].Value = a.Actual
			}
		}
	}
	return &out
}

// KeepUnacknowledged leaves the values alone that Okta has none for and that the agent
// never pushed: acknowledged is what it did. A linked account keeps what is in it.
func (c *Change) KeepUnacknowledged(acknowledged scim.Attributes) {
	if c.Want == nil || !c.Careful {
		return
	}
	foreign := func(path string) bool {
		return scim.Equal(c.Want.Attributes.Get(path), nil) && !acknowledged.Has(path)
	}
	if !slices.ContainsFunc(c.Want.Attributes, func(a scim.Attribute) bool { return foreign(a.Path) }) {
		return
	}
	c.Attributes = slices.DeleteFunc(slices.Clone(c.Attributes), func(a scim.AttributeChange) bool { return foreign(a.Path) })
	want := *c.Want
	want.Attributes = slices.DeleteFunc(slices.Clone(want.Attributes), func(a scim.Attribute) bool { return foreign(a.Path) })
	c.Want = &want
}
