package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/okta"
)

// pointReads is how many assignments are asked for at once. Okta bounds
// concurrent requests for the whole org, so it stays small.
const pointReads = 4

// maxConfirmed is how many absences are confirmed in one run, so that a big set does
// not use up Okta's limits. A set that a person has approved is as big as it is.
const maxConfirmed = 200

// confirmRemovals asks Okta about each person who is to be deactivated only
// because the list does not hold them, or whose account is to pass on because of
// that. The removal is trusted when Okta says itself that there is no such
// assignment; any other answer keeps the account. When Okta does not even answer,
// the run ends.
func (a *Agent) confirmRemovals(ctx context.Context, plan *Plan, v *view) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pointReads)
	approved := slices.ContainsFunc(plan.released, func(h Hold) bool { return h.Kind == HoldDeactivations })
	asked := 0
	for _, c := range plan.Changes {
		loser := c.leaver
		if c.Action == Deactivate {
			loser = c.OktaID
		}
		if loser == "" || c.Blocked() || v.desired.Find(loser) != nil {
			continue
		}
		if asked++; asked > maxConfirmed && !approved {
			c.Unconfirmed = fmt.Sprintf("waits for a later run: Okta is asked about %d absences in one", maxConfirmed)
			continue
		}
		g.Go(func() error {
			doubt, err := a.doubtAbsence(ctx, loser)
			c.Unconfirmed = doubt
			return err
		})
	}
	return g.Wait()
}

func (a *Agent) doubtAbsence(ctx context.Context, oktaID string) (string, error) {
	u, err := a.Okta.Assignment(ctx, oktaID)
	switch {
	case errors.Is(err, okta.ErrNotFound):
		return "", nil
	case errors.Is(err, okta.ErrUnauthorized), ctx.Err() != nil:
		return "", fmt.Errorf("assignment of %s: %w", oktaID, err)
	case err != nil:
		return "Okta's list does not hold the assignment, but Okta did not confirm that it is gone: " + err.Error(), nil
	}
	if p, why := presenceOf(&u, a.Config.Policy.Desire); p == Absent {
		return "", nil
	} else if p == Keep {
		return why, nil
	}
	return "Okta's list does not hold the assignment, but Okta still knows it", nil
}
