package console_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// leave notes what a run has left undone, and ends it.
func (s *site) leave(runID string, l agent.Leftovers, end state.Run) {
	s.t.Helper()
	body, err := json.Marshal(l)
	must(s.t, err)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(s.t, db.BeginRun(ctx, state.Run{ID: runID, Trigger: "schedule"}))
		must(s.t, db.SaveLeftovers(ctx, runID, body))
		end.ID = runID
		must(s.t, db.FinishRun(ctx, end))
	})
}

// TestRunSaysWhatItLeftUndone: what was held, rejected or left out has its names and its
// reason on the page of the run, is found there, and leads to the decision.
func TestRunSaysWhatItLeftUndone(t *testing.T) {
	s := open(t, nil)
	s.leave("run-1", agent.Leftovers{
		Counts: map[agent.LeftoverKind]int{"held": 2, agent.LeftRejection: 250, "disabled": 1, agent.LeftUntried: 1},
		Lines: []agent.Leftover{
			{Kind: "held", Type: scim.User, Action: plan.Deactivate, OktaID: "00u1", Name: "ann@example.com", Why: "no longer assigned in Okta", Hold: "h1"},
			{Kind: "held", Type: scim.User, Action: plan.Deactivate, OktaID: "00u2", Name: "bob@example.com", Why: "no longer assigned in Okta", Hold: "h1"},
			{Kind: agent.LeftUntried, Type: scim.User, Action: plan.Create, OktaID: "00u3", Name: "cara@example.com", Why: "the credentials are refused"},
			{Kind: "disabled", Type: scim.User, Action: plan.Update, OktaID: "00u4", Name: "dan@example.com", Why: "provisioning.update_user_attributes"},
			{Kind: agent.LeftRejection, Type: scim.User, OktaID: "00u5", Name: "eve@example.com", Why: "userName: has no value"},
		},
		Holds:    []agent.LeftoverHold{{ID: "h1", Kind: plan.HoldDeactivations, Count: 2, Reason: "2 of 9 are more than 10 %"}},
		NotShown: plan.NotShown{Members: 2}, Paths: []string{plan.PathMembers},
	}, state.Run{Outcome: "held", Held: 2, Rejected: 250, Skipped: 2})
	v := s.visit(false)
	v.expect("/runs/run-1", "Held: 2 deactivations: 2 of 9 are more than 10 %", `href="/holds/h1"`, "ann@example.com", "no longer assigned in Okta",
		"Rejected: 250 people or groups", "eve@example.com", "userName: has no value", "and 249 more", "Not tried: 1 change", "the credentials are refused",
		"Disabled by configuration: 1 change", "members of 2 groups", "254 of 254 changes and rejections", "2 held", "250 rejected")
	v.expect("/runs/run-1?state=held", "2 of 254 changes and rejections", "bob@example.com", "!eve@example.com")
	v.expect("/runs/run-1?q=EVE", "1 of 254 changes and rejections", "eve@example.com", "!bob@example.com")
	v.expect("/runs/run-1?action=create", "1 of 254 changes and rejections", "cara@example.com", "!eve@example.com", "!ann@example.com")
	v.expect("/runs/run-1?q=zoe", "0 of 254 changes and rejections", "Nothing of this run is found")
}

// TestRunOfAnEarlierVersion says that it does not know what was left.
func TestRunOfAnEarlierVersion(t *testing.T) {
	s := open(t, nil)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.BeginRun(ctx, state.Run{ID: "old", Trigger: "schedule"}))
		must(t, db.FinishRun(ctx, state.Run{ID: "old", Outcome: "held", Held: 3}))
	})
	s.visit(false).expect("/runs/old", "3 changes were held, rejected or left out", "did not note which")
}

