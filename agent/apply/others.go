package apply

import (
	"context"
	"hash/maphash"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// others are the people in step, and those whose change is plain and not under way, or
// everybody while an earlier run is settled: their records stay in the state until a change
// touches one. It is used under the lock of owners.
type others struct {
	ctx     context.Context // of the run; it outlives a stop
	db      *state.DB
	inStep  *plan.InStep    // nil: everybody
	fresh   map[string]bool // Okta ids of people whose first account is under way
	unowned map[string]bool // WalkMe ids that were asked about, and that no person in step has
	owning  bool            // some of the people had a record before the run
	made    map[uint64]bool // hashes of the WalkMe ids that were recorded in this run
	seed    maphash.Seed
	err     error // the first that reading met
}

// inState is where the records of people in step are; nil when there are none.
func (a *Applier) inState(ctx context.Context, inStep *plan.InStep) *others {
	if inStep.Len() == 0 {
		return nil
	}
	return &others{
		ctx: context.WithoutCancel(ctx), db: a.State, inStep: inStep, owning: inStep.Recorded() > 0,
		fresh: map[string]bool{}, unowned: map[string]bool{}, made: map[uint64]bool{}, seed: maphash.MakeSeed(),
	}
}

// everybodyInState is inState before there is a plan.
func (a *Applier) everybodyInState(ctx context.Context) *others {
	return &others{ctx: context.WithoutCancel(ctx), db: a.State, owning: true, unowned: map[string]bool{}}
}

// has says whether a person may be one of them.
func (o *others) has(oktaID string) bool { return o.inStep == nil || o.inStep.Has(oktaID) }

// released notes that the record of a person who has a WalkMe id is in the state alone.
func (o *others) released(walkmeID string) {
	delete(o.unowned, walkmeID)
	if !o.owning {
		o.made[maphash.String(o.seed, walkmeID)] = true
	}
}

// own says whether one of them may have a WalkMe id.
func (o *others) own(walkmeID string) bool {
	return o.owning || o.made[maphash.String(o.seed, walkmeID)]
}

// failure is why the state cannot be read. Then nothing is known of who has what.
func (o *others) failure() error {
	if o == nil {
		return nil
	}
	return o.err
}

// find returns a record, from the state if need be. It needs the lock.
func (g *owners) find(t scim.Type, oktaID string) *state.Record {
	rec := g.records[t][oktaID]
	if rec == nil && t == scim.User {
		g.loadUsers([]string{oktaID})
		rec = g.records[t][oktaID]
	}
	return rec
}

// loadUsers reads the records of those of these people who are among the others. It needs the
// lock.
func (g *owners) loadUsers(oktaIDs []string) {
	if g.others == nil {
		return
	}
	var missing []string
	for _, id := range oktaIDs {
		if g.records[scim.User][id] == nil && !g.others.fresh[id] && g.others.has(id) {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return
	}
	recorded, err := g.others.db.UserRecords(g.others.ctx, missing)
	g.others.note(err)
	for i := range recorded {
		g.put(&recorded[i])
	}
}

func (o *others) note(err error) {
	if o.err == nil {
		o.err = err
	}
}

// owner returns the Okta id of who has a WalkMe object, "" without an owner. It needs the lock.
func (g *owners) owner(t scim.Type, walkmeID string) string {
	id, ok := g.ownerOf[t][walkmeID]
	if ok || t != scim.User || g.others == nil || walkmeID == "" || g.others.unowned[walkmeID] || !g.others.own(walkmeID) {
		return id
	}
	ids, err := g.others.db.UsersOf(g.others.ctx, walkmeID)
	g.others.note(err)
	g.loadUsers(ids)
	if id = g.ownerOf[t][walkmeID]; id == "" && err == nil {
		g.others.unowned[walkmeID] = true
	}
	return id
}

// loadMembers reads, before anything is sent, the records of all who are or will be in
// the groups that change: a member who is not known would be left out of a list.
func (r *runner) loadMembers() error {
	if r.others == nil {
		return nil
	}
	r.owners.mu.Lock()
	defer r.owners.mu.Unlock()
	for _, j := range r.jobs {
		if j.Type != scim.Group {
			continue
		}
		r.loadUsers(j.Members.Add)
		r.loadUsers(j.Members.Remove)
		for _, id := range []string{j.OktaID, j.From} {
			if rec := r.records[scim.Group][id]; rec != nil {
				r.loadUsers(rec.Members)
			}
		}
	}
	return r.others.failure()
}
