package apply

import (
	"cmp"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// alone waits until no one else is in exclusive, and returns what ends it.
func (g *owners) alone() func() {
	g.exclusive <- struct{}{}
	return func() { <-g.exclusive }
}

// recordsAlone says that no other record changes when this one lands.
func (g *owners) recordsAlone(rec state.Record) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if rec.ID == "" {
		return true
	}
	owner, old := g.owner(rec.Type, rec.ID), g.records[rec.Type][rec.SourceID]
	return (owner == "" || owner == rec.SourceID) && !comesBack(old, rec)
}

// mayPassOn says that another person's change may change this record at any time.
func (g *owners) mayPassOn(t scim.Type, oktaID string) bool {
	rec, ok := g.recorded(t, oktaID)
	return ok && t == scim.User && rec.ID != "" && !rec.Active
}

// comesBack says that a person who was known before has another account now, or an
// active one again. WalkMe may have dropped memberships together with the account,
// or may have kept them.
func comesBack(old *state.Record, rec state.Record) bool {
	return rec.Type == scim.User && old != nil && rec.Active && (old.ID != rec.ID || !old.Active)
}

// record takes over what WalkMe has acknowledged, or shows, and returns every record
// that changes with it. The object was claimed before.
//
//	the account      │ had no other owner                 │ was another person's
//	─────────────────┼────────────────────────────────────┼────────────────────────────────────────
//	that person      │ –                                  │ gets the inactive account that the new
//	                 │                                    │ owner leaves, or none
//	the memberships  │ stay on record; pushed again whole │ on record change hands with the accounts;
//	                 │ when the person comes back         │ pushed again whole when they are in doubt
//
// A membership that is in doubt stays on record, so that it is taken away where Okta
// does not grant it any more. The error is one of reading the state; nothing is taken over then.
func (g *owners) record(rec state.Record) ([]state.Record, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := []state.Record{rec}
	if rec.ID != "" {
		old := g.records[rec.Type][rec.SourceID]
		owner := g.owner(rec.Type, rec.ID)
		switch {
		case owner != "" && owner != rec.SourceID && rec.Type == scim.Group: // which is not pushed any more, or was deleted
			previous := *g.records[rec.Type][owner]
			if err := g.lists.ReadPushed(&previous); err != nil {
				return nil, err
			}
			previous.ID = ""
			out = append(out, previous)
		case owner != "" && owner != rec.SourceID:
			others, err := g.passOn(rec.SourceID, old, *g.records[rec.Type][owner])
			if err != nil {
				return nil, err
			}
			out = append(out, others...)
		case comesBack(old, rec):
			groups, err := g.holding(rec.SourceID)
			if err != nil {
				return nil, err
			}
			for _, group := range groups {
				group.Partial = true
				out = append(out, group)
			}
		}
	}
	for i := range out {
		g.put(&out[i])
	}
	return out, nil
}

// passOn returns what changes for others when the account of one person passes to
// another, who had old before, if anything. Two people who return under each
// other's name swap.
func (g *owners) passOn(oktaID string, old *state.Record, previous state.Record) ([]state.Record, error) {
	inDoubt := !previous.Active
	previous.ID, previous.Active = "", false
	if old != nil && old.ID != "" && !old.Active {
		previous.ID, previous.Name, previous.Origin = old.ID, old.Name, old.Origin
		previous.Attributes, previous.SourceDigest, previous.MappingDigest = old.Attributes, "", old.MappingDigest
	}
	out := []state.Record{previous}
	groups, err := g.holding(oktaID, previous.SourceID)
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		theirs := scim.Contains(group.Members, previous.SourceID)
		handover := plan.Handover{From: previous.SourceID, To: oktaID}
		group.Members = handover.PassMembers(group.Members, previous.ID != "")
		group.Doubtful = handover.PassMembers(group.Doubtful, previous.ID != "")
		if scim.Contains(group.Members, oktaID) && (inDoubt || !theirs) {
			group.Partial = true
		}
		out = append(out, group)
	}
	return out, nil
}

// holding returns the groups that are recorded to hold one of these people, sorted
// by Okta id. It needs the lock.
func (g *owners) holding(oktaIDs ...string) ([]state.Record, error) {
	if slices.ContainsFunc(oktaIDs, func(id string) bool { return !g.planned[id] }) {
		if err := g.readLists(); err != nil {
			return nil, err
		}
	}
	var out []state.Record
	for _, group := range g.records[scim.Group] {
		if slices.ContainsFunc(oktaIDs, func(id string) bool { return mayHold(group, id) }) {
			out = append(out, *group)
		}
	}
	slices.SortFunc(out, func(a, b state.Record) int { return cmp.Compare(a.SourceID, b.SourceID) })
	return out, nil
}

// readLists reads all members that were left in the state. It needs the lock.
func (g *owners) readLists() error {
	for _, recorded := range g.records[scim.Group] {
		if recorded.Unread == 0 {
			continue
		}
		group := *recorded
		if err := g.lists.ReadPushed(&group); err != nil {
			return err
		}
		g.put(&group)
	}
	return nil
}
