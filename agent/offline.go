package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// ErrNoSnapshot says that no run has stored a snapshot yet.
var ErrNoSnapshot = errors.New("no run has read Okta yet, so there is no snapshot to plan from")

// PlanOffline plans from the last snapshot that a run has stored, without any
// network: to try a mapping. Creates may turn out as links.
func (a *Agent) PlanOffline(ctx context.Context, opts Options) (*plan.Plan, error) {
	v, err := a.readStored(ctx)
	if err != nil {
		return nil, err
	}
	offline := *a
	offline.Config.ConfirmRemovals = false // Okta is not asked
	planned, err := offline.planFrom(ctx, v, opts)
	if err != nil {
		return nil, err
	}
	planned.Finish(a.about(v))
	return planned, nil
}

func (a *Agent) readStored(ctx context.Context) (*view, error) {
	stored, err := lastSnapshot.Load(ctx, a.State)
	if err != nil {
		return nil, err
	}
	if stored.TakenAt.IsZero() {
		return nil, ErrNoSnapshot
	}
	snap := &okta.Snapshot{App: stored.App, TakenAt: stored.TakenAt}
	err = a.State.EachSourceUser(ctx, func(_ string, body []byte) error {
		var u okta.User
		if err := json.Unmarshal(body, &u); err != nil {
			return err
		}
		snap.Names.Add(u.Profile, u.AppProfile)
		snap.Users = append(snap.Users, u)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stored people: %w", err)
	}
	groups, err := a.State.SourceGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("stored groups: %w", err)
	}
	for _, g := range groups {
		snap.Groups = append(snap.Groups, knownGroup(g))
	}
	v := &view{snap: snap}
	if err := a.readState(ctx, v); err != nil {
		return nil, err
	}
	a.translate(v)
	v.assess()
	return v, nil
}

// appendUser writes an assignment as JSON, as encoding/json reads it. The profiles
// are JSON already, and to have it checked again costs a second in a big org.
func appendUser(dst []byte, u okta.User) []byte {
	sep := byte('{')
	for _, field := range []struct{ name, value string }{
		{"ID", u.ID}, {"UserName", u.UserName}, {"Scope", u.Scope}, {"Status", u.Status},
		{"GroupID", u.GroupID}, {"AccountStatus", u.AccountStatus}, {"LastUpdated", u.LastUpdated},
	} {
		dst = append(append(dst, sep, '"'), field.name...)
		dst = scim.AppendString(append(dst, `":`...), field.value)
		sep = ','
	}
	dst = append(append(dst, `,"AppProfile":`...), u.AppProfile...)
	dst = append(append(dst, `,"Profile":`...), u.Profile...)
	return append(dst, '}')
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
