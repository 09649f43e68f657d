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
)

// metaSnapshot holds what a stored snapshot needs besides people and groups.
const metaSnapshot = "snapshot"

type storedSnapshot struct {
	App     okta.App  `json:"app"`
	TakenAt time.Time `json:"taken_at"`
}

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
	offline.Config.ConfirmRemovals = false // there is nobody to ask
	plan, err := offline.planFrom(ctx, v, opts)
	if err != nil {
		return nil, err
	}
	plan.Finish(a.about(v))
	return plan, nil
}

func (a *Agent) readStored(ctx context.Context) (*view, error) {
	if a.State == nil {
		return nil, ErrNoSnapshot
	}
	text, err := a.State.Meta(ctx, metaSnapshot)
	if err != nil {
		return nil, fmt.Errorf("stored snapshot: %w", err)
	}
	if text == "" {
		return nil, ErrNoSnapshot
	}
	var stored storedSnapshot
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return nil, fmt.Errorf("stored snapshot: %w", err)
	}
	snap := &okta.Snapshot{App: stored.App, TakenAt: stored.TakenAt}
	err = a.State.EachSourceUser(ctx, func(_ string, body []byte) error {
		var u okta.User
		if err := json.Unmarshal(body, &u); err != nil {
			return err
		}
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
		{"ID", u.ID}, {"UserName", u.UserName}, {"Scope", u.Scope}, {"Status", u.Status}, {"SyncState", u.SyncState},
		{"GroupID", u.GroupID}, {"AccountStatus", u.AccountStatus}, {"TransitioningTo", u.TransitioningTo},
		{"LastUpdated", u.LastUpdated},
	} {
		dst = append(append(dst, sep, '"'), field.name...)
		dst = scim.AppendString(append(dst, `":`...), field.value)
		sep = ','
	}
	dst = append(append(dst, `,"AppProfile":`...), u.AppProfile...)
	dst = append(append(dst, `,"Profile":`...), u.Profile...)
	return append(dst, '}')
}

// saveSnapshotMeta stores the part of a snapshot that is neither people nor
// groups.
func (a *Agent) saveSnapshotMeta(ctx context.Context, v *view) error {
	text, err := json.Marshal(storedSnapshot{v.snap.App, v.snap.TakenAt})
	if err != nil {
		return err
	}
	return a.State.SetMeta(ctx, metaSnapshot, string(text))
}
