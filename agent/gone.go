package agent

import (
	"context"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/state"
)

// goneFromWalkMe is the failure of a person whose account a refresh has not found.
const goneFromWalkMe = "the account is gone in WalkMe"

// recordGone lets the register say what a refresh has found out, for status and explain:
// an account that is gone is a failure, until it is seen again.
func (a *Agent) recordGone(ctx context.Context, v *view) error {
	records := slices.Concat(v.gone, v.back)
	for i := range records {
		r := &records[i]
		r.Attempts, r.LastError = r.Attempts+1, goneFromWalkMe
		if i >= len(v.gone) {
			r.Attempts, r.LastError = 0, ""
		}
	}
	if len(records) == 0 {
		return nil
	}
	if err := a.State.PutRecords(ctx, records...); err != nil {
		return fmt.Errorf("accounts that are gone: %w", err)
	}
	return nil
}

// lost says whether the last that was heard of the account is that it is not there.
func lost(r *state.Record) bool {
	return r.LastError == goneFromWalkMe || r.LastError == apply.ErrNoMatch.Error()
}
