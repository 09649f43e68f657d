package apply

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// owners are the records of managed accounts and groups while a run goes on: what the
// state holds, kept current in memory. It is where a WalkMe object gets its one
// owner: claim comes before the first write to an object that is to have an owner,
// record after the last one.
type owners struct {
	mu      sync.Mutex
	records map[scim.Type]map[string]*state.Record // by Okta id; never changed in place
	ownerOf map[scim.Type]map[string]string        // WalkMe id → Okta id
	claims  map[scim.Type]map[string]string        // WalkMe id → the Okta id that it may be given to

	others *others // the records that are not in memory; nil: all are

	// lists reads the members that were left in the state. Nobody is among them who was on record, and
	// had a change, when the plan came to the groups: planned, by Okta id.
	lists   plan.MemberLists
	planned map[string]bool

	// exclusive is taken while records change that are others' too, until they are in the
	// state; never while a request is under way.
	exclusive chan struct{}
}

// newOwners takes the records over; the caller must not change them any more.
func newOwners(recorded []state.Record, others *others) *owners {
	g := &owners{
		others:    others,
		records:   map[scim.Type]map[string]*state.Record{scim.User: {}, scim.Group: {}},
		ownerOf:   map[scim.Type]map[string]string{scim.User: {}, scim.Group: {}},
		claims:    map[scim.Type]map[string]string{scim.User: {}, scim.Group: {}},
		exclusive: make(chan struct{}, 1),
	}
	for i := range recorded {
		g.put(&recorded[i])
	}
	return g
}

// put needs the lock.
func (g *owners) put(rec *state.Record) {
	owners := g.ownerOf[rec.Type]
	if old := g.records[rec.Type][rec.SourceID]; old != nil && old.ID != rec.ID && owners[old.ID] == rec.SourceID {
		delete(owners, old.ID)
	}
	g.records[rec.Type][rec.SourceID] = rec
	if rec.ID != "" {
		owners[rec.ID] = rec.SourceID
	}
}

func (g *owners) recorded(t scim.Type, oktaID string) (state.Record, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if rec := g.find(t, oktaID); rec != nil {
		return *rec, true
	}
	return state.Record{}, false
}

func (g *owners) remember(rec state.Record) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.put(&rec)
}

func (g *owners) forget(t scim.Type, oktaID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if rec := g.records[t][oktaID]; rec != nil && g.ownerOf[t][rec.ID] == oktaID {
		delete(g.ownerOf[t], rec.ID)
	}
	delete(g.records[t], oktaID)
}

// takenError says that the object already has an owner. Who that is may change with the next run,
// so it is not waited for longer and longer.
type takenError struct{ why string }

func (e *takenError) Error() string { return e.why }
func (e *takenError) Unwrap() error { return &declined{e.why} }

func (g *owners) ownerID(t scim.Type, walkmeID string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.owner(t, walkmeID)
}

// claim reserves a WalkMe object for an Okta id until the run ends. It is refused
// while the object has another owner. What may change hands is the account of
// a person who has left: one that is recorded as inactive, or that of from; and a
// group that is no longer pushed, or that of from, which Okta has deleted.
func (g *owners) claim(t scim.Type, walkmeID, oktaID, from string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if walkmeID == "" {
		return nil
	}
	what := "account"
	if t == scim.Group {
		what = "group"
	}
	if other := g.claims[t][walkmeID]; other != "" && other != oktaID {
		return &takenError{fmt.Sprintf("the WalkMe %s %s of this name may be passing to Okta %s %s", what, walkmeID, strings.ToLower(string(t)), other)}
	}
	owner := g.owner(t, walkmeID)
	if err := g.others.failure(); err != nil {
		return &stateError{fmt.Errorf("owner of %s: %w", walkmeID, err)}
	}
	if owner != "" && owner != oktaID && owner != from && g.records[t][owner].Active {
		return &takenError{ManagedFor(t, walkmeID, owner)}
	}
	g.claims[t][walkmeID] = oktaID
	return nil
}

// ManagedFor says that an object which a name has found is managed for another one of Okta's.
func ManagedFor(t scim.Type, walkmeID, owner string) string {
	what := "account"
	if t == scim.Group {
		what = "group"
	}
	return fmt.Sprintf("the WalkMe %s %s of this name is managed for Okta %s %s", what, walkmeID, strings.ToLower(string(t)), owner)
}

// reserve keeps other changes from the objects of a change whose outcome is not
// known: the one that it was about, and the one on record.
func (g *owners) reserve(t scim.Type, oktaID, walkmeID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ids := []string{walkmeID}
	if rec := g.records[t][oktaID]; rec != nil {
		ids = append(ids, rec.ID)
	}
	for _, id := range ids {
		if id != "" && g.claims[t][id] == "" {
			g.claims[t][id] = oktaID
		}
	}
}

// provisioned translates Okta ids to WalkMe's, at the last moment. A person who has no
// account, because the create failed a moment ago, is left out of both lists.
func (g *owners) provisioned(oktaIDs []string) (ids []string, members []walkme.Member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.loadUsers(oktaIDs)
	ids, members = make([]string, 0, len(oktaIDs)), make([]walkme.Member, 0, len(oktaIDs))
	for _, id := range oktaIDs {
		if rec := g.find(scim.User, id); rec != nil && rec.ID != "" {
			ids = append(ids, id)
			members = append(members, walkme.Member{ID: rec.ID, Display: rec.Name})
		}
	}
	return ids, members
}

// active leaves out people without an active account, because the create or the
// reactivation failed a moment ago: a later run adds them.
func (g *owners) active(oktaIDs []string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.loadUsers(oktaIDs)
	return slices.DeleteFunc(slices.Clone(oktaIDs), func(id string) bool {
		rec := g.find(scim.User, id)
		return rec == nil || !rec.Active
	})
}
