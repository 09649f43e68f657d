package agent

import (
	"context"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// foreseeOwned says of links to an account that is managed for another person, who keeps it,
// that they will fail, as a run finds out: the account was renamed in WalkMe.
func foreseeOwned(ctx context.Context, db *state.DB, planned *plan.Plan) error {
	leaves := map[string]bool{}
	for _, c := range planned.Changes {
		leaves[c.OktaID] = leaves[c.OktaID] || c.Action == plan.Deactivate && !c.Blocked()
	}
	for _, c := range planned.Changes {
		if c.Type != scim.User || c.Action != plan.Link || c.Error != "" {
			continue
		}
		owners, err := db.UsersOf(ctx, c.WalkMeID)
		if err != nil {
			return err
		}
		if len(owners) == 0 {
			continue
		}
		recorded, err := db.UserRecords(ctx, owners)
		if err != nil {
			return err
		}
		for _, r := range recorded {
			if r.Active && r.SourceID != c.OktaID && r.SourceID != c.From && !leaves[r.SourceID] {
				c.Error = apply.ManagedFor(scim.User, r.ID, r.SourceID)
			}
		}
	}
	return nil
}
