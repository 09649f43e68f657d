package apply

import (
	"iter"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
)

// loadedAtOnce is how many changes that are not in memory are read at a time.
const loadedAtOnce = 64

// inOrder yields the sequences of a phase, and the changes that are not in memory in their
// places among them; those are read as they have their turn. What has failed before comes
// last.
func (r *runner) inOrder(phase plan.Phase, sequences [][]*job) iter.Seq[[]*job] {
	return func(yield func([]*job) bool) {
		next := 0
		for j := range r.storedJobs(phase) {
			for ; next < len(sequences) && sequences[next][0].Seq < j.Seq && r.attempts(sequences[next][0]) == 0; next++ {
				if !yield(sequences[next]) {
					return
				}
			}
			if !yield([]*job{j}) {
				return
			}
		}
		for _, sequence := range sequences[next:] {
			if !yield(sequence) {
				return
			}
		}
	}
}

// storedJobs yields the changes of a phase that are not in memory. When one cannot be read,
// the run is stopped.
func (r *runner) storedJobs(phase plan.Phase) iter.Seq[*job] {
	return func(yield func(*job) bool) {
		var page []plan.StoredChange
		flush := func() bool {
			jobs, err := r.load(page)
			if err != nil {
				r.stop("the changes cannot be read", err)
				return false
			}
			page = page[:0]
			for _, j := range jobs {
				if !yield(j) {
					return false
				}
			}
			return true
		}
		for s := range r.plan.Stored(phase) {
			if page = append(page, s); len(page) == loadedAtOnce && !flush() {
				return
			}
		}
		flush()
	}
}

// load reads changes, and the records of their people.
func (r *runner) load(page []plan.StoredChange) ([]*job, error) {
	jobs := make([]*job, len(page))
	var recorded, fresh []string
	for i, s := range page {
		c, err := r.plan.Load(s)
		if err != nil {
			return nil, err
		}
		jobs[i] = &job{Change: c, stored: &s}
		if c.Action == plan.Create {
			fresh = append(fresh, c.OktaID)
		} else {
			recorded = append(recorded, c.OktaID)
		}
	}
	return jobs, r.take(recorded, fresh)
}

// endStored puts a change that was not in memory back, and lets go of its person, unless
// there is more to say of it.
func (r *runner) endStored(j *job) {
	if j.stored == nil {
		return
	}
	r.mu.Lock()
	kept, err := r.plan.End(*j.stored, j.Change)
	if kept {
		r.kept = append(r.kept, j)
	}
	r.mu.Unlock()
	if err != nil {
		r.stop("what became of a change cannot be stored", err)
	}
	if !kept {
		r.release(j.OktaID)
	}
}

// take reads the records of people who have one, and notes of others that they have none.
func (g *owners) take(recorded, fresh []string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, id := range fresh {
		g.others.fresh[id] = true
	}
	g.loadUsers(recorded)
	return g.others.failure()
}

// release lets go of a person's record, which is in the state.
func (g *owners) release(oktaID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.others.fresh, oktaID)
	rec := g.records[scim.User][oktaID]
	if rec == nil {
		return
	}
	delete(g.records[scim.User], oktaID)
	for _, m := range []map[string]string{g.ownerOf[scim.User], g.claims[scim.User]} {
		if m[rec.ID] == oktaID {
			delete(m, rec.ID)
		}
	}
	g.others.released(rec.ID)
}