// TestRunSaysWhoApproved: once for all changes that share it.
func TestRunSaysWhoApproved(t *testing.T) {
	s := open(t, nil)
	digest := s.hold("h1", "00u1", "00u2")
	s.fill(func(ctx context.Context, db *state.DB) {
		d, err := db.Decide(ctx, state.Judgement{HoldID: "h1", Digest: digest, Verdict: state.Approved, By: "ada", Reason: "the reorg"})
		must(t, err)
		must(t, db.BeginRun(ctx, state.Run{ID: "run-1", Trigger: "schedule"}))
		for i, id := range []string{"00u1", "00u2", "00u3"} {
			e := state.Entry{RunID: "run-1", Seq: i + 1, Type: scim.User, SourceID: id, Name: id + "@example.com", Action: "deactivate", Cause: "okta", Reason: "no longer assigned in Okta"}
			if id != "00u3" {
				e.Decision = d.ID
			}
			n, err := db.Begin(ctx, e)
			must(t, err)
			must(t, db.Finish(ctx, n, state.Outcome{State: state.Applied, HTTPStatus: 200}))
		}
		must(t, db.FinishRun(ctx, state.Run{ID: "run-1", Outcome: "done", Applied: 3}))
	})
	v := s.visit(false)
	v.expect("/runs/run-1", "approved by ada", "the reorg")
	v.expect("/runs/run-1?q=00u1", "approved by ada", "the reorg")
	v.expect("/runs/run-1?q=00u3", "!approved by ada")
	v.expect("/people/00u1", "approved by ada", "the reorg")
}

// TestOverviewSaysWhatIsInDoubt: nothing is called in step that is not known to be.
func TestOverviewSaysWhatIsInDoubt(t *testing.T) {
	s := open(t, func(_ *console.Options, p *console.Program) {
		p.Advise = func(_ scim.Type, status int, _ string) (report.Advice, bool) {
			return report.Advice{Cause: "the name is taken", Remedy: "give it another one"}, status == 409
		}
	})
	s.people(ann)
	s.journal("run-1", ann)
	v := s.visit(false)
	v.expect("/", "All in step")
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, agent.LastUnshown.Save(ctx, db, agent.Unshown{RunID: "run-1", At: time.Now(), Count: plan.NotShown{Values: 1}, Paths: []string{"title"}}))
	})
	v.expect("/", "In step, as far as WalkMe shows", "title of 1 person", "!All in step", `href="/runs/run-1"`)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.SetMeta(ctx, "marked", "true")) // it had a marker
		must(t, agent.SlowDown.Save(ctx, db, agent.Quarantine{Level: 2, Since: time.Now(), Reason: "12 of 20 changes failed"}))
		_, err := db.Begin(ctx, state.Entry{RunID: "gone", Seq: 1, Type: scim.User, SourceID: "00u9", Name: "x", Action: "create"})
		must(t, err)
	})
	must(t, os.RemoveAll(s.path+".marker"))
	v.expect("/", "The state is in doubt: every removal waits once for a decision", "the marker beside it is missing", "!All in step",
		"Quarantine since", "12 of 20 changes failed", "1 change was cut off; the next run settles what became of them")
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, agent.SlowDown.Save(ctx, db, agent.Quarantine{Level: 1, Since: time.Now(), Reason: "credentials are refused: 401", Refused: true}))
		must(t, db.PutRecords(ctx, state.Record{Resource: scim.Resource{Type: scim.User, SourceID: "00u2"}, Name: "bob@example.com", Attempts: 3, LastStatus: 409, LastError: "taken", NextTry: time.Now().Add(time.Hour)}))
	})
	v.expect("/", "Credentials are refused since", "failed 3 times in a row", "Cause: the name is taken.", "Remedy: give it another one.", "Next try:", "!All in step")
}

// TestRunsOverAFewPeopleProveNothing about everybody else.
func TestRunsOverAFewPeopleProveNothing(t *testing.T) {
	s := open(t, nil)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.BeginRun(ctx, state.Run{ID: "whole", Trigger: "schedule"}))
		must(t, db.FinishRun(ctx, state.Run{ID: "whole", Outcome: "failed", Error: "Okta answered 500"}))
		must(t, db.BeginRun(ctx, state.Run{ID: "few", Trigger: agent.TriggerWatch}))
		must(t, db.FinishRun(ctx, state.Run{ID: "few", Outcome: "done", Applied: 1}))
	})
	s.visit(false).expect("/", "The last run over everything failed", "Okta answered 500", `href="/runs/whole"`, "!All in step")
}

// TestBudgets shows what is left of the limits, and nothing of windows that have ended.
func TestBudgets(t *testing.T) {
	s := open(t, nil)
	now := s.clock.now()
	s.server.Use(console.Program{RequestsPerSecond: 25, RateLimitShare: 0.5, Budgets: func() console.Budgets {
		return console.Budgets{
			Okta:   console.Budget{Requests: 1200, Refused: 1, RefusedAt: now.Add(-time.Hour)},
			WalkMe: console.Budget{Requests: 7, Until: now.Add(2 * time.Minute)},
			Windows: []console.Window{
				{Path: "/api/v1/groups/{id}/users", Limit: 500, Left: 50, SaidAt: now, Reset: now.Add(time.Minute)},
				{Path: "/api/v1/logs", Limit: 120, Left: 1, SaidAt: now.Add(-time.Hour), Reset: now.Add(-59 * time.Minute)},
			},
		}
	}})
	s.visit(false).expect("/", "1,200 requests since the start, 1 refused for the limit (429), the latest 1 h ago", "50 of 500 left", "at most 50 %",
		"the window of 120 has begun anew since", "!1 of 120 left", "at most 25 requests a second", "it has asked to be left alone until")
}

