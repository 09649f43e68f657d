package agent

import (
	"context"
	"log/slog"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// asker finds out what a plan asks: of Okta who is assigned, of WalkMe what it has.
// It only reads, and knows nothing of the state.
type asker struct {
	okta   *okta.Client // nil: offline, nothing is asked
	walkme *walkme.Client

	desire  plan.DesirePolicy // who counts as assigned
	workers int               // how many questions WalkMe is asked at once
	strict  bool              // see Config.Strict
	log     *slog.Logger
}

func (a *Agent) asker() *asker {
	return &asker{
		okta: a.Okta, walkme: a.WalkMe, desire: a.Config.Policy.Desire,
		workers: a.workers(), strict: a.Config.Strict, log: a.log(),
	}
}

// answer finds out who is absent, and who is in groups that are to be overwritten.
func (q *asker) answer(ctx context.Context, asked plan.Questions) (plan.Answers, error) {
	groups, err := q.showGroups(ctx, asked.Groups)
	if err != nil {
		return plan.Answers{}, err
	}
	absences, err := q.confirmAbsences(ctx, asked.Absences)
	return plan.Answers{Absences: absences, Groups: groups}, err
}

// unvalued finds the attributes that the mapping reads and no person of the snapshot has.
// Whether Okta knows them is asked only where the plan would do something because of one,
// and needs a right that the credentials may lack: then names that are nearly alike decide.
func (q *asker) unvalued(ctx context.Context, planned *plan.Plan, mapping plan.Mapping, snap *okta.Snapshot) ([]plan.Unvalued, error) {
	found := mapping.Unvalued(snap.Names, nil)
	if q.okta == nil || !planned.Concerned(found) {
		return found, nil
	}
	schema, err := q.okta.Schema(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		q.log.Debug("Okta's schemas are not known", "err", err)
		return found, nil
	}
	return mapping.Unvalued(snap.Names, &schema), nil
}
