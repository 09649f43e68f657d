package agent

import (
	"context"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Unshown is what WalkMe accepted and does not show, as a run has seen it.
type Unshown struct {
	RunID string        `json:"run_id"`
	At    time.Time     `json:"at"`
	Count plan.NotShown `json:"count"`
	Paths []string      `json:"paths"`
}

// recallUnshown has a plan that does not look itself say what the last look was not
// shown: a run in which nothing differs, or about a few people, has no better evidence.
func recallUnshown(ctx context.Context, db *state.DB, planned *plan.Plan, v *view, scope plan.Scope) error {
	if scope.Refreshes() {
		return nil
	}
	last, err := LastUnshown.Load(ctx, db)
	if err != nil || last.Count == (plan.NotShown{}) {
		return err
	}
	seen := v.shown
	n := plan.NotShown{Members: min(last.Count.Members, v.managed.Groups), Values: min(last.Count.Values, v.managed.Users)}
	paths := slices.DeleteFunc(last.Paths, func(path string) bool {
		return path == plan.PathMembers && (seen.Members && seen.CutAt == 0 || n.Members == 0) || seen.Has(path)
	})
	if !slices.Contains(paths, plan.PathMembers) {
		n.Members = 0
	}
	if !slices.ContainsFunc(paths, func(path string) bool { return path != plan.PathMembers }) {
		n.Values = 0
	}
	planned.RecallNotShown(n, paths)
	return nil
}

// rememberUnshown keeps what a run was not shown. A refresh of everything knows all of it;
// any other run has seen a part, and takes nothing back.
func rememberUnshown(ctx context.Context, db *state.DB, report *Report, scope plan.Scope) error {
	u := Unshown{RunID: report.Run.ID, At: report.Run.StartedAt, Count: report.Summary.NotShown, Paths: report.Plan.NotShown}
	if scope.Refreshes() && scope.Everything() {
		if u.Count == (plan.NotShown{}) {
			u = Unshown{}
		}
		return LastUnshown.Save(ctx, db, u)
	}
	last, err := LastUnshown.Load(ctx, db)
	if err != nil {
		return err
	}
	if u.Count.Members <= last.Count.Members && u.Count.Values <= last.Count.Values {
		return nil
	}
	u.Count = plan.NotShown{Members: max(u.Count.Members, last.Count.Members), Values: max(u.Count.Values, last.Count.Values)}
	u.Paths = scim.SortedSet(slices.Concat(u.Paths, last.Paths))
	return LastUnshown.Save(ctx, db, u)
}

// unshownOf says what WalkMe took of a person or group and does not show, sorted: values of
// attributes that it has never shown of any account, and members where it shows none, or no more
// than a part of them.
func unshownOf(ctx context.Context, db *state.DB, r *state.Record) ([]string, error) {
	last, err := LastUnshown.Load(ctx, db)
	if err != nil || r == nil || r.ID == "" || !r.Active {
		return nil, err
	}
	seen, err := everShown.Load(ctx, db)
	if err != nil {
		return nil, err
	}
	if r.Type == scim.Group {
		n := len(r.Members) + r.Unread
		unseen := n > 0 && !seen.Members || seen.CutAt > 0 && n > seen.CutAt
		if unseen && slices.Contains(last.Paths, plan.PathMembers) {
			return []string{plan.PathMembers}, nil
		}
		return nil, nil
	}
	return slices.DeleteFunc(last.Paths, func(path string) bool {
		return path == plan.PathMembers || seen.Has(path) || scim.Equal(r.Attributes.Get(path), nil)
	}), nil
}
