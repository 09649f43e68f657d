package apply

import (
	"cmp"
	"slices"

	"okta-walkme-agent/agent/plan"
)

// leastFailedFirst keeps objects that fail in every run from using up what the breaker allows
// before others have their turn.
func (r *runner) leastFailedFirst(changes []*job) []*job {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b *job) int { return cmp.Compare(r.attempts(a), r.attempts(b)) })
	return sorted
}

// attempts is how often a change of the same user or group has failed in a row.
func (r *runner) attempts(c *job) int {
	rec, _ := r.recorded(c.Type, c.OktaID)
	return rec.Attempts
}

// units cuts the changes, which are in order, into phases of sequences. The
// sequences of one phase may run side by side.
func units(changes []*job) [][][]*job {
	out := make([][][]*job, plan.Phases)
	groups := map[string]int{}
	for _, c := range changes {
		p := c.Phase()
		i, known := groups[c.OktaID]
		if p != plan.PhaseGroups || !known {
			i = len(out[p])
			out[p] = append(out[p], nil)
		}
		if p == plan.PhaseGroups {
			groups[c.OktaID] = i
		}
		out[p][i] = append(out[p][i], c)
	}
	return out
}
