package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/okta"
)

// SyncPeople brings just these people into step, by Okta id, as soon as Okta's
// log names them: their assignments are read one by one, everything else is taken
// from the last snapshot. It never replaces a run over everything. The report is
// nil when there is nothing to do, or no snapshot to start from.
func (a *Agent) SyncPeople(ctx context.Context, oktaIDs []string, opts Options) (*Report, error) {
	opts.only = slices.Sorted(slices.Values(oktaIDs))
	v, err := a.readPeople(ctx, opts.only)
	if errors.Is(err, ErrNoSnapshot) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	plan, err := a.planFrom(ctx, v, opts)
	if err != nil || plan.Pending() == 0 {
		return nil, err
	}
	return a.Sync(ctx, opts)
}

// readPeople lays fresh assignments of these people over the stored snapshot.
func (a *Agent) readPeople(ctx context.Context, oktaIDs []string) (*view, error) {
	v, err := a.readStored(ctx)
	if err != nil {
		return nil, err
	}
	app, err := a.Okta.App(ctx)
	if err != nil {
		return nil, err
	}
	if app.Status != "ACTIVE" {
		return nil, &okta.InactiveAppError{ID: app.ID, Label: app.Label, Status: app.Status}
	}
	v.snap.App = app
	for _, id := range oktaIDs {
		if err := a.refreshAssignment(ctx, v.snap, id); err != nil {
			return nil, err
		}
	}
	a.translate(v)
	v.assess()
	return v, nil
}

func (a *Agent) refreshAssignment(ctx context.Context, snap *okta.Snapshot, id string) error {
	i, known := slices.BinarySearchFunc(snap.Users, id, func(u okta.User, id string) int { return strings.Compare(u.ID, id) })
	u, err := a.Okta.Assignment(ctx, id)
	switch {
	case errors.Is(err, okta.ErrNotFound) && known:
		snap.Users = slices.Delete(snap.Users, i, i+1)
	case errors.Is(err, okta.ErrNotFound):
	case err != nil:
		return fmt.Errorf("assignment of %s: %w", id, err)
	case known:
		snap.Users[i] = u
	default:
		snap.Users = slices.Insert(snap.Users, i, u)
	}
	return nil
}

// concerns says whether a change is about one of these people: their account, or
// their membership.
func (c *Change) concerns(oktaIDs []string) bool {
	named := func(id string) bool { return contains(oktaIDs, id) }
	return named(c.OktaID) || slices.ContainsFunc(c.Members.Add, named) || slices.ContainsFunc(c.Members.Remove, named)
}
