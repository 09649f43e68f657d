package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// lookedAt bounds how many changes of a hold are looked at to tell how it was found.
const lookedAt = 100

// noteFound says of each hold whether a refresh alone has found it.
func noteFound(ctx context.Context, db *state.DB, holds []HoldView) error {
	for i := range holds {
		h := &holds[i]
		if h.Resync || h.Ended {
			continue
		}
		groups := map[string]*state.Record{}
		for _, c := range h.Changes[:min(lookedAt, len(h.Changes))] {
			recorded, err := onRecord(ctx, db, groups, c)
			if err != nil {
				return err
			}
			if !recorded {
				h.Refresh = true
				break
			}
		}
	}
	return nil
}

// keepOfRefresh adds the holds that wait since a refresh to those of a run that sees nothing
// of what WalkMe shows: it has no word on them. The next refresh finds them anew, or not.
func (d *decider) keepOfRefresh(ctx context.Context, now []state.Hold) ([]state.Hold, error) {
	if d.opts.Scope.Refreshes() || !d.opts.Scope.Everything() {
		return now, nil
	}
	open, err := ofRefresh(ctx, d.state)
	if err != nil {
		return nil, err
	}
	of, err := refreshHolds.Load(ctx, d.state)
	if err != nil {
		return nil, err
	}
	for _, h := range open {
		if slices.Contains(of, h.ID) && !slices.ContainsFunc(now, func(n state.Hold) bool { return n.ID == h.ID }) {
			now = append(now, h)
		}
	}
	return now, nil
}

// noteRefreshHolds remembers which holds wait because of a refresh, or were decided.
func (d *decider) noteRefreshHolds(ctx context.Context) error {
	if !d.opts.Scope.Refreshes() || !d.opts.Scope.Everything() {
		return nil
	}
	open, err := ofRefresh(ctx, d.state)
	if err != nil {
		return err
	}
	ids, err := refreshHolds.Load(ctx, d.state)
	if err != nil {
		return err
	}
	decided, err := d.state.Decisions(ctx)
	if err != nil {
		return fmt.Errorf("decisions in the state: %w", err)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool {
		return !slices.ContainsFunc(decided, func(one state.Decision) bool { return one.Hold.ID == id })
	})
	for _, h := range open {
		ids = append(ids, h.ID)
	}
	return refreshHolds.Save(ctx, d.state, scim.SortedSet(ids))
}

// ofRefresh returns the holds that wait and hold what is not on record.
func ofRefresh(ctx context.Context, db *state.DB) ([]state.Hold, error) {
	open, err := db.Holds(ctx)
	if err != nil {
		return nil, fmt.Errorf("holds in the state: %w", err)
	}
	views := make([]HoldView, len(open))
	for i := range open {
		views[i] = viewHold(&open[i])
	}
	if err := noteFound(ctx, db, views); err != nil {
		return nil, err
	}
	var of []state.Hold
	for i := range open {
		if views[i].Refresh {
			of = append(of, open[i])
		}
	}
	return of, nil
}

// onRecord says whether the records hold what the change would take away. Where it does
// not, WalkMe has shown it. Groups are those that were read already.
func onRecord(ctx context.Context, db *state.DB, groups map[string]*state.Record, c HeldChange) (bool, error) {
	if c.Type == scim.Group {
		group, read := groups[c.OktaID]
		if !read {
			var err error
			if group, err = db.GroupRecord(ctx, c.OktaID); err != nil {
				return true, err
			}
			groups[c.OktaID] = group
		}
		if group == nil {
			return true, nil
		}
		return c.MemberID == "" || scim.Contains(group.Members, c.MemberID), nil
	}
	person, err := db.Person(ctx, c.OktaID)
	switch {
	case errors.Is(err, state.ErrNoPerson):
		return true, nil
	case err != nil || person.Record == nil:
		return true, err
	case c.Attribute != "":
		return !scim.Equal(person.Record.Attributes.Get(c.Attribute), nil), nil
	}
	return person.Record.Active, nil
}
