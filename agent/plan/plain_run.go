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

func (pc *PlainChanges) load(i int) (*Change, error) {
	c, want, err := pc.read(i)
	if err != nil {
		return nil, err
	}
	var w wanted
	if err := json.Unmarshal(want, &w); err != nil {
		return nil, err
	}
	c.clearsNothing = pc.clearsNothing
	c.Needs = Needs{Careful: pc.careful, Want: &Person{
		Resource: scim.Resource{Type: scim.User, SourceID: c.OktaID, Active: w.Active, Attributes: w.Attributes},
		Presence: Present, Why: w.Why, SourceDigest: w.SourceDigest, AssignedAt: w.AssignedAt,
	}}
	return c, nil
}

// End takes what became of a plain change. kept says that there is more to say of it than
// that it was applied, or had no turn: the change is in memory again, and EndRun puts it
// among Changes.
func (p *Plan) End(s StoredChange, c *Change) (kept bool, err error) {
	pc := p.plain
	if c.NotShown = scim.SortedSet(c.NotShown); c.Outcome != Applied || len(c.NotShown) == 0 {
		c.NotShown = nil
	}
	unseen, ok := 0, true
	if len(c.NotShown) > 0 {
		unseen, ok = setOf(&pc.unseenSets, c.NotShown, math.MaxUint8-1)
	}
	if !ok || c.Outcome != Skipped && (c.Outcome != Applied || c.Error != "") {
		pc.entries[s.at].size = 0
		pc.back = append(pc.back, c)
		return true, nil
	}
	if len(c.NotShown) > 0 {
		pc.unseen[s.at] = uint8(unseen + 1)
	}
	pc.outcomes[c.Outcome]++
	return false, pc.rewrite(s.at, c)
}

// unwritten is a change whose outcome waits to be written with others.
type unwritten struct {
	at int // among the entries
	c  *Change
}

// stillUnwritten leaves out what is in the store by now.
func (pc *PlainChanges) stillUnwritten() []unwritten {
	written := pc.size - int64(pc.out.Buffered())
	return slices.DeleteFunc(pc.unwritten, func(u unwritten) bool {
		e := &pc.entries[u.at]
		return e.at+int64(e.size) <= written
	})
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
// taken out of what it does not show of a single person. What cannot be written comes back
// into memory, so that all changes can be read after an error, too.
func (p *Plan) EndRun(shown *Shown) error {
	if p.plain == nil {
		return nil
	}
	if err := p.endWriting(); err != nil {
		return err
	}
	err := p.plain.seeAll(shown)
	if lost := p.endWriting(); err == nil {
		err = lost
	}
	return err
}

// endWriting takes what came back into memory, and what the store does not take any more,
// among Changes.
func (p *Plan) endWriting() error {
	pc := p.plain
	err := pc.out.Flush()
	for _, u := range pc.stillUnwritten() { // none, unless the store takes no more
		pc.entries[u.at].size = 0
		pc.outcomes[u.c.Outcome]--
		pc.back = append(pc.back, u.c)
	}
	pc.unwritten = nil
	pc.remove(func(i int) bool { return pc.entries[i].size == 0 })
	p.Changes = append(p.Changes, pc.back...)
	slices.SortFunc(p.Changes, func(a, b *Change) int { return cmp.Compare(a.Seq, b.Seq) })
	pc.back = nil
	return err
}

// seeAll takes what WalkMe has shown out of what it does not show.
func (pc *PlainChanges) seeAll(shown *Shown) error {
	for i, set := range pc.unseenSets {
		left := slices.DeleteFunc(slices.Clone(set), shown.Has)
		if len(left) < len(set) {
			if err := pc.see(uint8(i+1), left); err != nil {
				return err
			}
		}
		pc.unseenSets[i] = left
	}
	return nil
}

// see says in the changes with one set of paths that are not shown that no more than these are
// left of it.
func (pc *PlainChanges) see(set uint8, left []string) error {
	for i := range pc.entries {
		if pc.unseen[i] != set {
			continue
		}
		c, _, err := pc.read(i)
		if err != nil {
			return err
		}
		if c.NotShown = left; len(left) == 0 {
			c.NotShown, pc.unseen[i] = nil, 0
		}
		c.Seq = int(pc.seqs[i])
		if err := pc.rewrite(i, c); err != nil {
			return err
		}
	}
	return nil
}

// rewrite stores a change once more, with what has become of it.
func (pc *PlainChanges) rewrite(i int, c *Change) error {
	if err := pc.write(&pc.entries[i], c, nil); err != nil {
		return err
	}
	pc.unwritten = append(pc.stillUnwritten(), unwritten{i, c})
	return nil
}

// notShown is how many people have a value that WalkMe does not show, without those who are
// counted already, and whether there are any.
func (pc *PlainChanges) notShown(counted func(oktaID string) bool) (n int, some bool) {
	if pc == nil {
		return 0, false
	}
	for i, set := range pc.unseen {
		if set == 0 {
			continue
		}
		some = true
		if !counted(string(pc.id(&pc.entries[i]))) {
			n++
		}
	}
	return n, some
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
