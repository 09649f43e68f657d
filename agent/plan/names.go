package plan

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// NameQuestion asks whether WalkMe has an account or group of a name already, which
// makes a link of a create.
type NameQuestion struct {
	Type   scim.Type
	OktaID string
	Name   string
	Kept   *state.Record // what is left of an earlier push of the group; nil: nothing
	Linked bool          // the configuration names the WalkMe group to link, which was not pushed before
	Paths  []string      // whose values the answer should show
}

// NameAnswer is what WalkMe has under a name. A name that it does not have has no
// answer.
type NameAnswer struct {
	WalkMeID string
	Inactive bool           // the account is deactivated
	Shown    map[string]any // values of the account by path, as far as it shows them
	Error    string         // why nothing can be said: several of that name
	Doubt    string         // why the look-up had no answer that can be used
	NoLink   string         // why there is nothing to link
}

// AskNames asks about the creates that which chooses of those in memory.
func (p *Plan) AskNames(which func(*Change) bool) []NameQuestion {
	var out []NameQuestion
	for _, c := range p.Changes {
		if !which(c) {
			continue
		}
		q := NameQuestion{Type: c.Type, OktaID: c.OktaID, Name: c.Name, Kept: c.Kept, Linked: c.SeeksLink}
		for _, a := range c.Attributes {
			q.Paths = append(q.Paths, a.Path)
		}
		out = append(out, q)
	}
	return out
}

// TakeNames turns creates into links where an answer, by object key, says so. A
// create that the configuration disables becomes a link, too: Okta links without the
// right to create. A create with an answer comes back into memory.
func (p *Plan) TakeNames(answers map[string]NameAnswer) error {
	if err := p.takeBackAnswered(answers); err != nil {
		return err
	}
	for _, c := range p.Changes {
		answer, ok := answers[ObjectKey(c.Type, c.OktaID)]
		switch {
		case !ok || answer.NoLink != "" || c.Action != Create && c.Action != GroupCreate:
		case answer.Error != "":
			c.Error = answer.Error
		case answer.Doubt != "":
			if !c.Blocked() {
				c.BlockBy(Block{Kind: BlockUnconfirmed, Detail: "the look-up of the name failed: " + answer.Doubt})
			}
		case c.Type == scim.Group:
			c.Action, c.WalkMeID = GroupLink, answer.WalkMeID
			c.note("WalkMe has a group of this name")
		default:
			c.Action, c.WalkMeID = Link, answer.WalkMeID
			if c.Block.Is(BlockDisabled) {
				c.Unblock()
				p.join(c.OktaID, c.Name)
			}
			c.Overwrites(answer.Shown)
			c.KeepUnacknowledged(nil)
			if answer.Inactive {
				c.note("WalkMe has an account of this name, deactivated")
			} else {
				c.note("WalkMe has an account of this name")
			}
		}
	}
	p.Changes = slices.DeleteFunc(p.Changes, func(c *Change) bool {
		why := answers[ObjectKey(c.Type, c.OktaID)].NoLink
		if c.Action != GroupCreate || why == "" {
			return false
		}
		p.Rejected = append(p.Rejected, Rejection{Type: c.Type, OktaID: c.OktaID, Name: c.Name, Path: "link", Error: why})
		return true
	})
	if len(answers) > 0 {
		p.reorder()
	}
	return nil
}

// join adds a person who is linked after all to the groups that are pushed in this plan. A
// group that needs nothing else, or nothing that is sent, gets the person in the next run.
func (p *Plan) join(oktaID, name string) {
	for _, c := range p.Changes {
		if c.Blocked() || c.Target == nil || c.Action != GroupCreate && c.Action != GroupLink && c.Action != GroupMembers {
			continue
		}
		if scim.Contains(c.Target.Members, oktaID) && !scim.Contains(c.Members.Add, oktaID) {
			c.Members.Add = scim.SortedSet(append(c.Members.Add, oktaID))
			p.People[oktaID] = name
		}
	}
}

// Overwrites notes the values that a link replaces, as far as the account shows them.
func (c *Change) Overwrites(shown map[string]any) {
	for i := range c.Attributes {
		if old, ok := shown[c.Attributes[i].Path]; ok {
			c.Attributes[i].Old = old
		}
	}
}

// AskAllNames asks about all creates, in their order.
func (p *Plan) AskAllNames() []NameQuestion {
	out := p.AskNames(func(c *Change) bool { return c.Action == Create || c.Action == GroupCreate })
	stored := p.plain.askNames()
	if len(stored) == 0 {
		return out
	}
	out = append(out, stored...)
	slices.SortStableFunc(out, func(a, b NameQuestion) int {
		if a.Type != b.Type || a.Type == scim.Group {
			return cmp.Compare(b.Type, a.Type) // users first
		}
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.OktaID, b.OktaID))
	})
	return out
}

// askNames asks about the people who get an account by a change that is not in memory.
func (pc *PlainChanges) askNames() []NameQuestion {
	out := make([]NameQuestion, 0, pc.count(PhaseNewAccounts))
	for i := range pc.Len() {
		e := &pc.entries[i]
		if Phase(e.phase) != PhaseNewAccounts {
			continue
		}
		q := NameQuestion{Type: scim.User, OktaID: string(pc.id(e)), Name: string(pc.name(e)), Paths: pc.otherwise}
		if e.valued != math.MaxUint16 {
			q.Paths = pc.valued[e.valued]
		}
		out = append(out, q)
	}
	return out
}

// takeBackAnswered takes those creates into memory of which an answer says something, by
// object key.
func (p *Plan) takeBackAnswered(answers map[string]NameAnswer) error {
	if p.plain.count(PhaseNewAccounts) == 0 {
		return nil
	}
	ids := map[string]bool{}
	for key := range answers {
		if id, ok := strings.CutPrefix(key, ObjectKey(scim.User, "")); ok {
			ids[id] = true
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return p.takeBack(func(i int) bool {
		e := &p.plain.entries[i]
		return Phase(e.phase) == PhaseNewAccounts && ids[string(p.plain.id(e))]
	})
}

// LooksUp is how many of the changes begin with a look for an account.
func (p *Plan) LooksUp() int {
	n := p.plain.count(PhaseNewAccounts)
	for _, c := range p.Changes {
		if c.LooksUp() {
			n++
		}
	}
	return n
}
