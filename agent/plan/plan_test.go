package plan_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

var update = flag.Bool("update", false, "rewrite the expected plans in testdata/plan")

// TestScenarios plans what each file in testdata/plan describes. The format is
// that of scenario.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/plan/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scenarios", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			s := readScenario(t, file)
			in := s.input(t)
			planned := must(plan.New(in))
			s.hold(t, planned, in)
			got := planText(planned)
			if *update {
				s.write(t, file, got)
				return
			}
			want := strings.Join(s.sections[planSection], "\n") + "\n"
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%splan (-want +got):\n%s", strings.Join(s.sections[""], "\n"), diff)
			}
		})
	}
}

// TestUserTable is the truth table of New, cell by cell.
func TestUserTable(t *testing.T) {
	m := walkMeMapping(t)
	recorded := func(id string, active bool) *state.Record {
		return &state.Record{
			Resource: scim.Resource{Type: scim.User, SourceID: "00u1", ID: id, Active: active, Attributes: scim.Attributes{
				{Path: "name.familyName", Value: "Lee"}, {Path: "name.givenName", Value: "Ann"}, {Path: "userName", Value: "ann@example.com"},
			}},
			Name: "ann@example.com", MappingDigest: m.Digest(),
		}
	}
	records := map[string]*state.Record{
		"never recorded": nil, "never landed": recorded("", false), "lost": recorded("", true),
		"active": recorded("w1", true), "inactive": recorded("w1", false),
	}
	const (
		nothing   = "= nothing"
		unchanged = "= unchanged 1"
		rejected  = "= rejected 1"
		kept      = "= unchanged 1, rejected 1"
	)
	tests := []struct{ recorded, okta, want string }{
		{"never recorded", "present", "= create 1"},
		{"never recorded", "absent", nothing},
		{"never recorded", "not listed", nothing},
		{"never recorded", "keep", nothing},
		{"never recorded", "rejected", rejected},

		{"never landed", "present", "= create 1"},
		{"never landed", "absent", nothing},
		{"never landed", "not listed", nothing},
		{"never landed", "keep", nothing},
		{"never landed", "rejected", rejected},

		// WalkMe does not have the account any more.
		{"lost", "present", "= create 1"},
		{"lost", "absent", nothing},
		{"lost", "not listed", nothing},
		{"lost", "keep", nothing},
		{"lost", "rejected", rejected},

		{"active", "present", unchanged},
		{"active", "present, renamed", "= update 1"},
		{"active", "absent", "= deactivate 1"},
		{"active", "not listed", "= deactivate 1"},
		{"active", "keep", unchanged},
		{"active", "rejected", kept},

		{"inactive", "present", "= reactivate 1"},
		{"inactive", "present, renamed", "= reactivate 1"},
		{"inactive", "absent", nothing},
		{"inactive", "not listed", nothing},
		{"inactive", "keep", nothing},
		{"inactive", "rejected", rejected},
	}
	for _, tt := range tests {
		t.Run(tt.recorded+", "+tt.okta, func(t *testing.T) {
			in := plan.Input{
				Mapping: m, Now: scenarioNow,
				Policy: plan.Policy{CreateUsers: true, UpdateUserAttributes: true, DeactivateUsers: true},
			}
			if r := records[tt.recorded]; r != nil {
				in.Recorded = []state.Record{*r}
			}
			person := fields{t: t, words: []string{"user", "00u1", tt.okta}, pairs: map[string]string{
				"name": "ann@example.com", "given": "Ann", "family": "Lee",
			}}
			switch tt.okta {
			case "not listed":
			case "present, renamed":
				person.words[2], person.pairs["family"] = "present", "Park"
				fallthrough
			default:
				in.Desired.People = []plan.Person{person.person()}
			}
			planned := must(plan.New(in))
			if got := summaryText(planned.Summary); got != tt.want {
				t.Errorf("New(%s, %s) = %s, want %s\n%s", tt.recorded, tt.okta, got, tt.want, planText(planned))
			}
			for _, c := range planned.Changes {
				if want := in.Recorded; (len(want) == 0 || want[0].ID == "") != (c.WalkMeID == "") || c.Name != "ann@example.com" {
					t.Errorf("%s names WalkMe id %q and %q", c.Action, c.WalkMeID, c.Name)
				}
			}
		})
	}
}

// TestPhases holds the order of a run: access is taken away first, people come
// before the groups that hold them, deletes come last; within a phase by name.
func TestPhases(t *testing.T) {
	s := readScenario(t, "testdata/plan/order.txt")
	planned := must(plan.New(s.input(t)))
	var got []string
	for _, c := range planned.Changes {
		got = append(got, fmt.Sprintf("%d %s", c.Seq, c.Action))
	}
	want := []string{
		"1 deactivate", "2 deactivate", "3 update", "4 create", "5 create", "6 reactivate", "7 update",
		"8 group_create", "9 group_rename", "10 group_members", "11 group_delete", "12 group_unlink",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// A userName is compared as a name, every other value letter by letter.
func TestSameValue(t *testing.T) {
	for _, tt := range []struct {
		path string
		a, b any
		want bool
	}{
		{scim.PathUserName, "Ann@Example.com", "ann@example.com", true},
		{scim.PathUserName, "ann@example.com", "bob@example.com", false},
		{scim.PathUserName, "ann@example.com", nil, false},
		{scim.PathUserName, nil, nil, true},
		{"nickName", "Ann", "ANN", false},
		{"nickName", "Ann", "Ann", true},
		{"nickName", int64(1), int64(1), true},
	} {
		if got := plan.SameValue(tt.path, tt.a, tt.b); got != tt.want {
			t.Errorf("SameValue(%s, %v, %v) = %t, want %t", tt.path, tt.a, tt.b, got, tt.want)
		}
	}
}

// A profile goes to an account that is there already.
func TestProfile(t *testing.T) {
	for action, want := range map[plan.Action]bool{
		plan.Update: true, plan.Reactivate: true, plan.Link: true, plan.Create: false, plan.Deactivate: false,
	} {
		c := &plan.Change{Action: action, Needs: plan.Needs{Want: &plan.Person{}}}
		if got := c.Profile(); got != want {
			t.Errorf("Profile() of %s = %t, want %t", action, got, want)
		}
	}
	if (&plan.Change{Action: plan.Update}).Profile() {
		t.Error("Profile() of an update without a person = true")
	}
}

// Changes are numbered from 1 when the plan is finished.
func TestFinishNumbers(t *testing.T) {
	p := leavers("00u1", "00u2", "00u3")
	p.Finish(plan.About{})
	for i, c := range p.Changes {
		if c.Seq != i+1 {
			t.Errorf("Seq of change %d = %d", i+1, c.Seq)
		}
	}
}
