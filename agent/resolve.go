package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

func everyCreate(c *plan.Change) bool { return c.Action == plan.Create || c.Action == plan.GroupCreate }

// lookUp answers a plan's questions about the names of some creates that are in memory, as a
// run does before it writes.
func (q *asker) lookUp(ctx context.Context, planned *plan.Plan, which func(*plan.Change) bool) error {
	return q.find(ctx, planned, planned.AskNames(which))
}

// lookUpAll answers those about all creates.
func (q *asker) lookUpAll(ctx context.Context, planned *plan.Plan) error {
	return q.find(ctx, planned, planned.AskAllNames())
}

func (q *asker) find(ctx context.Context, planned *plan.Plan, questions []plan.NameQuestion) error {
	accounts := q.accounts(ctx, questions)
	answers := map[string]plan.NameAnswer{}
	var mu sync.Mutex
	there := sync.OnceValue(func() error { return q.walkme.TestCredentials(ctx, false) })
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(q.workers)
	for _, question := range questions {
		g.Go(func() error {
			answer, found, err := findName(gctx, q.walkme, question, accounts)
			if refusesOne(err) && there() == nil {
				answer, found, err = plan.NameAnswer{Doubt: err.Error()}, true, nil
			}
			if err != nil || !found {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			answers[plan.ObjectKey(question.Type, question.OktaID)] = answer
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := planned.TakeNames(answers); err != nil {
		return err
	}
	planned.LookUps = savings(q.walkme, planned, accounts)
	return nil
}

// accounts reads the list of accounts where it takes the place of many look-ups, also
// where a run would not: a plan is no conversation of Okta's. Not so when nothing but
// Okta's conversation is wanted.
func (q *asker) accounts(ctx context.Context, questions []plan.NameQuestion) *walkme.Accounts {
	want := walkme.Wanted{}
	for _, question := range questions {
		if question.Type == scim.User {
			want.UserNames = append(want.UserNames, question.Name)
		}
	}
	if q.walkme.Matching() == walkme.MatchLookup && !q.strict {
		want.Matching = walkme.MatchAuto
	}
	return q.walkme.Accounts(ctx, want)
}

// savings says what a run would save that read the list; nil: not much.
func savings(client *walkme.Client, planned *plan.Plan, accounts *walkme.Accounts) *plan.LookUps {
	if client.Matching() != walkme.MatchLookup || accounts.Total() < 0 {
		return nil
	}
	out := &plan.LookUps{Count: planned.LooksUp(), WithList: walkme.PagesOf(accounts.Total())}
	if out.Count < walkme.ManyLookups || out.WithList >= out.Count {
		return nil
	}
	return out
}

// refusesOne says whether a look-up may have failed for its own sake: an answer came,
// and it was not about the credentials. One object must not end the plan.
func refusesOne(err error) bool {
	var answer *scim.Error
	var unusable *walkme.AnswerError
	return !errors.Is(err, scim.ErrUnauthorized) && (errors.As(err, &answer) || errors.As(err, &unusable))
}

// findName says whether WalkMe has anything under a name.
func findName(ctx context.Context, client *walkme.Client, q plan.NameQuestion, accounts *walkme.Accounts) (answer plan.NameAnswer, found bool, err error) {
	what := "user"
	if q.Type == scim.Group {
		what = "group"
		var g *walkme.Group
		if g, err = apply.FindGroup(ctx, client, q.Name, q.Kept); err == nil {
			answer.WalkMeID = g.ID
		}
	} else {
		answer, err = findUser(ctx, q, accounts)
	}
	var ambiguous *walkme.AmbiguousError
	switch {
	case errors.Is(err, scim.ErrNotFound) && q.Linked:
		return plan.NameAnswer{NoLink: apply.NothingToLink(ctx, client, q.Name)}, true, nil
	case errors.Is(err, scim.ErrNotFound):
		return answer, false, nil
	case errors.As(err, &ambiguous):
		return plan.NameAnswer{Error: err.Error()}, true, nil
	case err != nil:
		return answer, false, fmt.Errorf("look-up of a %s: %w", what, err)
	}
	return answer, true, nil
}

func findUser(ctx context.Context, q plan.NameQuestion, accounts *walkme.Accounts) (plan.NameAnswer, error) {
	u, err := accounts.Find(ctx, q.Name)
	if err != nil {
		return plan.NameAnswer{}, err
	}
	return plan.NameAnswer{WalkMeID: u.ID, Inactive: u.Active != nil && !*u.Active, Shown: u.Values(q.Paths)}, nil
}
