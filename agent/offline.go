package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// ErrNoSnapshot says that no run has stored a snapshot yet.
var ErrNoSnapshot = errors.New("no run has read Okta yet, so there is no snapshot to plan from")

// PlanOffline plans from the last snapshot that a run has stored, without any
// network: to try a mapping. Creates may turn out as links.
func (a *Agent) PlanOffline(ctx context.Context, opts Options) (*plan.Plan, error) {
	v, err := a.readStored(ctx, opts.Scope)
	if err != nil {
		return nil, err
	}
	offline := *a
	offline.Okta, offline.WalkMe, offline.Config.ConfirmRemovals = nil, nil, false
	planned, err := offline.planFrom(ctx, v, opts)
	if err != nil {
		return nil, err
	}
	return planned, planned.Finish(a.about(v))
}

func (a *Agent) readStored(ctx context.Context, scope plan.Scope) (*view, error) {
	sieve, err := a.newSieve(ctx, scope, nil, nil)
	if err != nil {
		return nil, err
	}
	v, err := a.readSnapshot(ctx, sieve, a.readStoredUsers)
	if err != nil {
		return nil, err
	}
	if err := a.complete(ctx, v); err != nil {
		return nil, err
	}
	v.assess(v.listed())
	return v, nil
}

// readSnapshot reads the stored snapshot; its people are read by readUsers.
func (a *Agent) readSnapshot(ctx context.Context, sieve *sieve, readUsers func(context.Context, *view) error) (*view, error) {
	stored, err := lastSnapshot.Load(ctx, a.State)
	if err != nil {
		return nil, err
	}
	if stored.TakenAt.IsZero() {
		return nil, ErrNoSnapshot
	}
	v := &view{sieve: sieve, lists: memberLists(ctx, a.State), snap: &okta.Snapshot{App: stored.App, TakenAt: stored.TakenAt}}
	if err := readUsers(ctx, v); err != nil {
		return nil, fmt.Errorf("stored people: %w", err)
	}
	v.snap.Groups, err = a.groupStore().stored(ctx)
	return v, err
}

// StoredApp returns the app of the last snapshot, and when that was taken, or
// [ErrNoSnapshot].
func StoredApp(ctx context.Context, db *state.DB) (okta.App, time.Time, error) {
	stored, err := lastSnapshot.Load(ctx, db)
	if err == nil && stored.TakenAt.IsZero() {
		err = ErrNoSnapshot
	}
	return stored.App, stored.TakenAt, err
}
