package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

// TestMarkdownIsShort keeps a report of any size short enough for a ticket, and says
// what it leaves out.
func TestMarkdownIsShort(t *testing.T) {
	p := &plan.Plan{People: map[string]string{}}
	for i := range 2000 {
		login := fmt.Sprintf("person%d@example.com", i)
		p.Changes = append(p.Changes,
			user(plan.Create, i, login, "assigned in Okta", changed("name.givenName", nil, strings.Repeat("x", 100))),
			user(plan.Deactivate, i, login, "no longer assigned in Okta"))
	}
	var many []string
	for i := range 1500 {
		many = append(many, userID(i))
		p.People[userID(i)] = fmt.Sprintf("person%d@example.com", i)
	}
	p.Changes = append(p.Changes, group(plan.GroupMembers, 1, "Editors", "membership changed in Okta", plan.MemberChange{Add: many}))
	var short, full bytes.Buffer
	if err := report.PlanMarkdown(&short, p, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := report.PlanMarkdown(&full, p, report.Options{Full: true}); err != nil {
		t.Fatal(err)
	}
	if n := short.Len(); n >= 60_000 || n < 30_000 {
		t.Errorf("%d bytes, want below 60,000 and not much less", n)
	}
	for _, want := range []string{"more, left out to keep this short; --full shows them.", "Editors", "and 1,480 more"} {
		if !strings.Contains(short.String(), want) {
			t.Errorf("the short report does not say %q", want)
		}
	}
	if !strings.Contains(full.String(), "person1999@example.com") || strings.Contains(full.String(), "left out") {
		t.Error("the full report leaves something out")
	}
}
