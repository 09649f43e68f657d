package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// GroupsSchema names the shape of a GroupList's JSON.
const GroupsSchema = "okta-walkme-agent/groups/v1"

// GroupList is what Okta's "Push Groups" page shows: the groups that the
// configuration pushes, and those of WalkMe that can be linked.
type GroupList struct {
	Schema    string           `json:"schema"`
	Groups    []PushedGroup    `json:"groups"`    // by name, then Okta id
	Available []AvailableGroup `json:"available"` // by name, then WalkMe id; empty when they were not asked for
}

// GroupStatus is how the push of a group stands.
type GroupStatus string

// The statuses. The first that holds is shown.
const (
	GroupUnreadable GroupStatus = "unreadable" // Okta did not give it: WalkMe's group stays as it is
	GroupPaused     GroupStatus = "paused"     // in Okta, or by the configuration: nothing is sent
	GroupError      GroupStatus = "error"      // the last push failed, or it cannot be pushed at all
	GroupWaiting    GroupStatus = "waiting"    // not pushed yet, or not whole: a later run does it
	GroupActive     GroupStatus = "active"     // pushed
)

// PushedGroup is one group that a source of the configuration names.
type PushedGroup struct {
	OktaID     string      `json:"okta_id"`
	Name       string      `json:"name"`        // in Okta
	WalkMeID   string      `json:"walkme_id"`   // "": none yet
	WalkMeName string      `json:"walkme_name"` // as last acknowledged; "": none yet
	Status     GroupStatus `json:"status"`
	Members    int         `json:"members"`      // acknowledged by WalkMe
	LastPushAt *time.Time  `json:"last_push_at"` // last acknowledgement; null: none
	Error      string      `json:"error"`        // why it is unreadable, paused or in error; else ""
	Sources    []string    `json:"sources"`      // which entries of the configuration name it
}

// AvailableGroup is a group of WalkMe that the agent does not manage, so that a
// source can link to it.
type AvailableGroup struct {
	WalkMeID string `json:"walkme_id"`
	Name     string `json:"name"`
	Members  *int   `json:"members"` // null: WalkMe does not show them
}

// GroupList tells how each pushed group stands, by the state; from Okta where no run
// has stored the groups of this configuration yet. With available it reads WalkMe's
// groups, too.
func (a *Agent) GroupList(ctx context.Context, available bool) (*GroupList, error) {
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return nil, err
	}
	groups, err := a.groupStore().current(ctx, a.Okta)
	if err != nil {
		return nil, err
	}
	records := map[string]*state.Record{}
	recorded, err := a.State.PushedHeads(ctx)
	if err != nil {
		return nil, fmt.Errorf("records of the state: %w", err)
	}
	for i := range recorded {
		if r := &recorded[i]; !plan.Unlinked(r) {
			records[r.SourceID] = r
		}
	}
	list := &GroupList{Schema: GroupsSchema, Groups: []PushedGroup{}, Available: []AvailableGroup{}}
	for _, want := range plan.DesiredGroups(&okta.Snapshot{Groups: groups}) {
		at := slices.IndexFunc(groups, func(g okta.Group) bool { return g.ID == want.OktaID })
		list.Groups = append(list.Groups, pushedGroup(&groups[at], &want, records[want.OktaID]))
	}
	slices.SortFunc(list.Groups, func(a, b PushedGroup) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.OktaID, b.OktaID))
	})
	if available {
		list.Available, err = availableGroups(ctx, a.WalkMe, records)
	}
	return list, err
}

// current are the groups of the last run, or Okta's when the sources are others since. What
// the configuration says of pauses holds at once.
func (s *groupStore) current(ctx context.Context, client *okta.Client) ([]okta.Group, error) {
	if len(s.sources) == 0 {
		return nil, nil
	}
	key, err := groupSources.Load(ctx, s.state)
	if err != nil {
		return nil, err
	}
	if key == s.key() {
		return s.stored(ctx)
	}
	groups, _, err := client.Groups(ctx, okta.GroupRequest{Sources: s.sources, Full: true})
	return groups, err
}

func pushedGroup(g *okta.Group, want *plan.GroupWant, r *state.Record) PushedGroup {
	out := PushedGroup{OktaID: g.ID, Name: g.Name, Status: GroupActive, Sources: slices.Clone(g.Sources)}
	if r != nil {
		out.WalkMeID, out.Members, out.Error = r.ID, len(r.Members)+r.Unread, r.LastError
		if r.ID != "" {
			out.WalkMeName = r.Name
		}
		if !r.UpdatedAt.IsZero() {
			at := r.UpdatedAt
			out.LastPushAt = &at
		}
	}
	switch {
	case g.Unreadable != "":
		out.Status, out.Error = GroupUnreadable, g.Unreadable
	case g.PausedBy != "":
		out.Status, out.Error = GroupPaused, "paused by the configuration: "+g.PausedBy
	case g.Paused:
		out.Status, out.Error = GroupPaused, want.Leave
	case want.Problem:
		out.Status, out.Error = GroupError, want.Leave
	case r != nil && r.Attempts > 0:
		out.Status = GroupError
	case r == nil || r.ID == "" || r.Partial:
		out.Status = GroupWaiting
	}
	return out
}

// availableGroups lists WalkMe's groups without those that the agent manages.
func availableGroups(ctx context.Context, client *walkme.Client, managed map[string]*state.Record) ([]AvailableGroup, error) {
	taken := map[string]bool{}
	for _, r := range managed {
		taken[r.ID] = true
	}
	out, echoes := []AvailableGroup{}, false // some servers show an empty list of every group's members
	for g, err := range client.Groups(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe groups: %w", err)
		}
		echoes = echoes || len(g.Members) > 0
		if taken[g.ID] {
			continue
		}
		one := AvailableGroup{WalkMeID: g.ID, Name: g.DisplayName}
		if g.MembersShown {
			n := len(g.Members)
			one.Members = &n
		}
		out = append(out, one)
	}
	for i := range out {
		if !echoes {
			out[i].Members = nil
		}
	}
	slices.SortFunc(out, func(a, b AvailableGroup) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.WalkMeID, b.WalkMeID))
	})
	return out, nil
}
