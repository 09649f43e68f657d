package agent

import (
	"context"
	"fmt"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// forgetMoot clears the failures of what the plan has nothing to do for: Okta took
// back the change that failed, or WalkMe turned out to have made it. A run that
// plans a part only, or against what WalkMe shows, proves nothing about the rest. An
// account that is gone stays a failure until WalkMe shows it again.
func forgetMoot(ctx context.Context, db *state.DB, report *Report, v *view, scope plan.Scope) error {
	if !scope.Conclusive() {
		return nil
	}
	unsettled := apply.UnsettledBy(report.Settled)
	busy := map[string]bool{}
	for _, c := range report.Changes {
		busy[plan.ObjectKey(c.Type, c.OktaID)] = true
	}
	for _, r := range report.Rejected {
		busy[plan.ObjectKey(r.Type, r.OktaID)] = true
	}
	var moot []state.Record
	for i := range v.recorded {
		r := &v.recorded[i]
		key := plan.ObjectKey(r.Type, r.SourceID)
		if _, open := unsettled[key]; r.ID == "" || r.Attempts == 0 || busy[key] || open || r.Missing == state.MissingInRefresh {
			continue
		}
		if err := v.lists.ReadPushed(r); err != nil {
			return err
		}
		r.ClearFailure()
		moot = append(moot, *r)
	}
	if len(moot) == 0 {
		return nil
	}
	if err := db.PutRecords(ctx, moot...); err != nil {
		return fmt.Errorf("failures that are moot: %w", err)
	}
	return nil
}