// TestPersonSaysWhereValuesComeFrom: also those of the app, and those that an assignment
// overrides.
func TestPersonSaysWhereValuesComeFrom(t *testing.T) {
	s := open(t, nil)
	var rules []plan.MappingRule
	for path, text := range map[string]string{
		"userName": "appuser.userName", "name.givenName": "appuser.firstName", "title": `app.label + ": " + user.title`, "nickName": `user.getInternalProperty("id")`, "locale": `"de"`,
	} {
		expr, err := el.Parse(text)
		must(t, err)
		rules = append(rules, plan.MappingRule{Path: path, Expr: expr})
	}
	m, err := plan.NewMapping(rules)
	must(t, err)
	s.server.Use(console.Program{Agent: agent.Config{Mapping: m}})
	s.fill(func(ctx context.Context, db *state.DB) {
		w, err := db.SaveSourceUsers(ctx)
		must(t, err)
		body, err := json.Marshal(okta.User{ID: "00u1", UserName: "annie@example.com", Scope: "GROUP", GroupID: "00g1", Status: "ACTIVE", AccountStatus: "ACTIVE",
			Profile: json.RawMessage(`{"firstName":"Ann","login":"ann@example.com","title":"Lead"}`), AppProfile: json.RawMessage(`{"firstName":"Annie"}`)})
		must(t, err)
		must(t, w.Add("00u1", body))
		must(t, w.Commit())
		must(t, db.SaveSourceGroups(ctx, []state.SourceGroup{{ID: "00g1", Name: "Everybody in Bern", Members: []string{"00u1"}}}, nil))
		must(t, db.SetMeta(ctx, "snapshot", `{"app":{"ID":"0oa1","Label":"WalkMe"},"taken_at":"2026-03-01T12:00:00Z"}`))
	})
	s.visit(false).expect("/people/00u1", `"WalkMe: Lead"`, "app.label", `"WalkMe"`, "user.title", `"Lead"`, `"Annie"`, `user.firstName is "Ann": mapped or overridden at the assignment`,
		`user.login is "ann@example.com"`, "through group Everybody in Bern", `user.getInternalProperty("id")`, "nothing: it is a constant", "goes in", "2026-03-01 12:00 UTC")
}

// TestPersonWhoseRemovalIsHeld: the next run removes nobody whom a hold keeps.
func TestPersonWhoseRemovalIsHeld(t *testing.T) {
	s := open(t, func(_ *console.Options, p *console.Program) { p.Agent.Policy.DeactivateUsers = true })
	s.people(person{"00u0", "zoe@example.com", "Zoe", "Z", "w-0"})
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.PutRecords(ctx, state.Record{Resource: scim.Resource{Type: scim.User, SourceID: "00u1", ID: "w-1", Active: true}, Name: "ann@example.com", Origin: state.Created}))
	})
	digest := s.hold("h1", "00u1", "00u2")
	v := s.visit(false)
	v.expect("/people/00u1", "Held: 2 deactivations", `href="/holds/h1"`, "held until a person decides", "deactivate")
	v.expect("/people/00u0", "!Held:")
	v.post("/holds/h1/reject", map[string][]string{"digest": {digest}, "reason": {"on leave"}})
	v.expect("/people/00u1", "left undone: rejected by ada", "on leave", "!until a person decides")
	v.post("/holds/h1/approve", map[string][]string{"digest": {digest}})
	v.expect("/people/00u1", "approved by ada")
}

// TestPausedByConfiguration: a group whose source is paused waits for nothing.
func TestPausedByConfiguration(t *testing.T) {
	s := open(t, nil)
	s.people(ann)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.SaveSourceGroups(ctx, []state.SourceGroup{{ID: "00g1", Name: "Editors", PausedBy: "Editors", Members: []string{"00u1"}}}, nil))
	})
	v := s.visit(false)
	v.expect("/groups/00g1", "paused", "!waiting")
	v.expect("/people/00u1", "paused", "!goes in")
}
