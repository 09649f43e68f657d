package agent

import (
	"context"
	"fmt"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// updates lets people go whose update is plain (see plan.Updates), once there are so many
// that a plan should not hold them in memory.
type updates struct {
	a      *Agent     // nil: none are let go
	in     plan.Input // what makes an update plain
	people int        // that may have one
	spared int        // plain updates that are held in memory all the same
	rows   state.RowSet
}

// manyUpdates is how many plain updates a plan holds in memory before it takes a file.
const manyUpdates = 10_000

// SpillBeside has plans of very many updates keep most of them in a file beside the state
// at this path (see Spill), which is made when the first one is due. The caller gives it
// back when the plan has been read.
func (a *Agent) SpillBeside(statePath string) (giveBack func()) {
	var file *state.Scratch
	a.SpillFrom = manyUpdates
	a.Spill = func() (plan.UpdateStore, error) {
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

func newUpdates(a *Agent, people int) updates {
	if a.Spill == nil {
		return updates{}
	}
	return updates{a: a, people: people, in: plan.Input{
		Policy: a.Config.Policy, Mapping: a.Config.Mapping, Earlier: map[string]map[string]string{},
	}}
}

// plain returns the update of a person who is let go with it; nil: the person is kept.
func (u *updates) plain(ctx context.Context, person *plan.Person, r *state.Record) (*plan.Change, error) {
	if u.a == nil || r == nil {
		return nil, nil
	}
	if _, known := u.in.Earlier[r.MappingDigest]; !known && r.MappingDigest != "" {
		earlier, err := u.a.State.Mapping(ctx, r.MappingDigest)
		if err != nil {
			return nil, fmt.Errorf("earlier mapping: %w", err)
		}
		u.in.Earlier[r.MappingDigest] = earlier
	}
	c := plan.PlainUpdate(person, r, &u.in)
	if c != nil && u.spared < u.a.SpillFrom {
		u.spared++
		return nil, nil
	}
	return c, nil
}

// isKeptDiffering is isKept of a person who is not in step. Of one who came before, or whose
// assignment is not stored, the plan decides.
func (s *sieve) isKeptDiffering(row int64, r *state.Record, person *plan.Person) (bool, error) {
	if row == 0 || s.passed.Has(row) {
		return true, nil
	}
	update, err := s.updates.plain(s.ctx, person, r)
	if update == nil {
		return true, err
	}
	s.passed.Add(row)
	s.updates.rows.Add(row)
	if s.unmapped {
		s.inStep.CountUnmapped(r, s.a.Config.Mapping, 1)
	}
	s.inStep.AddPerson(person)
	return false, s.inStep.Update(update, s.a.Spill, s.updates.people)
}
