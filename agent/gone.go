package agent

import (
	"context"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// goneFromWalkMe is the failure of a person whose account a refresh has not found.
const goneFromWalkMe = "the account is gone in WalkMe"

const recreateHint = "; with provisioning.on_missing: recreate it would be made anew"

// recordGone lets the records say what a refresh has found out, for status and explain:
// an account that is gone is a failure, until it is seen again.
func recordGone(ctx context.Context, db *state.DB, v *view) error {
	records := slices.Concat(v.gone, v.back)
	for i := range records {
		r := &records[i]
		r.Attempts, r.LastError, r.Missing = r.Attempts+1, goneFromWalkMe, state.MissingInRefresh
		if i >= len(v.gone) {
			r.Attempts, r.LastError, r.Missing = 0, "", ""
		}
	}
	if len(records) == 0 {
		return nil
	}
	if err := db.PutRecords(ctx, records...); err != nil {
		return fmt.Errorf("accounts that are gone: %w", err)
	}
	return nil
}

// expectNothing has the accounts that are known to be gone made anew, where the policy
// says so.
func expectNothing(policy plan.Policy, v *view) {
	if !policy.RecreateMissing {
		return
	}
	for i := range v.recorded {
		if r := &v.recorded[i]; r.Missing == state.MissingInRefresh {
			r.ID = ""
		}
	}
}

// reportGone rejects the people who are to have an account and are known to have none:
// the plan has nothing to send for them, and they are not in step either.
func reportGone(planned *plan.Plan, v *view) {
	busy := map[string]bool{}
	for _, c := range planned.Changes {
		busy[c.OktaID] = true
	}
	for _, r := range planned.Rejected {
		busy[r.OktaID] = true
	}
	for i := range v.recorded {
		r := &v.recorded[i]
		person := v.desired.Find(r.SourceID)
		if r.Missing != state.MissingInRefresh || r.ID == "" || busy[r.SourceID] || person == nil || person.Presence != plan.Present {
			continue
		}
		planned.RejectUnchanged(plan.Rejection{Type: scim.User, OktaID: r.SourceID, Name: r.Name, Path: "id", Error: goneFromWalkMe + recreateHint})
	}
}
