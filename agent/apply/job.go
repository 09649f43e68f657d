package apply

import (
	"sync/atomic"

	"okta-walkme-agent/agent/plan"
)

// job is a change while it is carried out.
type job struct {
	*plan.Change
	stored *plan.StoredChange // where the change is when it is not carried out; nil: in memory
	turn   *turn              // nil: another change, which has one, carries this one out

	failure    error     // what Error says
	partly     bool      // NotShown holds members because the list that WalkMe shows is a part
	journalled bool      // an entry of it is in the journal
	partSent   bool      // some of its members were pushed
	activates  bool      // the account was seen inactive in this run
	renaming   *renaming // group renames: see renameOnce
	after      *job      // the rename that frees the name which this change gives
}

// renaming lets a rename happen once: in its own place in the plan or, if that comes
// sooner, before the change that needs the name which it frees.
type renaming struct {
	begun atomic.Bool
	ended chan struct{} // closed when did and err are there
	did   *job
	err   error
}

// jobsOf makes jobs of changes, in their order.
func jobsOf(changes []*plan.Change) []*job {
	jobs := make([]*job, len(changes))
	byChange := make(map[*plan.Change]*job, len(changes))
	for i, c := range changes {
		jobs[i] = &job{Change: c}
		byChange[c] = jobs[i]
	}
	for _, j := range jobs {
		j.after = byChange[j.After]
		if j.Action == plan.GroupRename {
			j.renaming = &renaming{ended: make(chan struct{}), did: j.copy()}
		}
	}
	for _, j := range jobs {
		if j.renaming != nil {
			j.renaming.did.after = j.after
		}
	}
	return jobs
}

// copy returns a job of its own on a change of its own, for work whose outcome is not
// the whole outcome.
func (j *job) copy() *job {
	change := *j.Change
	return &job{Change: &change, activates: j.activates, renaming: j.renaming, after: j.after}
}
