package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// listInstead is the number of look-ups from which a paged listing is tried: a
// page shows a hundred accounts for one request.
const listInstead = 50

const accountsPerPage = 100

func everyCreate(c *plan.Change) bool { return c.Action == plan.Create || c.Action == plan.GroupCreate }

// lookUp answers a plan's questions about names, as a run does before it writes.
func (a *Agent) lookUp(ctx context.Context, planned *plan.Plan, which func(*plan.Change) bool) error {
	questions := planned.AskNames(which)
	users := 0
	for _, q := range questions {
		if q.Type == scim.User {
			users++
		}
	}
	listed, err := a.listUsers(ctx, users)
	if err != nil {
		return err
	}
	answers := map[string]plan.NameAnswer{}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(a.workers())
	for _, q := range questions {
		g.Go(func() error {
			answer, found, err := a.findName(gctx, q, listed)
			if err != nil || !found {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			answers[plan.ObjectKey(q.Type, q.OktaID)] = answer
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	planned.TakeNames(answers)
	return nil
}

// findName says whether WalkMe has anything under a name.
func (a *Agent) findName(ctx context.Context, q plan.NameQuestion, listed map[string][]*walkme.User) (answer plan.NameAnswer, found bool, err error) {
	what := "user"
	if q.Type == scim.Group {
		what = "group"
		var g *walkme.Group
		if g, err = apply.FindGroup(ctx, a.WalkMe, q.Name, q.Kept); err == nil {
			answer.WalkMeID = g.ID
		}
	} else {
		answer, err = a.findUser(ctx, q, listed)
	}
	var ambiguous *walkme.AmbiguousError
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return answer, false, nil
	case errors.As(err, &ambiguous):
		return plan.NameAnswer{Error: err.Error()}, true, nil
	case err != nil:
		return answer, false, fmt.Errorf("look-up of a %s: %w", what, err)
	}
	return answer, true, nil
}

// listUsers reads the tenant's accounts when that takes fewer requests than one
// look-up each. It gives up, and returns nil, as soon as it does not.
func (a *Agent) listUsers(ctx context.Context, lookups int) (map[string][]*walkme.User, error) {
	if lookups < listInstead {
		return nil, nil
	}
	found := map[string][]*walkme.User{}
	n := 0
	for u, err := range a.WalkMe.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe users: %w", err)
		}
		if n++; n > lookups*accountsPerPage {
			return nil, nil
		}
		key := scim.NameKey(u.UserName)
		found[key] = append(found[key], u)
	}
	return found, nil
}

func (a *Agent) findUser(ctx context.Context, q plan.NameQuestion, listed map[string][]*walkme.User) (plan.NameAnswer, error) {
	var u *walkme.User
	var err error
	if listed != nil {
		u, err = oneOf(listed[scim.NameKey(q.Name)])
	} else {
		u, err = a.WalkMe.FindUser(ctx, q.Name)
	}
	if err != nil {
		return plan.NameAnswer{}, err
	}
	return plan.NameAnswer{WalkMeID: u.ID, Inactive: u.Active != nil && !*u.Active, Shown: u.Values(q.Paths)}, nil
}

func oneOf(hits []*walkme.User) (*walkme.User, error) {
	switch len(hits) {
	case 0:
		return nil, scim.ErrNotFound
	case 1:
		return hits[0], nil
	}
	ids := make([]string, len(hits))
	for i, u := range hits {
		ids[i] = u.ID
	}
	slices.Sort(ids)
	return nil, &walkme.AmbiguousError{Hits: ids}
}
