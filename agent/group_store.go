package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// groupStore keeps Okta's groups from run to run, so that the members of those that have
// not changed need not be read again.
type groupStore struct {
	state    *state.DB
	sources  []okta.GroupSource
	fullRead time.Duration // see Config.GroupFullRead
	now      func() time.Time
}

func (a *Agent) groupStore() *groupStore {
	return &groupStore{state: a.State, sources: a.Config.GroupSources, fullRead: a.Config.GroupFullRead, now: a.now}
}

// request asks for a full read of the groups when one is due, when the sources changed, or
// when nothing is stored.
func (s *groupStore) request(ctx context.Context) (req okta.GroupRequest, full bool, err error) {
	req.Sources, req.Full = s.sources, true
	if len(req.Sources) == 0 {
		return req, true, nil
	}
	if req.Known, err = s.stored(ctx); err != nil {
		return req, true, err
	}
	req.Members = s.state.SourceMembers
	if s.fullRead <= 0 {
		return req, true, nil
	}
	since, err1 := groupsSince.Load(ctx, s.state)
	fullAt, err2 := groupsFullAt.Load(ctx, s.state)
	sources, err3 := groupSources.Load(ctx, s.state)
	if err := errors.Join(err1, err2, err3); err != nil {
		return req, true, err
	}
	age := s.now().Sub(fullAt)
	if since.IsZero() || fullAt.IsZero() || age < 0 || age >= s.fullRead || sources != s.key() {
		return req, true, nil
	}
	req.Full, req.Since = false, since
	return req, false, nil
}

// key names the sources, to tell whether the stored groups came from them.
func (s *groupStore) key() string {
	key, err := json.Marshal(s.sources)
	if err != nil {
		return "" // never equal to a stored key: a full read is the safe answer
	}
	return string(key)
}

// stored are the groups of the last run that stored any, without the ids of their members.
func (s *groupStore) stored(ctx context.Context) ([]okta.Group, error) {
	stored, err := s.state.SourceGroupHeads(ctx)
	if err != nil {
		return nil, fmt.Errorf("stored groups: %w", err)
	}
	var groups []okta.Group
	for _, g := range stored {
		groups = append(groups, knownGroup(g))
	}
	return groups, nil
}

// knownGroup keeps "no members" apart from "not read", which only a paused or
// unreadable group is stored with.
func knownGroup(g state.SourceGroup) okta.Group {
	if g.Unread == 0 && !g.Paused && g.Unreadable == "" {
		g.Members = []string{}
	}
	return okta.Group{
		ID: g.ID, Name: g.Name, Description: g.Description, LastUpdated: g.LastUpdated,
		LastMembershipUpdated: g.LastMembershipUpdated, Link: g.Link, Sources: g.Sources,
		Paused: g.Paused, PausedBy: g.PausedBy, Unreadable: g.Unreadable, Members: g.Members, Unread: g.Unread,
	}
}

// save stores the groups of a snapshot, so that the next one misses those that Okta fails
// to show. A group that could not be read is stored as such, with the members that it had.
// full says that the members of all groups were read.
func (s *groupStore) save(ctx context.Context, snap *okta.Snapshot, full bool) error {
	if len(s.sources) == 0 {
		return nil
	}
	var stored []state.SourceGroup
	for _, g := range snap.Groups {
		stored = append(stored, state.SourceGroup{
			ID: g.ID, Name: g.Name, Description: g.Description, LastUpdated: g.LastUpdated,
			LastMembershipUpdated: g.LastMembershipUpdated, Link: g.Link, Sources: g.Sources,
			Paused: g.Paused, PausedBy: g.PausedBy, Unreadable: g.Unreadable, Members: g.Members, Unread: g.Unread,
		})
	}
	meta := map[string]string{
		groupsSince.key:  snap.Watermark.UTC().Format(time.RFC3339),
		groupSources.key: s.key(),
	}
	if full {
		meta[groupsFullAt.key] = s.now().UTC().Format(time.RFC3339)
	}
	if err := s.state.SaveSourceGroups(ctx, stored, meta); err != nil {
		return fmt.Errorf("groups of the snapshot: %w", err)
	}
	return nil
}
