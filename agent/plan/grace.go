package plan

import (
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// GraceInput is what Plan.WaitForGrace needs besides the plan.
type GraceInput struct {
	Grace    time.Duration // how long a person has to be absent; zero does not wait
	Now      time.Time
	Recorded []state.Record
	Desired  Desired
	Before   map[string]time.Time // since when people were absent, by Okta id
}

// WaitForGrace lets deactivations wait until the person has been absent for the
// configured time. A person who comes back meanwhile starts anew. The result is
// what has to be remembered for the next run, nil without grace: it speaks of
// everybody, also where the plan is about a few.
func (p *Plan) WaitForGrace(in GraceInput) map[string]time.Time {
	if in.Grace <= 0 {
		return nil
	}
	now := in.Now.UTC().Truncate(time.Second)
	since := map[string]time.Time{}
	for i := range in.Recorded {
		r := &in.Recorded[i]
		if r.Type != scim.User || r.ID == "" || !r.Active || !in.Desired.absent(r.SourceID) {
			continue
		}
		since[r.SourceID] = now
		if first, known := in.Before[r.SourceID]; known && !first.After(now) { // a time in the future is not believed
			since[r.SourceID] = first
		}
	}
	for _, c := range p.Changes {
		if c.Action != Deactivate || c.Blocked() {
			continue
		}
		if until := since[c.OktaID].Add(in.Grace); until.After(now) {
			c.BlockBy(Block{Kind: BlockWaiting, Detail: graceKey, Until: &until})
			c.note("waits out " + graceKey)
		}
	}
	return since
}
