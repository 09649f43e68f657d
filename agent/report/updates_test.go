package report_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
)

// company is people of whom most get another title, some are new, some leave, and some
// differ in ways that other changes depend on.
func company(n int, seed uint64) (people []plan.Person, recorded plan.Input) {
	r := rand.New(rand.NewPCG(seed, 0))
	values := []any{"Dr", "<b>&\u2028", "Zoë \x1b[31m", int64(7), 1.5, true, []any{"a", "b"}}
	for i := range n {
		id, name := fmt.Sprintf("00u%017d", i), fmt.Sprintf("p%d@example.com", r.IntN(10*n)*n+i)
		attributes := func(title any) scim.Attributes {
			return scim.Attributes{{Path: "name.familyName", Value: "Example"}, {Path: "title", Value: title}, {Path: "userName", Value: name}}
		}
		want := plan.Person{Resource: scim.Resource{Type: scim.User, SourceID: id, Active: true, Attributes: attributes(values[r.IntN(len(values))])}, Presence: plan.Present}
		rec := zero(recorded.Recorded)
		rec.Resource, rec.Name, rec.Origin, rec.MappingDigest = want.Resource, name, "created", "earlier"
		rec.ID, rec.Attributes = "wm-"+id, attributes("before")
		switch r.IntN(20) {
		case 0:
			people = append(people, want)
			continue
		case 1:
			want.Attributes = attributes(nil)
		case 2:
			rec.Active = false
		case 3:
			rec.MappingDigest = ""
		case 4:
			rec.Attempts = 1
		case 5:
			recorded.Recorded = append(recorded.Recorded, rec)
			continue
		case 6:
			rec.Attributes = want.Attributes
		}
		people, recorded.Recorded = append(people, want), append(recorded.Recorded, rec)
	}
	return people, recorded
}

// zero is an element of a list that has nothing in it.
func zero[T any]([]T) (nothing T) { return nothing }

// TestUpdatesOnDisk compares the reports of a plan that holds all of its changes in memory
// with those of one whose plain changes lie in a file.
func TestUpdatesOnDisk(t *testing.T) {
	for seed, size := range map[uint64]int{1: 30, 2: 4000} {
		people, recorded := company(size, seed)
		in := plan.Input{
			Policy:  plan.Policy{CreateUsers: true, UpdateUserAttributes: true, DeactivateUsers: true},
			Earlier: map[string]map[string]string{"earlier": {"title": "user.honorific"}},
		}
		whole := in
		whole.Desired, whole.Recorded = plan.Desired{People: people}, recorded.Recorded
		parted := in
		parted.InStep = plan.NewInStep(size)
		places := map[string]int{}
		for i := range whole.Recorded {
			places[whole.Recorded[i].SourceID] = i
		}
		gone := map[string]bool{}
		for i := range people {
			want := &people[i]
			at, known := places[want.SourceID]
			var c *plan.Change
			if known {
				c = plan.PlainChange(want, &whole.Recorded[at], &in)
			}
			if c == nil {
				parted.Desired.People = append(parted.Desired.People, *want)
				continue
			}
			gone[want.SourceID] = true
			parted.InStep.AddPerson(want)
			err := parted.InStep.AddPlain(c, func() (*plan.PlainChanges, error) {
				file, err := os.CreateTemp(t.TempDir(), "")
				return plan.NewPlainChanges(file, size, false), err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, rec := range whole.Recorded {
			if !gone[rec.SourceID] {
				parted.Recorded = append(parted.Recorded, rec)
			}
		}
		parted.InStep.Seal()
		if err := parted.InStep.SealPlain(); err != nil {
			t.Fatal(err)
		}
		want, got := finished(t, whole), finished(t, parted)
		if got.Len() != want.Len() || len(got.Changes) > want.Len()/2 {
			t.Fatalf("%d changes, %d of them in memory, want %d, less than half of them", got.Len(), len(got.Changes), want.Len())
		}
		for name, write := range map[string]func(io.Writer, *plan.Plan) error{
			"JSON": report.PlanJSON,
			"HTML": report.PlanHTML,
			"text": func(w io.Writer, p *plan.Plan) error { return report.PlanText(w, p, report.Options{Width: 80}) },
			"full text": func(w io.Writer, p *plan.Plan) error {
				return report.PlanText(w, p, report.Options{Width: 80, Full: true})
			},
			"Markdown":      func(w io.Writer, p *plan.Plan) error { return report.PlanMarkdown(w, p, report.Options{}) },
			"full Markdown": func(w io.Writer, p *plan.Plan) error { return report.PlanMarkdown(w, p, report.Options{Full: true}) },
		} {
			var inMemory, onDisk bytes.Buffer
			if err := write(&inMemory, want); err != nil {
				t.Fatal(err)
			}
			if err := write(&onDisk, got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(inMemory.String(), onDisk.String()); diff != "" {
				t.Errorf("%d people, %s (-in memory +on disk):\n%.2000s", size, name, diff)
			}
		}
	}
}

func finished(t *testing.T, in plan.Input) *plan.Plan {
	t.Helper()
	p, err := plan.New(in)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	if err := p.Finish(plan.About{CreatedAt: now, App: plan.AppRef{ID: "0oa1", Label: "WalkMe"}, Source: plan.Source{TakenAt: now, Users: 30}}); err != nil {
		t.Fatal(err)
	}
	return p
}
