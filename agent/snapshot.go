package agent

import (
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// snapshotFor reads all that a plan of a scope is made from.
func (a *Agent) snapshotFor(ctx context.Context, scope plan.Scope, run sifting) (*view, error) {
	if scope.People() != nil {
		return a.readPeople(ctx, scope)
	}
	return a.snapshot(ctx, scope, run)
}

// snapshot reads Okta and stores what the next run can build on.
func (a *Agent) snapshot(ctx context.Context, scope plan.Scope, run sifting) (*view, error) {
	sights, err := a.look(ctx, scope)
	if err != nil {
		return nil, err
	}
	people, err := a.State.SaveSourceUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	defer people.Rollback() //nolint:errcheck // after Commit it does nothing, before it there is an error already
	run.writer = people
	sieve, err := a.newSieve(ctx, scope, sights, &run)
	if err != nil {
		return nil, err
	}
	v, err := a.read(ctx, sieve, (&userStore{writer: people}).add)
	if err != nil {
		return nil, err
	}
	v.sights = sights
	if err := people.Commit(); err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	if err := a.groupStore().save(ctx, v.snap, v.fullGroups); err != nil {
		return nil, err
	}
	if err := a.State.SaveMapping(ctx, a.Config.Mapping.Digest(), a.Config.Mapping.Expressions()); err != nil {
		return nil, fmt.Errorf("mapping in the state: %w", err)
	}
	if err := errors.Join(
		lastSnapshot.Save(ctx, a.State, storedSnapshot{v.snap.App, v.snap.TakenAt}),
		listLengths.Save(ctx, a.State, v.counts),
		lastMapping.Save(ctx, a.State, a.Config.Mapping.Digest()),
	); err != nil {
		return nil, err
	}
	return v, forgetNeverLanded(ctx, a.State, v)
}

// forgetNeverLanded drops the failures of people and groups that are not wanted
// any more and that WalkMe never had.
func forgetNeverLanded(ctx context.Context, db *state.DB, v *view) error {
	wanted := map[string]bool{}
	for i := range v.groups {
		wanted[v.groups[i].OktaID] = true
	}
	kept := v.recorded[:0]
	for _, r := range v.recorded {
		person := v.desired.Find(r.SourceID)
		gone := r.ID == "" && !wanted[r.SourceID] && (person == nil || person.Presence == plan.Absent)
		if !gone {
			kept = append(kept, r)
			continue
		}
		if err := db.Forget(ctx, r.Type, r.SourceID); err != nil {
			return fmt.Errorf("failure of %s in the state: %w", r.SourceID, err)
		}
	}
	v.recorded = kept
	return nil
}
