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

// answer finds out what a plan asks.
func (a *Agent) answer(ctx context.Context, q plan.Questions) (plan.Answers, error) {
	groups, err := a.showGroups(ctx, q.Groups)
	if err != nil {
		return plan.Answers{}, err
	}
	absences, err := a.confirmAbsences(ctx, q.Absences)
	return plan.Answers{Absences: absences, Groups: groups}, err
}

// unvalued finds the attributes that the mapping reads and no person has. Whether Okta
// knows them is asked only where the plan would do something because of one, and needs
// a right that the credentials may lack: then names that are nearly alike decide.
func (a *Agent) unvalued(ctx context.Context, planned *plan.Plan, v *view) ([]plan.Unvalued, error) {
	found := a.Config.Mapping.Unvalued(v.snap.Names, nil)
	if a.Okta == nil || !planned.Concerned(found) {
		return found, nil
	}
	schema, err := a.Okta.Schema(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		a.log().Debug("Okta's schemas are not known", "err", err)
		return found, nil
	}
	return a.Config.Mapping.Unvalued(v.snap.Names, &schema), nil
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
	if p, why := plan.PresenceOf(&u, a.Config.Policy.Desire); p == plan.Absent {
		return "", nil
	} else if p == plan.Keep {
		return why, nil
	}
	return "Okta's list does not hold the assignment, but Okta still knows it", nil
}

// showGroups reads who is in groups that are to be overwritten.
func (a *Agent) showGroups(ctx context.Context, questions []plan.GroupQuestion) (map[string]plan.GroupAnswer, error) {
	answers := map[string]plan.GroupAnswer{}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(a.workers())
	for _, q := range questions {
		g.Go(func() error {
			shown, err := a.WalkMe.Group(gctx, q.WalkMeID)
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
			answers[q.OktaID] = answer
			return nil
		})
	}
	return answers, g.Wait()
}
