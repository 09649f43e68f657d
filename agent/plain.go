package agent

import (
	"context"
	"fmt"
	"hash/maphash"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// plain lets people go whose change is plain (see plan.PlainChanges), once there are so
// many that a plan should not hold them in memory.
type plain struct {
	a      *Agent     // nil: none are let go
	in     plan.Input // what makes a change plain
	runs   bool       // the changes are to be carried out
	people int        // that may have one
	spared int        // plain changes that are held in memory all the same
	rows   state.RowSet
	taken  map[uint64]bool // hashes of the userNames on record; nil: not read yet
	seed   maphash.Seed
	pushed map[uint64]bool // hashes of the Okta ids of all members on record; nil: not read yet
}

// manyChanges is how many plain changes a plan or a run holds in memory before it takes a
// file.
const manyChanges = 10_000

// SpillBeside has plans and runs of very many changes keep most of them in a file beside
// the state at this path (see Spill), which is made when the first one is due. The caller
// gives it back when the plan, or the report, has been read.
func (a *Agent) SpillBeside(statePath string) (giveBack func()) {
	var file *state.Scratch
	a.SpillFrom = manyChanges
	a.Spill = func() (plan.ChangeStore, error) {
		var err error
		if file, err = state.NewScratch(statePath); err != nil {
			return nil, err
		}
		return file, nil
	}
	return func() {
		a.Spill = nil
		_ = file.Close() // its content is not wanted any more
	}
}

func newPlain(a *Agent, scope plan.Scope, people int, runs bool) plain {
	if a.Spill == nil {
		return plain{}
	}
	return plain{a: a, people: people, runs: runs, in: plan.Input{
		Policy: a.Config.Policy, Mapping: a.Config.Mapping, Earlier: map[string]map[string]string{}, Scope: scope,
	}}
}

// change returns the change of a person who is let go with it; nil: the person is kept.
func (p *plain) change(ctx context.Context, person *plan.Person, r *state.Record, shown *sights) (*plan.Change, error) {
	if p.a == nil || shown.isGone(person.SourceID) {
		return nil, nil
	}
	if r == nil {
		taken, err := p.isTaken(ctx, person.Name())
		if taken || err != nil {
			return nil, err
		}
		returns, err := p.isMember(ctx, person.SourceID)
		if returns || err != nil {
			return nil, err
		}
	} else if _, known := p.in.Earlier[r.MappingDigest]; !known && r.MappingDigest != "" {
		earlier, err := p.a.State.Mapping(ctx, r.MappingDigest)
		if err != nil {
			return nil, fmt.Errorf("earlier mapping: %w", err)
		}
		p.in.Earlier[r.MappingDigest] = earlier
	}
	c := p.compared(person, r, shown)
	if c != nil && p.spared < p.a.SpillFrom {
		p.spared++
		return nil, nil
	}
	return c, nil
}

// compared is the plain change of a person whose account is as WalkMe shows it, where that is
// known. Of what WalkMe shows otherwise than it took it, the change has to say all, since a
// failure of it goes by the change.
func (p *plain) compared(person *plan.Person, r *state.Record, shown *sights) *plan.Change {
	if r == nil || shown == nil {
		return plan.PlainChange(person, r, &p.in)
	}
	in := p.in
	in.Pushed = map[string]state.Record{plan.ObjectKey(scim.User, r.SourceID): *r}
	c := plan.PlainChange(person, shown.overlay(r), &in)
	if c == nil || !shown.areIn(c) {
		return nil
	}
	return c
}

// isTaken says whether a record most likely has a userName: of a person who has left, or who
// gets another one.
func (p *plain) isTaken(ctx context.Context, userName string) (bool, error) {
	if p.spared < p.a.SpillFrom {
		return false, nil
	}
	if p.taken == nil {
		p.taken = map[uint64]bool{}
		if err := p.a.State.EachName(ctx, scim.User, func(_, name string) error {
			p.taken[plan.HashName(name)] = true
			return nil
		}); err != nil {
			return false, err
		}
	}
	return p.taken[plan.HashName(userName)], nil
}

// isMember says whether a group on record most likely has a person as a member, whose account
// was forgotten since: with a new one they are pushed into it again.
func (p *plain) isMember(ctx context.Context, oktaID string) (bool, error) {
	if p.spared < p.a.SpillFrom {
		return false, nil
	}
	if p.pushed == nil {
		p.pushed, p.seed = map[uint64]bool{}, maphash.MakeSeed()
		groups, err := p.a.State.PushedHeads(ctx)
		if err != nil {
			return false, err
		}
		for i := range groups {
			members, err := p.a.State.PushedMembers(ctx, groups[i].SourceID)
			if err != nil {
				return false, err
			}
			for _, id := range members {
				p.pushed[maphash.String(p.seed, id)] = true
			}
		}
	}
	return p.pushed[maphash.String(p.seed, oktaID)], nil
}

// make makes room for the changes of all people who may have one.
func (p *plain) make() (*plan.PlainChanges, error) {
	file, err := p.a.Spill()
	if err != nil {
		return nil, err
	}
	return plan.NewPlainChanges(file, p.people, p.runs), nil
}

// isKeptDiffering is isKept of a person who is not in step. Of one who came before the plan
// decides, and of one whose assignment is not stored, unless the person is new.
func (s *sieve) isKeptDiffering(row int64, r *state.Record, person *plan.Person) (bool, error) {
	if row != 0 && s.passed.Has(row) || row == 0 && (r != nil || s.loose[person.SourceID]) {
		return true, nil
	}
	change, err := s.plain.change(s.ctx, person, r, s.shown)
	if change == nil {
		return true, err
	}
	if row == 0 {
		s.loose[person.SourceID] = true
	} else {
		s.passed.Add(row)
		s.plain.rows.Add(row)
	}
	if r != nil && s.unmapped {
		s.inStep.CountUnmapped(r, s.a.Config.Mapping, 1)
	}
	s.inStep.AddPerson(person)
	return false, s.inStep.AddPlain(change, s.plain.make)
}
