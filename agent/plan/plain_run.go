package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// StoredChange is a plain change of a plan that is carried out; see PlainChanges.
type StoredChange struct {
	Seq int // see Change
	at  int // among the entries
}

// Stored yields the plain changes of a phase, in their order.
func (p *Plan) Stored(phase Phase) iter.Seq[StoredChange] {
	return func(yield func(StoredChange) bool) {
		for i := range p.plain.Len() {
			if e := &p.plain.entries[i]; Phase(e.phase) == phase && !yield(StoredChange{int(e.seq), i}) {
				return
			}
		}
	}
}

// StoredNames yields the userNames of the people who get an account by a plain change.
func (p *Plan) StoredNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for s := range p.Stored(PhaseNewAccounts) {
			if !yield(string(p.plain.name(&p.plain.entries[s.at]))) {
				return
			}
		}
	}
}

// Load reads a plain change, with what it needs to be carried out.
func (p *Plan) Load(s StoredChange) (*Change, error) {
	u := p.plain
	e := &u.entries[s.at]
	text := make([]byte, int(e.size)+int(e.want))
	if _, err := u.store.ReadAt(text, e.at); err != nil {
		return nil, fmt.Errorf("change of %s: %w", u.id(e), err)
	}
	c, err := parseChange(text[:e.size])
	var w wanted
	if err == nil {
		err = json.Unmarshal(text[e.size:], &w)
	}
	if err != nil {
		return nil, fmt.Errorf("change of %s: %w", u.id(e), err)
	}
	c.Seq, c.clearsNothing = s.Seq, u.clearsNothing
	c.Needs = Needs{Careful: u.careful, Want: &Person{
		Resource: scim.Resource{Type: scim.User, SourceID: c.OktaID, Active: w.Active, Attributes: w.Attributes},
		Presence: Present, Why: w.Why, SourceDigest: w.SourceDigest, AssignedAt: w.AssignedAt,
	}}
	return c, nil
}

// End takes what became of a plain change. kept says that there is more to say of it than
// that it was applied, or had no turn: the change is in memory again, and EndRun puts it
// among Changes.
func (p *Plan) End(s StoredChange, c *Change) (kept bool, err error) {
	u := p.plain
	e := &u.entries[s.at]
	if c.NotShown = scim.SortedSet(c.NotShown); c.Outcome != Applied || len(c.NotShown) == 0 {
		c.NotShown = nil
	}
	unseen, ok := u.setOf(c.NotShown)
	if !ok || c.Outcome != Skipped && (c.Outcome != Applied || c.Error != "") {
		e.gone = true
		u.back = append(u.back, c)
		return true, nil
	}
	e.unseen = unseen
	u.outcomes[c.Outcome]++
	return false, u.write(e, c)
}

// setOf returns the number of a set of paths, 0 for none. There are no more than 255.
func (u *PlainChanges) setOf(paths []string) (number uint8, ok bool) {
	if len(paths) == 0 {
		return 0, true
	}
	i := slices.IndexFunc(u.unseen, func(set []string) bool { return slices.Equal(set, paths) })
	if i < 0 {
		if len(u.unseen) == math.MaxUint8 {
			return 0, false
		}
		i, u.unseen = len(u.unseen), append(u.unseen, slices.Clone(paths))
	}
	return uint8(i + 1), true
}

// EndRun is called once, when no change is carried out any more. What WalkMe has shown is
// taken out of what it does not show of a single person.
func (p *Plan) EndRun(shown *Shown) error {
	u := p.plain
	if u == nil {
		return nil
	}
	u.entries = slices.DeleteFunc(u.entries, func(e plainEntry) bool { return e.gone })
	p.Changes = append(p.Changes, u.back...)
	slices.SortFunc(p.Changes, func(a, b *Change) int { return cmp.Compare(a.Seq, b.Seq) })
	u.back = nil
	if err := u.out.Flush(); err != nil {
		return err
	}
	for i, set := range u.unseen {
		left := slices.DeleteFunc(slices.Clone(set), shown.Has)
		if len(left) < len(set) {
			if err := u.see(uint8(i+1), left); err != nil {
				return err
			}
		}
		u.unseen[i] = left
	}
	return u.out.Flush()
}

// see says in the changes with one set of paths that are not shown that no more than these are
// left of it.
func (u *PlainChanges) see(set uint8, left []string) error {
	for i := range u.entries {
		e := &u.entries[i]
		if e.unseen != set {
			continue
		}
		c, err := u.read(e)
		if err != nil {
			return err
		}
		if c.NotShown = left; len(left) == 0 {
			c.NotShown, e.unseen = nil, 0
		}
		if err := u.write(e, c); err != nil {
			return err
		}
	}
	return nil
}

// notShown is how many people have a value that WalkMe does not show. It is 0 of nil.
func (u *PlainChanges) notShown() (n int) {
	if u == nil {
		return 0
	}
	for i := range u.entries {
		if u.entries[i].unseen != 0 {
			n++
		}
	}
	return n
}

// Outcomes counts what became of the changes of a run. "" is those that had no turn
// because the run could not go on.
func (p *Plan) Outcomes() map[Outcome]int {
	n := map[Outcome]int{}
	for _, c := range p.Changes {
		n[c.Outcome]++
	}
	if p.plain != nil {
		n[""] += p.plain.Len()
		for outcome, of := range p.plain.outcomes {
			n[outcome] += of
			n[""] -= of
		}
	}
	return n
}

// Undone yields the changes of a run that were not sent, in their order: blocked, held, or
// without a turn. After an error it ends.
func (p *Plan) Undone() iter.Seq2[*Change, error] {
	all := p.All()
	if p.plain == nil || p.plain.outcomes[Skipped] == 0 {
		all = func(yield func(*Change, error) bool) {
			for _, c := range p.Changes {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
	return func(yield func(*Change, error) bool) {
		for c, err := range all {
			if (err != nil || c.Blocked() || c.Outcome == Skipped || c.Outcome == Held) && !yield(c, err) {
				return
			}
		}
	}
}
