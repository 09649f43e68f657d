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
			if Phase(p.plain.entries[i].phase) == phase && !yield(StoredChange{int(p.plain.seqs[i]), i}) {
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
	c, err := p.plain.load(s.at)
	if err != nil {
		return nil, fmt.Errorf("change of %s: %w", p.plain.id(&p.plain.entries[s.at]), err)
	}
	c.Seq = s.Seq
	return c, nil
}

func (u *PlainChanges) load(i int) (*Change, error) {
	change, want, err := u.text(i, nil)
	if err != nil {
		return nil, err
	}
	c, err := parseChange(change)
	if err != nil {
		return nil, err
	}
	var w wanted
	if err := json.Unmarshal(want, &w); err != nil {
		return nil, err
	}
	c.clearsNothing = u.clearsNothing
	c.Needs = Needs{Careful: u.careful, Want: &Person{
		Resource: scim.Resource{Type: scim.User, SourceID: c.OktaID, Active: w.Active, Attributes: w.Attributes},
		Presence: Present, Why: w.Why, SourceDigest: w.SourceDigest, AssignedAt: w.AssignedAt,
	}}
	return c, nil
}

// parseChange reads a change from its JSON, without what stands before it.
func parseChange(text []byte) (*Change, error) {
	return readChange(append([]byte(seqKey), text...))
}

// End takes what became of a plain change. kept says that there is more to say of it than
// that it was applied, or had no turn: the change is in memory again, and EndRun puts it
// among Changes.
func (p *Plan) End(s StoredChange, c *Change) (kept bool, err error) {
	u := p.plain
	if c.NotShown = scim.SortedSet(c.NotShown); c.Outcome != Applied || len(c.NotShown) == 0 {
		c.NotShown = nil
	}
	unseen, ok := setOf(&u.unseenSets, c.NotShown, math.MaxUint8-1)
	if !ok || c.Outcome != Skipped && (c.Outcome != Applied || c.Error != "") {
		u.entries[s.at].size = 0
		u.back = append(u.back, c)
		return true, nil
	}
	if len(c.NotShown) > 0 {
		u.unseen[s.at] = uint8(unseen + 1)
	}
	u.outcomes[c.Outcome]++
	return false, u.write(&u.entries[s.at], c, nil)
}

// setOf returns the place of a set of paths among others, of which there are no more than
// most.
func setOf(sets *[][]string, paths []string, most int) (place int, ok bool) {
	i := slices.IndexFunc(*sets, func(set []string) bool { return slices.Equal(set, paths) })
	if i < 0 && len(*sets) < most {
		i = len(*sets)
		*sets = append(*sets, slices.Clone(paths))
	}
	return i, i >= 0
}

// EndRun is called once, when no change is carried out any more. What WalkMe has shown is
// taken out of what it does not show of a single person.
func (p *Plan) EndRun(shown *Shown) error {
	u := p.plain
	if u == nil {
		return nil
	}
	if err := u.out.Flush(); err != nil {
		return err
	}
	u.remove(func(i int) bool { return u.entries[i].size == 0 })
	p.Changes = append(p.Changes, u.back...)
	slices.SortFunc(p.Changes, func(a, b *Change) int { return cmp.Compare(a.Seq, b.Seq) })
	u.back = nil
	for i, set := range u.unseenSets {
		left := slices.DeleteFunc(slices.Clone(set), shown.Has)
		if len(left) < len(set) {
			if err := u.see(uint8(i+1), left); err != nil {
				return err
			}
		}
		u.unseenSets[i] = left
	}
	return u.out.Flush()
}

// remove takes entries out, and what is known of them.
func (u *PlainChanges) remove(which func(i int) bool) {
	left := 0
	for i := range u.entries {
		if which(i) {
			continue
		}
		u.entries[left] = u.entries[i]
		if u.seqs != nil {
			u.seqs[left], u.unseen[left] = u.seqs[i], u.unseen[i]
		}
		left++
	}
	u.entries = u.entries[:left]
	if u.seqs != nil {
		u.seqs, u.unseen = u.seqs[:left], u.unseen[:left]
	}
}

// see says in the changes with one set of paths that are not shown that no more than these are
// left of it.
func (u *PlainChanges) see(set uint8, left []string) error {
	for i := range u.entries {
		if u.unseen[i] != set {
			continue
		}
		text, _, err := u.text(i, nil)
		if err != nil {
			return err
		}
		c, err := parseChange(text)
		if err != nil {
			return err
		}
		if c.NotShown = left; len(left) == 0 {
			c.NotShown, u.unseen[i] = nil, 0
		}
		if err := u.write(&u.entries[i], c, nil); err != nil {
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
	for _, set := range u.unseen {
		if set != 0 {
			n++
		}
	}
	return n
}

// valuedBy returns which set of paths has a value of a new person.
func (u *PlainChanges) valuedBy(want *Person) uint16 {
	var paths []string
	for _, a := range want.Attributes {
		if !scim.Equal(a.Value, nil) {
			paths = append(paths, a.Path)
		}
	}
	place, ok := setOf(&u.valued, scim.SortedSet(paths), math.MaxUint8)
	if !ok {
		place = math.MaxUint16
	}
	return uint16(place)
}

// lacks says whether a plain change makes an account without a value under a path, or may
// do so.
func (u *PlainChanges) lacks(i int, path string) bool {
	e := &u.entries[i]
	return Phase(e.phase) == PhaseNewAccounts && (e.valued == math.MaxUint16 || !scim.Contains(u.valued[e.valued], path))
}

// anyLacks says so of any of them.
func (u *PlainChanges) anyLacks(path string) bool {
	for i := range u.Len() {
		if u.lacks(i, path) {
			return true
		}
	}
	return false
}

// TakeBack takes the plain changes into memory that a likely slip concerns, before the limits
// are applied: they are held.
func (p *Plan) TakeBack(unvalued []Unvalued) error {
	u := p.plain
	slips := slices.DeleteFunc(slices.Clone(unvalued), func(v Unvalued) bool { return !v.Slip })
	if u.Len() == 0 || len(slips) == 0 {
		return nil
	}
	concerns := func(i int) bool {
		return slices.ContainsFunc(slips, func(v Unvalued) bool { return u.lacks(i, v.Path) })
	}
	for i := range u.entries {
		if !concerns(i) {
			continue
		}
		c, err := u.load(i)
		if err != nil {
			return fmt.Errorf("change of %s: %w", u.id(&u.entries[i]), err)
		}
		p.Changes = append(p.Changes, c)
	}
	u.remove(concerns)
	p.reorder()
	return nil
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
