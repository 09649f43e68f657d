package plan_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
)

// savedPlan is a finished plan that updates people; edit comes before its id is made.
func savedPlan(t *testing.T, people int, edit func(*plan.Plan, *plan.About)) *plan.Plan {
	t.Helper()
	p := &plan.Plan{Schema: plan.Schema}
	for i, id := range numbered("00u", people) {
		p.Changes = append(p.Changes, &plan.Change{
			Seq: i + 1, Type: scim.User, Action: plan.Update, OktaID: id, Name: id + "@example.com", Reason: plan.Reason{"changed in Okta"},
			Attributes: []scim.AttributeChange{{Path: "userName", Old: "old", New: id + "@example.com"}},
		})
	}
	about := plan.About{
		CreatedAt: scenarioNow, App: plan.AppRef{ID: "0oa1"}, Target: "https://walkme.example.com", WireProfile: "oin",
		Source: plan.Source{TakenAt: scenarioNow, Digest: "sha256:1"}, StateGeneration: 3,
	}
	if edit != nil {
		edit(p, &about)
	}
	if err := p.Finish(about); err != nil {
		t.Fatal(err)
	}
	return p
}

func asJSON(t *testing.T, p *plan.Plan) string {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRead takes a plan file as it was written, and nothing else.
func TestRead(t *testing.T) {
	until := scenarioNow.Add(time.Hour)
	p := savedPlan(t, 2, func(p *plan.Plan, _ *plan.About) {
		p.Changes[1].BlockBy(plan.Block{Kind: plan.BlockWaiting, Detail: "failed before", Until: &until})
		p.Changes[0].Reason = nil
	})
	text := asJSON(t, p)
	read, err := plan.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := asJSON(t, read); got != text {
		t.Errorf("Read() = %s, want %s", got, text)
	}
	if len(read.Changes[0].Reason) != 0 || read.Changes[1].Reason.String() != "changed in Okta" {
		t.Errorf("reasons = %q and %q, want none and one note", read.Changes[0].Reason, read.Changes[1].Reason)
	}
	if err := p.Compare(read); err != nil {
		t.Errorf("Compare() of what was read = %v", err)
	}
	for name, tt := range map[string]struct {
		text   string
		edited bool   // the error is ErrEdited
		want   string // in the error
	}{
		"no JSON":             {"{", false, "plan file:"},
		"a field too many":    {strings.Replace(text, "{", `{"more":1,`, 1), false, "unknown field"},
		"another schema":      {strings.Replace(text, plan.Schema, "another/v1", 1), false, `the schema is "another/v1"`},
		"a reason of numbers": {strings.Replace(text, `"changed in Okta"`, "7", 1), false, "plan file:"},
		"two documents":       {text + "{}", true, ""},
		"no id":               {strings.Replace(text, `"id":"`+p.ID+`"`, `"id":""`, 1), true, ""},
		"another name":        {strings.Replace(text, "00u000@example.com", "eve@example.com", 1), true, ""},
		"a change of nothing": {strings.Replace(text, `"changes":[`, `"changes":[null,`, 1), true, ""},
	} {
		if _, err := plan.Read([]byte(tt.text)); err == nil || errors.Is(err, plan.ErrEdited) != tt.edited || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Read() = %v, want an error with %q, ErrEdited: %t", name, err, tt.want, tt.edited)
		}
	}
}

// TestReadRefusesValues: the id belongs to the content, and the content cannot be.
func TestReadRefusesValues(t *testing.T) {
	p := savedPlan(t, 1, func(p *plan.Plan, _ *plan.About) {
		p.Changes[0].Attributes[0].Old = map[string]any{"a": []any{map[string]any{}}}
	})
	if _, err := plan.Read([]byte(asJSON(t, p))); err == nil || !strings.Contains(err.Error(), "userName of 00u000@example.com") {
		t.Errorf("Read() = %v, want an error that names the value", err)
	}
}

