package agent

import (
	"cmp"
	"slices"
	"sync"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// registry is the register of managed resources while a run goes on: what the
// state holds, kept current in memory.
type registry struct {
	mu      sync.Mutex
	records map[scim.Type]map[string]*state.Record // by Okta id; never changed in place
	owners  map[scim.Type]map[string]string        // WalkMe id → Okta id
}

// newRegistry takes the records over; the caller must not change them any more.
func newRegistry(recorded []state.Record) *registry {
	g := &registry{
		records: map[scim.Type]map[string]*state.Record{scim.User: {}, scim.Group: {}},
		owners:  map[scim.Type]map[string]string{scim.User: {}, scim.Group: {}},
	}
	for i := range recorded {
		r := &recorded[i]
		g.records[r.Type][r.SourceID] = r
		if r.ID != "" {
			g.owners[r.Type][r.ID] = r.SourceID
		}
	}
	return g
}

func (g *registry) record(t scim.Type, oktaID string) (state.Record, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if rec := g.records[t][oktaID]; rec != nil {
		return *rec, true
	}
	return state.Record{}, false
}

func (g *registry) remember(rec state.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if old := g.records[rec.Type][rec.SourceID]; old != nil && old.ID != rec.ID && g.owners[rec.Type][old.ID] == rec.SourceID {
		delete(g.owners[rec.Type], old.ID)
	}
	g.records[rec.Type][rec.SourceID] = &rec
	if rec.ID != "" {
		g.owners[rec.Type][rec.ID] = rec.SourceID
	}
}

func (g *registry) forget(c *Change) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.records[c.Type], c.OktaID)
	delete(g.owners[c.Type], c.WalkMeID)
}

// owner returns the record that manages a WalkMe object, unless it is that of
// the given Okta id itself.
func (g *registry) owner(t scim.Type, walkmeID, oktaID string) (state.Record, bool) {
	id := g.ownerID(t, walkmeID)
	if id == "" || id == oktaID {
		return state.Record{}, false
	}
	return g.record(t, id)
}

func (g *registry) ownerID(t scim.Type, walkmeID string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.owners[t][walkmeID]
}

// provisioned translates Okta ids to WalkMe's, at the last moment. Whoever has no
// account, because the create failed a moment ago, is left out of both lists.
func (g *registry) provisioned(oktaIDs []string) (ids []string, members []walkme.Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ids, members = make([]string, 0, len(oktaIDs)), make([]walkme.Member, 0, len(oktaIDs))
	for _, id := range oktaIDs {
		if rec := g.records[scim.User][id]; rec != nil && rec.ID != "" {
			ids = append(ids, id)
			members = append(members, walkme.Member{ID: rec.ID, Display: rec.Name})
		}
	}
	return ids, members
}

// active leaves out whoever has no active account, because the create or the
// reactivation failed a moment ago: a later run adds them.
func (g *registry) active(oktaIDs []string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(oktaIDs), func(id string) bool {
		rec := g.records[scim.User][id]
		return rec == nil || !rec.Active
	})
}

// groups returns the records of the groups, sorted by Okta id.
func (g *registry) groups() []state.Record {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]state.Record, 0, len(g.records[scim.Group]))
	for _, rec := range g.records[scim.Group] {
		out = append(out, *rec)
	}
	slices.SortFunc(out, func(a, b state.Record) int { return cmp.Compare(a.SourceID, b.SourceID) })
	return out
}

// comesBack returns the groups that are recorded to hold a person, due to be
// pushed whole, sorted by Okta id. WalkMe may have dropped a membership together
// with the account, or may have kept it: the record goes on to hold it, so that it
// is taken away where Okta does not grant it any more.
func (g *registry) comesBack(oktaID string) []state.Record {
	var out []state.Record
	for _, group := range g.groups() {
		if contains(group.Members, oktaID) {
			group.Partial = true
			out = append(out, group)
		}
	}
	return out
}
