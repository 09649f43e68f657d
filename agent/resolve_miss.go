package agent

import (
	"context"
	"maps"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// miss is a look-up without a hit, of a person whose create the configuration
// disables. Nothing else is sent for them, so that they would be looked up in every
// run for ever.
type miss struct {
	Name  string    `json:"name"`
	Tries int       `json:"tries"`
	Next  time.Time `json:"next"`
}

// lookUpDisabled looks up what a run cannot leave to the look-up before the write:
// whether a disabled create is a link. A miss is looked up again after longer and longer
// pauses, where the scope heeds them.
func lookUpDisabled(ctx context.Context, db *state.DB, asker *asker, now time.Time, planned *plan.Plan, scope plan.Scope) error {
	before, err := lookUpMisses.Load(ctx, db)
	if err != nil {
		return err
	}
	now = now.UTC().Truncate(time.Second)
	after, asked := map[string]miss{}, map[*plan.Change]bool{}
	if !scope.Everything() {
		maps.Copy(after, before) // the plan leaves others out
	}
	for _, c := range planned.Changes {
		if c.Action != plan.Create || !c.Block.Is(plan.BlockDisabled) {
			continue
		}
		last := before[c.OktaID]
		if scope.HeedsPauses() && last.Name == c.Name && last.Next.After(now) && !last.Next.After(now.Add(plan.RetryPause(last.Tries))) {
			after[c.OktaID] = last
			continue
		}
		asked[c] = true
	}
	if err := asker.lookUp(ctx, planned, func(c *plan.Change) bool { return asked[c] }); err != nil {
		return err
	}
	for c := range asked {
		delete(after, c.OktaID)
		if c.Action != plan.Create || c.Error != "" {
			continue
		}
		next := miss{Name: c.Name, Tries: 1}
		if last := before[c.OktaID]; last.Name == c.Name {
			next.Tries += last.Tries
		}
		next.Next = now.Add(plan.RetryPause(next.Tries))
		after[c.OktaID] = next
	}
	if maps.Equal(before, after) {
		return nil
	}
	return lookUpMisses.Save(ctx, db, after)
}
