package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
)

// SyncPeople brings just these people into step, by Okta id, as soon as Okta's log
// names them: their assignments and memberships are read one by one, everything else
// is taken from the last snapshot. It never replaces a run over everything. The
// report is nil when there is nothing to do, or no snapshot to start from.
func (a *Agent) SyncPeople(ctx context.Context, oktaIDs []string, opts Options) (*Report, error) {
	if len(oktaIDs) == 0 {
		return nil, nil
	}
	opts.Scope = opts.Scope.ToPeople(slices.Clone(oktaIDs))
	v, err := a.readPeople(ctx, opts.Scope)
	if errors.Is(err, ErrNoSnapshot) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	planned, err := a.planFrom(ctx, v, opts)
	if err != nil || planned.Pending() == 0 {
		return nil, err
	}
	return a.Sync(ctx, opts)
}

// readPeople reads what a plan of a few people is made from.
func (a *Agent) readPeople(ctx context.Context, scope plan.Scope) (*view, error) {
	sights, err := a.look(ctx, scope)
	if err != nil {
		return nil, err
	}
	sieve, err := a.newSieve(ctx, scope, sights, nil)
	if err != nil {
		return nil, err
	}
	v, err := a.readSnapshot(ctx, sieve, a.readStoredUsers)
	if err != nil {
		return nil, err
	}
	v.sights = sights
	return v, a.readOver(ctx, v, scope.People())
}

// readOver lays what Okta says now of these people over the stored snapshot.
func (a *Agent) readOver(ctx context.Context, v *view, people []string) error {
	listed := v.listed()
	app, err := a.Okta.App(ctx)
	if err != nil {
		return err
	}
	if app.Status != "ACTIVE" {
		return &okta.InactiveAppError{ID: app.ID, Label: app.Label, Status: app.Status}
	}
	v.snap.App = app
	for _, id := range people {
		if err := a.refreshPerson(ctx, v, id); err != nil {
			return err
		}
	}
	if err := v.sieve.renew(app, v.snap.Users, people); err != nil {
		return err
	}
	if err := a.complete(ctx, v); err != nil {
		return err
	}
	v.assess(listed) // the verdict stays that on the whole list, which was not read anew
	return nil
}

func (a *Agent) refreshPerson(ctx context.Context, v *view, id string) error {
	snap := v.snap
	i, known := slices.BinarySearchFunc(snap.Users, id, func(u okta.User, id string) int { return strings.Compare(u.ID, id) })
	u, err := a.Okta.Assignment(ctx, id)
	if err == nil {
		projection := a.Config.Mapping.Projection()
		u, err = projection.Project(u)
	}
	switch {
	case errors.Is(err, okta.ErrNotFound) && known:
		snap.Users = slices.Delete(snap.Users, i, i+1)
		return nil
	case errors.Is(err, okta.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("assignment of %s: %w", id, err)
	case known:
		snap.Users[i] = u
	default:
		snap.Users = slices.Insert(snap.Users, i, u)
	}
	return refreshMemberships(ctx, a.Okta, v, id)
}

// refreshMemberships puts a person into the pushed groups that Okta says, and takes
// them out of the others, unless Okta shows that group no more: it may have been deleted.
// Okta has all people in a group of its own, "Everyone": a list without any says nothing.
func refreshMemberships(ctx context.Context, client *okta.Client, v *view, id string) error {
	if len(v.snap.Groups) == 0 {
		return nil
	}
	groups, err := client.PersonGroups(ctx, id)
	if err != nil || len(groups) == 0 {
		return err
	}
	for i := range v.snap.Groups {
		g := v.snap.Groups[i] // a copy: the list of one that stays as it is is let go
		if err := v.lists.ReadGroup(&g); err != nil {
			return err
		}
		at, member := slices.BinarySearch(g.Members, id)
		belongs := slices.ContainsFunc(groups, func(r okta.GroupRef) bool { return r.ID == g.ID })
		switch {
		case g.Paused, member == belongs:
			continue
		case belongs:
			g.Members = slices.Insert(g.Members, at, id)
		default:
			there, err := client.ShowsGroup(ctx, g.ID)
			if err != nil {
				return err
			}
			if !there {
				continue
			}
			g.Members = slices.Delete(g.Members, at, at+1)
		}
		v.snap.Groups[i] = g
	}
	return nil
}
