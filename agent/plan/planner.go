package plan

import (
	"cmp"
	"fmt"
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// planner collects changes.
type planner struct {
	in   Input
	plan *Plan

	users   map[string]*state.Record // by Okta id
	groups  map[string]*state.Record
	actions map[string]*Change // the change of each user, by Okta id
	busy    []string           // see busyPeople; nil: not asked for yet

	accountsPass, groupsPass handovers
}

// New compares what WalkMe acknowledged with what Okta wants.
//
//	                │ Okta: present        │ absent              │ keep        │ rejected
//	────────────────┼──────────────────────┼─────────────────────┼─────────────┼──────────
//	never recorded  │ create ¹             │ –                   │ –           │ reported
//	never landed ²  │ create ¹             │ – (forgotten)       │ –           │ reported
//	active          │ update ³ / unchanged │ deactivate ⁴        │ unchanged   │ reported, unchanged
//	inactive        │ reactivate           │ –                   │ –           │ reported
//
//	¹ turns into link where the look-up finds an account
//	² an earlier create failed
//	³ when a mapped value differs, or a resync asks for it
//	⁴ unless the account passes on, see findHandovers
//
// Groups have a table of their own at planGroups. The result is complete and in
// the order of the run, and the same input gives the same plan. There is no plan from a
// side that is out of order, which is an *OrderError, nor where members cannot be read.
func New(in Input) (*Plan, error) {
	if err := in.checkOrder(); err != nil {
		return nil, err
	}
	p := &planner{
		in:      in,
		plan:    &Plan{Schema: Schema, Health: in.Health, Resync: in.Scope.selection, People: map[string]string{}},
		users:   make(map[string]*state.Record, len(in.Recorded)),
		groups:  map[string]*state.Record{},
		actions: map[string]*Change{},
	}
	for i := range in.Recorded {
		r := &in.Recorded[i]
		if r.Type == scim.Group {
			p.groups[r.SourceID] = r
		} else {
			p.users[r.SourceID] = r
		}
	}
	p.findHandovers()
	p.groupsPass = groupHandovers(in.Groups, in.Recorded)
	if in.InStep != nil {
		p.plan.Summary.Unchanged, p.plan.plain = in.InStep.unchanged(), in.InStep.plain
	}
	p.planUsers()
	p.noteUnmapped()
	p.orderRenames()
	if err := p.planGroups(); err != nil {
		return nil, err
	}
	p.restrict()
	p.orderGroupRenames()
	p.nameMembers()
	p.plan.reorder()
	return p.plan, nil
}

func (p *planner) planUsers() {
	for one := range p.in.pairs() {
		if one.want == nil {
			p.planAbsent(one.record, "no longer assigned in Okta", one.record.SourceID)
			continue
		}
		if one.want.Rejection != nil {
			p.reject(*one.want.Rejection, one.record)
		}
		p.planPerson(one.want, one.record)
	}
}

func (p *planner) planPerson(want *Person, r *state.Record) {
	switch {
	case want.Presence == Absent:
		if r != nil {
			p.planAbsent(r, want.Why, "")
		}
	case want.Presence == Keep:
		if r != nil && r.ID != "" && r.Active {
			p.plan.Summary.Unchanged++
		}
	case r == nil || r.ID == "":
		c := p.userChange(Create, want, r)
		c.Attributes = scim.DiffAttributes(nil, want.Attributes)
		c.Reason = Reason{want.Why}
		if handover, ok := p.accountsPass.byTo[want.SourceID]; ok {
			c.Action, c.WalkMeID = Link, p.users[handover.From].ID
		} else if !p.in.Policy.CreateUsers {
			c.BlockBy(Block{Kind: BlockDisabled, Detail: "provisioning.create_users"})
		}
		p.takeOver(c)
		p.add(c, r)
	case !r.Active:
		c := p.userChange(Reactivate, want, r)
		c.Attributes = scim.DiffAttributes(r.Attributes, want.Attributes)
		c.KeepUnacknowledged(p.acknowledged(r))
		c.Reason = Reason{want.Why}
		p.takeOver(c)
		p.add(c, r)
	default:
		p.planUpdate(want, r)
	}
}

func (p *planner) planUpdate(want *Person, r *state.Record) {
	diff := scim.DiffAttributes(r.Attributes, want.Attributes)
	if len(diff) == 0 && !p.in.Scope.selection.wants(r, diff) { // which is so of nearly everybody
		p.plan.Summary.Unchanged++
		return
	}
	c := p.userChange(Update, want, r)
	c.Attributes = diff
	c.KeepUnacknowledged(p.acknowledged(r))
	want = c.Want
	forced := p.in.Scope.selection.wants(r, c.Attributes)
	if len(c.Attributes) == 0 && !forced {
		p.plan.Summary.Unchanged++
		return
	}
	c.Attributes = p.withActual(c.Attributes, r)
	cause, why := p.causeOf(c.Attributes, r)
	c.Cause, c.Reason = cause, Reason{why}
	if forced {
		c.Cause, c.Reason = CauseForced, Reason{"a resync asks for it"}
		c.Attributes = completed(c.Attributes, want.Attributes)
	}
	if !p.in.Policy.UpdateUserAttributes {
		c.BlockBy(Block{Kind: BlockDisabled, Detail: "provisioning.update_user_attributes"})
	}
	p.add(c, r)
}

// acknowledged is what WalkMe took last of an account, also after a refresh.
func (p *planner) acknowledged(r *state.Record) scim.Attributes {
	if pushed, ok := p.in.Pushed[ObjectKey(scim.User, r.SourceID)]; ok {
		return pushed.Attributes
	}
	return r.Attributes
}

// completed completes what differs with what is sent all the same.
func completed(diff []scim.AttributeChange, want scim.Attributes) []scim.AttributeChange {
	out := make([]scim.AttributeChange, len(want))
	for i, a := range want {
		out[i] = scim.AttributeChange{Path: a.Path, Old: a.Value, New: a.Value}
		if at := slices.IndexFunc(diff, func(d scim.AttributeChange) bool { return d.Path == a.Path }); at >= 0 {
			out[i] = diff[at]
		}
	}
	return out
}

// planAbsent takes the account of a person away. unlisted is set when that is only
// because Okta's list does not hold the person.
func (p *planner) planAbsent(r *state.Record, why, unlisted string) {
	if r.ID == "" || !r.Active || p.accountsPass.byFrom[r.SourceID].To != "" {
		return
	}
	c := &Change{
		Type: scim.User, Action: Deactivate, OktaID: r.SourceID, WalkMeID: r.ID, Name: r.Name,
		Cause: CauseOkta, Reason: Reason{why}, unlisted: unlisted,
	}
	if !p.in.Policy.DeactivateUsers {
		c.BlockBy(Block{Kind: BlockDisabled, Detail: "provisioning.deactivate_users"})
	}
	p.add(c, r)
}

func (p *planner) userChange(a Action, want *Person, r *state.Record) *Change {
	c := &Change{
		Type: scim.User, Action: a, OktaID: want.SourceID, Name: want.Name(),
		Cause: CauseOkta, Needs: Needs{Want: want, Careful: p.in.Policy.KeepUnacknowledged}, clearsNothing: p.in.Policy.ClearsNothing,
	}
	if r != nil {
		c.WalkMeID = r.ID
	}
	return c
}

// add appends a change. A recorded failure of the very same change shows in its
// cause, and in a pause where the scope heeds pauses. A change that has become
// another one since is tried at once, and so is one whose pause ends later than it
// can: the clock was wrong when it began.
func (p *planner) add(c *Change, r *state.Record) {
	if r != nil && p.drifted(r) {
		c.Cause = CauseDrift
		c.Reason = slices.Clone(c.Reason)
		c.Reason[0] = "changed in WalkMe: " + c.Reason[0]
	}
	if r != nil && r.Attempts > 0 && c.Cause != CauseForced {
		c.past = &past{change: r.FailedChange, times: times(r.Attempts), err: r.LastError}
		if next := PauseEnd(r.NextTry, p.in.Now); p.in.Scope.waits && next.After(p.in.Now) {
			c.past.next = &next
		}
	}
	c.recall()
	if c.Target != nil && c.Target.Paused != "" {
		c.BlockBy(Block{Kind: BlockPaused, Detail: "push_groups.sources: paused at " + c.Target.Paused})
	}
	p.plan.Changes = append(p.plan.Changes, c)
	if c.Type == scim.User {
		p.actions[c.OktaID] = c
	}
}

// orderRenames moves updates and reactivations that free a userName before the
// change that wants it. Of a longer chain of renames the rest waits for the next
// runs. Two people who swap names stay in each other's way until one of them gets a
// third name.
func (p *planner) orderRenames() {
	wanted := map[string]string{} // key of the userName → Okta id
	for _, c := range p.plan.Changes {
		if c.Want != nil {
			wanted[scim.NameKey(c.Name)] = c.OktaID
		}
	}
	for _, c := range p.plan.Changes {
		if c.Action != Update && c.Action != Reactivate {
			continue
		}
		r := p.users[c.OktaID]
		if scim.SameName(r.Name, c.Name) {
			continue
		}
		id, needed := wanted[scim.NameKey(r.Name)]
		if !needed {
			needed = p.plan.plain.keepsName(r.Name)
		}
		c.early = needed && id != c.OktaID
	}
}

func (p *planner) drop(change func(*Change) bool, rejection func(Rejection) bool) {
	p.plan.Changes = slices.DeleteFunc(p.plan.Changes, change)
	p.plan.Rejected = slices.DeleteFunc(p.plan.Rejected, rejection)
}

// recordOf returns the record of what a change is about, nil when there is none.
func (p *planner) recordOf(c *Change) *state.Record {
	if c.Type == scim.Group {
		return p.groups[c.OktaID]
	}
	return p.users[c.OktaID]
}

// nameMembers collects the names of everybody who occurs as a member.
func (p *planner) nameMembers() {
	for _, c := range p.plan.Changes {
		for _, ids := range [][]string{c.Members.Add, c.Members.Remove} {
			for _, id := range ids {
				p.plan.People[id] = p.personName(id)
				if p.in.InStep.Has(id) {
					p.plan.unnamed = append(p.plan.unnamed, id)
				}
			}
		}
	}
}

func (p *planner) personName(oktaID string) string {
	var wanted, recorded string
	if w := p.in.Desired.Find(oktaID); w != nil {
		wanted = w.Name()
	}
	if r := p.users[oktaID]; r != nil {
		recorded = r.Name
	}
	return cmp.Or(wanted, recorded, oktaID)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
