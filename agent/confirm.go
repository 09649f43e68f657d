package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// pointReads is how many assignments are asked for at once. Okta bounds
// concurrent requests for the whole org, so it stays small.
const pointReads = 4

// confirmAbsences asks Okta about each person. An absence is trusted when Okta says
// itself that there is no such assignment; any other answer keeps the account. When
// Okta does not even answer, the run ends.
func (q *asker) confirmAbsences(ctx context.Context, oktaIDs []string) (map[string]string, error) {
	answers := map[string]string{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pointReads)
	for _, id := range oktaIDs {
		g.Go(func() error {
			doubt, err := q.doubtAbsence(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			answers[id] = doubt
			return err
		})
	}
	return answers, g.Wait()
}

func (q *asker) doubtAbsence(ctx context.Context, oktaID string) (string, error) {
	u, err := q.okta.Assignment(ctx, oktaID)
	switch {
	case errors.Is(err, okta.ErrNotFound):
		return "", nil
	case errors.Is(err, okta.ErrUnauthorized), ctx.Err() != nil:
		return "", fmt.Errorf("assignment of %s: %w", oktaID, err)
	case err != nil:
		return "Okta's list does not hold the assignment, but Okta did not confirm that it is gone: " + err.Error(), nil
	}
	if p, why := plan.PresenceOf(&u, q.desire); p == plan.Absent {
		return "", nil
	} else if p == plan.Keep {
		return why, nil
	}
	return "Okta's list does not hold the assignment, but Okta still knows it", nil
}

// showGroups reads who is in groups that are to be overwritten.
func (q *asker) showGroups(ctx context.Context, questions []plan.GroupQuestion) (map[string]plan.GroupAnswer, error) {
	answers := map[string]plan.GroupAnswer{}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(q.workers)
	for _, question := range questions {
		g.Go(func() error {
			shown, err := q.walkme.Group(gctx, question.WalkMeID)
			var answer plan.GroupAnswer
			switch {
			case err == nil:
				for _, m := range shown.Members {
					answer.Members = append(answer.Members, plan.Member{WalkMeID: m.ID, Display: m.Display})
				}
			case ctx.Err() != nil, errors.Is(err, scim.ErrUnauthorized):
				return err
			case errors.Is(err, scim.ErrNotFound):
				return nil
			default:
				answer.Doubt = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			answers[question.OktaID] = answer
			return nil
		})
	}
	return answers, g.Wait()
}