// TestCompare says what has moved since a plan was saved.
func TestCompare(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(*plan.Plan, *plan.About)
		want string
	}{
		"nothing":         {nil, ""},
		"the clock alone": {func(_ *plan.Plan, a *plan.About) { a.CreatedAt = a.CreatedAt.Add(time.Hour) }, ""},
		"the app":         {func(_ *plan.Plan, a *plan.About) { a.App.ID = "0oa2" }, "Okta app: 0oa1 in the plan, 0oa2 now"},
		"the tenant":      {func(_ *plan.Plan, a *plan.About) { a.Target = "https://other.example.com" }, "WalkMe: https://walkme.example.com in the plan, https://other.example.com now"},
		"the profile":     {func(_ *plan.Plan, a *plan.About) { a.WireProfile = "aiw" }, "wire profile: oin in the plan, aiw now"},
		"the state":       {func(_ *plan.Plan, a *plan.About) { a.StateGeneration = 4 }, "state generation: 3 in the plan, 4 now"},
		"Okta":            {func(_ *plan.Plan, a *plan.About) { a.Source.Digest = "sha256:2" }, "Okta has changed since 2026-03-02 09:00:00 UTC"},
		"a hold": {func(p *plan.Plan, _ *plan.About) { p.Changes[0].BlockBy(plan.Block{Kind: plan.BlockHeld, Hold: "h1"}) },
			"limits, holds or pauses have changed"},
		"a person": {func(p *plan.Plan, _ *plan.About) { p.Changes[0].OktaID, p.Changes[0].Name = "00u9", "eve@example.com" },
			"new: update eve@example.com\nno longer to do: update 00u000@example.com"},
	} {
		got := ""
		var moved *plan.MovedError
		if err := savedPlan(t, 1, nil).Compare(savedPlan(t, 1, tt.edit)); errors.As(err, &moved) {
			got = strings.Join(moved.What, "\n")
		} else if err != nil {
			t.Errorf("%s: Compare() = %v, want a *MovedError", name, err)
		}
		if got != tt.want {
			t.Errorf("%s: Compare() = %q, want %q", name, got, tt.want)
		}
	}
}

// TestCompareFolds shows ten differences, and an eleventh in the place of a line that
// would say that there is one more.
func TestCompareFolds(t *testing.T) {
	for n, want := range map[int]string{10: "new: update 00u009@example.com", 11: "new: update 00u010@example.com", 12: "… and 2 more differences"} {
		var moved *plan.MovedError
		if err := savedPlan(t, 0, nil).Compare(savedPlan(t, n, nil)); !errors.As(err, &moved) {
			t.Fatalf("Compare() = %v, want a *MovedError", err)
		}
		if lines := min(n, 11); len(moved.What) != lines || moved.What[lines-1] != want {
			t.Errorf("%d changes: %q, want %d lines, the last %q", n, moved.What, lines, want)
		}
	}
	var none *plan.Plan
	if err := none.Compare(savedPlan(t, 1, nil)); err != nil {
		t.Errorf("Compare() of no saved plan = %v, want nil", err)
	}
}

// TestPlanIDOutlivesPauses: until when a change waits is no part of what a plan is, that
// it waits is.
func TestPlanIDOutlivesPauses(t *testing.T) {
	waiting := func(d time.Duration) func(*plan.Plan, *plan.About) {
		until := scenarioNow.Add(d)
		return func(p *plan.Plan, _ *plan.About) {
			p.Changes[0].BlockBy(plan.Block{Kind: plan.BlockWaiting, Until: &until})
		}
	}
	hour, day, none := savedPlan(t, 1, waiting(time.Hour)).ID, savedPlan(t, 1, waiting(24*time.Hour)).ID, savedPlan(t, 1, nil).ID
	if hour != day || hour == none || hour == "" {
		t.Errorf("ids = %s, %s and %s, want two that are one, and another", hour, day, none)
	}
}
