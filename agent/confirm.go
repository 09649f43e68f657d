package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// pointReads is how many assignments are asked for at once. Okta bounds
// concurrent requests for the whole org, so it stays small.
const pointReads = 4

// answer finds out what a plan asks.
func (a *Agent) answer(ctx context.Context, q Questions) (Answers, error) {
	groups, err := a.showGroups(ctx, q.Groups)
	if err != nil {
		return Answers{}, err
	}
	absences, err := a.confirmAbsences(ctx, q.Absences)
	return Answers{Absences: absences, Groups: groups}, err
}

// confirmAbsences asks Okta about each person. An absence is trusted when Okta says
// itself that there is no such assignment; any other answer keeps the account. When
// Okta does not even answer, the run ends.
func (a *Agent) confirmAbsences(ctx context.Context, oktaIDs []string) (map[string]string, error) {
	answers := map[string]string{}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(pointReads)
	for _, id := range oktaIDs {
		g.Go(func() error {
			doubt, err := a.doubtAbsence(ctx, id)
			mu.Lock()
			defer mu.Unlock()
			answers[id] = doubt
			return err
		})
	}
	return answers, g.Wait()
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

// showGroups reads who is in groups that are to be overwritten.
func (a *Agent) showGroups(ctx context.Context, questions []GroupQuestion) (map[string]GroupAnswer, error) {
	answers := map[string]GroupAnswer{}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(a.workers())
	for _, q := range questions {
		g.Go(func() error {
			shown, err := a.WalkMe.Group(gctx, q.WalkMeID)
			var answer GroupAnswer
			switch {
			case err == nil:
				for _, m := range shown.Members {
					answer.Members = append(answer.Members, Member{m.ID, m.Display})
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
			answers[q.OktaID] = answer
			return nil
		})
	}
	return answers, g.Wait()
}
