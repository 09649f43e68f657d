package plan_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	if saved, err := readSaved(text); err != nil || saved.ID() != p.ID || saved.Compare(p) != nil {
		t.Errorf("ReadSaved() = %v, %v, want plan %s, to which the plan compares", saved, err, p.ID)
	}
	if _, err := readSaved(turned(t, text)); err != nil {
		t.Errorf("ReadSaved() of the keys in another order = %v", err)
	}
	for name, tt := range map[string]struct {
		text   string
		edited bool   // the error is ErrEdited
		want   string // in the error
	}{
		"no JSON":                     {"{", false, "plan file:"},
		"a field too many":            {strings.Replace(text, "{", `{"more":1,`, 1), false, "unknown field"},
		"another schema":              {strings.Replace(text, plan.Schema, "another/v1", 1), false, `the schema is "another/v1"`},
		"a reason of numbers":         {strings.Replace(text, `"changed in Okta"`, "7", 1), false, "plan file:"},
		"two documents":               {text + "{}", true, ""},
		"no id":                       {strings.Replace(text, `"id":"`+p.ID+`"`, `"id":""`, 1), true, ""},
		"another name":                {strings.Replace(text, "00u000@example.com", "eve@example.com", 1), true, ""},
		"a change of nothing":         {strings.Replace(text, `"changes":[`, `"changes":[null,`, 1), true, ""},
		"a change too many":           {strings.Replace(text, `"changes":[`, `"changes":[{},`, 1), true, ""},
		"two lists":                   {strings.Replace(text, `"changes":[`, `"changes":[],"changes":[`, 1), true, ""},
		"another order":               {inOrder(t, p, 1, 0), true, ""},
		"no changes":                  {strings.Replace(text, `"changes":`, `"changes":null,"Changes":`, 1), false, ""},
		"one change":                  {strings.Replace(text, `"changes":`, `"changes":{"a":[{}]},"CHANGES":`, 1), false, "cannot unmarshal object"},
		"nothing":                     {"", false, "plan file:"},
		"not an object":               {"[" + text + "]", false, "cannot unmarshal array"},
		"null":                        {"null", false, `the schema is ""`},
		"cut in a change":             {text[:strings.Index(text, `"changes":[{`)+20], false, "unexpected EOF"},
		"cut at its end":              {text[:len(text)-1], false, "unexpected EOF"},
		"no JSON behind":              {text + "\f", true, ""},
		"an odd change, then no JSON": {strings.Replace(text[:len(text)-1], `"changes":[`, `"changes":[{"more":1},`, 1) + "x", false, "invalid character"},
	} {
		if name == "no changes" { // the list that is there counts
			if _, err := readSaved(tt.text); err != nil {
				t.Errorf("%s: ReadSaved() = %v", name, err)
			}
			continue
		}
		if _, err := readSaved(tt.text); err == nil || errors.Is(err, plan.ErrEdited) != tt.edited || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: ReadSaved() = %v, want an error with %q, ErrEdited: %t", name, err, tt.want, tt.edited)
		}
	}
}

func readSaved(text string) (*plan.Saved, error) { return plan.ReadSaved(strings.NewReader(text)) }

// turned is an object with its keys sorted by their length.
func turned(t *testing.T, text string) string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	keys := slices.SortedFunc(maps.Keys(fields), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = fmt.Sprintf("%q:%s", key, fields[key])
	}
	return "{" + strings.Join(out, ",") + "}"
}

// inOrder is a plan whose changes were put in another order, with its id.
func inOrder(t *testing.T, p *plan.Plan, order ...int) string {
	t.Helper()
	other := *p
	other.Changes = nil
	for _, i := range order {
		other.Changes = append(other.Changes, p.Changes[i])
	}
	return asJSON(t, &other)
}

// TestReadRefusesValues: the id belongs to the content, and the content cannot be.
func TestReadRefusesValues(t *testing.T) {
	p := savedPlan(t, 1, func(p *plan.Plan, _ *plan.About) {
		p.Changes[0].Attributes[0].Old = map[string]any{"a": []any{map[string]any{}}}
	})
	if _, err := readSaved(asJSON(t, p)); err == nil || !strings.Contains(err.Error(), "userName of 00u000@example.com") {
		t.Errorf("ReadSaved() = %v, want an error that names the value", err)
	}
}

func reopened(t *testing.T, p *plan.Plan) *plan.Saved {
	t.Helper()
	saved, err := readSaved(asJSON(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return saved
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
		if err := reopened(t, savedPlan(t, 1, nil)).Compare(savedPlan(t, 1, tt.edit)); errors.As(err, &moved) {
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
	for n, want := range map[int]string{10: "new: update 00u009@example.com", 11: "new: update 00u010@example.com", 12: "… and 2 more differences", 3000: "… and 2990 more differences"} {
		var moved *plan.MovedError
		if err := reopened(t, savedPlan(t, 0, nil)).Compare(savedPlan(t, n, nil)); !errors.As(err, &moved) {
			t.Fatalf("Compare() = %v, want a *MovedError", err)
		}
		if lines := min(n, 11); len(moved.What) != lines || moved.What[lines-1] != want {
			t.Errorf("%d changes: %q, want %d lines, the last %q", n, moved.What, lines, want)
		}
	}
	var none *plan.Saved
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
