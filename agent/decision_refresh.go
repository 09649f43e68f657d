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
		for _, c := range h.Changes[:min(lookedAt, len(h.Changes))] {
			recorded, err := onRecord(ctx, db, h.Kind, c)
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
// not, WalkMe has shown it.
func onRecord(ctx context.Context, db *state.DB, kind string, c HeldChange) (bool, error) {
	if c.Type == scim.Group {
		group, err := db.GroupRecord(ctx, c.OktaID)
		if err != nil || group == nil {
			return true, err
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
