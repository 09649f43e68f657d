package agent

import (
	"context"
	"errors"

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

// onRecord says whether the register holds what the change would take away. Where it does
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
