package report_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
)

func planText(t *testing.T, p *plan.Plan, o report.Options) string {
	t.Helper()
	return string(render(t, func(w io.Writer) error { return report.PlanText(w, p, o) }))
}

func TestTimeOfRead(t *testing.T) {
	tests := []struct {
		ago  time.Duration
		want string
	}{
		{0, "2026-03-02 10:17 UTC (just now)"},
		{59 * time.Second, "2026-03-02 10:16 UTC (just now)"},
		{time.Minute, "2026-03-02 10:16 UTC (1 min ago)"},
		{90 * time.Second, "2026-03-02 10:15 UTC (2 min ago)"},
		{59*time.Minute + 40*time.Second, "2026-03-02 09:17 UTC (1 h ago)"},
		{61 * time.Minute, "2026-03-02 09:16 UTC (1 h ago)"},
		{23 * time.Hour, "2026-03-01 11:17 UTC (23 h ago)"},
		{36 * time.Hour, "2026-02-28 22:17 UTC (36 h ago)"},
		{50 * time.Hour, "2026-02-28 08:17 UTC (2 days ago)"},
		{-30 * time.Second, "2026-03-02 10:17 UTC (in 30 s)"}, // Okta's clock may be ahead of ours
		{-2 * time.Minute, "2026-03-02 10:19 UTC (in 2 min)"},
	}
	for _, tt := range tests {
		p := basePlan()
		p.Source.TakenAt = now().Add(-tt.ago)
		if got := planText(t, p, report.Options{Now: now()}); !strings.Contains(got, "read "+tt.want+"\n") {
			t.Errorf("PlanText(read %v before now) = %q, want %q in it", tt.ago, got, tt.want)
		}
	}
	if got, want := planText(t, basePlan(), report.Options{}), "read 2026-03-02 10:15 UTC\n"; !strings.Contains(got, want) {
		t.Errorf("PlanText without a clock = %q, want %q in it", got, want)
	}
}

// TestSummary is the last line of a plan.
func TestSummary(t *testing.T) {
	blocked := user(plan.Deactivate, 1, "ann@example.com", "no longer assigned in Okta")
	blocked.BlockBy(plan.Block{Kind: plan.BlockDisabled, Detail: "provisioning.deactivate_users"})
	rejected := []plan.Rejection{{Type: scim.User, OktaID: userID(1), Name: "robot", Path: "userName", Error: "no e-mail address"}}
	tests := []struct {
		name      string
		changes   []*plan.Change
		rejected  []plan.Rejection
		unchanged int
		want      string
	}{
		{"nothing, users and groups told apart", nil, nil, 1218, "No changes. 1,204 users and 14 groups are in step."},
		{"nothing, some of them unmanaged", nil, nil, 1200, "No changes. 1,200 users and groups are in step."},
		{"nothing, one in step", nil, nil, 1, "No changes. 1 user or group is in step."},
		{"nothing but a rejection", nil, rejected, 1217, "No changes. 1,217 users and groups are in step; 1 rejected."},
		{"nothing that may be sent", []*plan.Change{blocked}, nil, 0, "Plan: nothing to send; 1 disabled."},
		{"users", []*plan.Change{user(plan.Create, 1, "ann@example.com", "")}, nil, 3, "Plan: 1 to create; 3 unchanged."},
		{"groups", []*plan.Change{group(plan.GroupMembers, 1, "Editors", "", plan.MemberChange{})}, nil, 0, "Plan: groups: 1 to change."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := basePlan()
			p.Summary.Unchanged, p.Changes, p.Rejected = tt.unchanged, tt.changes, tt.rejected
			text := strings.TrimSuffix(planText(t, p, report.Options{}), "\n")
			if got := text[strings.LastIndexByte(text, '\n')+1:]; got != tt.want {
				t.Errorf("last line = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSummaryLine(t *testing.T) {
	done := user(plan.Create, 1, "ann@example.com", "")
	done.Outcome = plan.Applied
	failed := user(plan.Create, 2, "bob@example.com", "")
	failed.Outcome = plan.Failed
	left := user(plan.Create, 3, "carl@example.com", "")
	left.Outcome = plan.Skipped
	tests := []struct {
		name    string
		outcome string
		err     string
		took    time.Duration
		changes []*plan.Change
		want    string
	}{
		{"nothing to do", agent.RunDone, "", 300 * time.Millisecond, nil, "Run 7 done in 0.3 s: no changes, 1,204 users and 14 groups are in step."},
		{"done", agent.RunDone, "", 12 * time.Second, []*plan.Change{done}, "Run 7 done in 12 s: 1 created."},
		{"problems", agent.RunProblems, "", 83 * time.Second, []*plan.Change{done, failed}, "Run 7 done in 1m23s: 1 created; 1 failed."},
		{"stopped", agent.RunStopped, "", 2 * time.Second, []*plan.Change{done, left}, "Run 7 stopped after 2.0 s: 1 created; 1 not tried."},
		{"failed at once", agent.RunFailed, "okta: HTTP 401", time.Second, nil, "Run 7 failed after 1.0 s: okta: HTTP 401."},
		{"failed half-way", agent.RunFailed, "walkme: HTTP 401.", time.Second, []*plan.Change{done, left},
			"Run 7 failed after 1.0 s: 1 created; 1 not tried; walkme: HTTP 401."},
		{"stopped before anything", agent.RunStopped, "", time.Second, nil, "Run 7 stopped after 1.0 s: nothing was sent."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := quietReport()
			r.Changes = tt.changes
			r.Run.ID, r.Run.Outcome, r.Run.Error, r.Run.FinishedAt = "7", tt.outcome, tt.err, r.Run.StartedAt.Add(tt.took)
			if got := report.SummaryLine(r); got != tt.want {
				t.Errorf("SummaryLine() = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestMappingThatClears says first how many people a mapping leaves without a value,
// which a misspelt name does to all of them.
func TestMappingThatClears(t *testing.T) {
	p := basePlan()
	for i, given := range []any{nil, nil, "Cara"} {
		p.Changes = append(p.Changes, because(user(plan.Update, i, "somebody@example.com", "", changed("name.givenName", "Old", given)), plan.CauseMapping))
	}
	if got, want := planText(t, p, report.Options{}), "  name.givenName  3 people, 2 of them without a value then\n"; !strings.Contains(got, want) {
		t.Errorf("PlanText = %q, want %q in it", got, want)
	}
}

// TestCountedSentences holds what is counted to the grammar of none, one and many.
func TestCountedSentences(t *testing.T) {
	tests := []struct {
		n    int
		want []string
	}{
		{1, []string{
			"Created 1 user (WalkMe sends 1 invitation e-mail)", "Changed the members of 1 group (1 in, 1 out)", "! 1 change failed, see below.",
			"Failed: 1 change\n", "! 1 person is rejected, see below.", "Rejected: 1 person (", "! 1 deactivation is held: 1 is more than 0.",
			"Held: 1 deactivation (1 is more than 0)", "Settled: 1 change (", "1 user and 1 group in WalkMe",
			"Mapping change: touches 1 person; 1 person is rejected", "WalkMe does not say what became of 1 change of",
		}},
		{2, []string{
			"Created 2 users (WalkMe sends 2 invitation e-mails)", "Changed the members of 2 groups (2 in, 2 out)", "! 2 changes failed, see below.",
			"Failed: 2 changes (HTTP 500)\n", "! 2 people are rejected, see below.", "Rejected: 2 people (", "! 2 deactivations are held: 2 are more than 0.",
			"Held: 2 deactivations (2 are more than 0)", "Settled: 2 changes (", "2 users and 2 groups in WalkMe",
			"Mapping change: touches 2 people; 2 people are rejected", "WalkMe does not say what became of 2 changes of",
		}},
	}
	for _, tt := range tests {
		r := &agent.Report{Plan: *basePlan(), Run: quietReport().Run}
		r.Unmanaged = &plan.Unmanaged{Users: tt.n, Groups: tt.n}
		for i := range tt.n {
			failed := user(plan.Update, 200+i, "failed@example.com", "", changed("title", "a", "b"))
			failed.Error = "HTTP 500"
			r.Changes = append(r.Changes, user(plan.Create, i, "new@example.com", ""), user(plan.Deactivate, 100+i, "leaver@example.com", ""),
				because(failed, plan.CauseMapping), group(plan.GroupMembers, i, "Editors", "", plan.MemberChange{Add: []string{"a"}, Remove: []string{"b"}}))
			r.Rejected = append(r.Rejected, plan.Rejection{Type: scim.User, OktaID: userID(300 + i), Name: "robot", Path: "userName", Error: "no e-mail address", Cause: plan.CauseMapping})
			r.Settled = append(r.Settled, apply.Settlement{Type: scim.User, OktaID: userID(400 + i), Name: "open@example.com", Action: plan.Create, Outcome: "pending"})
		}
		plan.Limits{MemberRemovals: plan.Limit{Count: 9}}.Hold(&r.Plan, plan.HoldInput{})
		for _, c := range r.Changes {
			c.Outcome = plan.Applied
			if c.Error != "" {
				c.Outcome = plan.Failed
			}
		}
		got := string(render(t, func(w io.Writer) error { return report.RunText(w, r, report.Options{}) }))
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("a run with %d of each lacks %q:\n%s", tt.n, want, got)
			}
		}
	}
}

// TestFold shows when a list is folded: never for the sake of a single line.
func TestFold(t *testing.T) {
	leavers := func(n int) *plan.Plan {
		p := basePlan()
		for i := range n {
			p.Changes = append(p.Changes, user(plan.Deactivate, i, fmt.Sprintf("leaver%03d@example.com", i), "left"))
		}
		return p
	}
	tests := []struct {
		n    int
		full bool
		want int    // people shown
		more string // what the text says of the rest
	}{
		{12, false, 12, ""},
		{13, false, 13, ""},
		{14, false, 12, "and 2 more, --full shows them"},
		{1500, false, 12, "and 1,488 more, --full shows them"},
		{1500, true, 1500, ""},
	}
	for _, tt := range tests {
		got := planText(t, leavers(tt.n), report.Options{Full: tt.full})
		if shown := strings.Count(got, "  - leaver"); shown != tt.want {
			t.Errorf("PlanText(%d leavers, full %t) shows %d, want %d", tt.n, tt.full, shown, tt.want)
		}
		if tt.more != strings.TrimPrefix(lineWith(got, "more"), "  … ") {
			t.Errorf("PlanText(%d leavers, full %t) says %q, want %q", tt.n, tt.full, lineWith(got, "more"), tt.more)
		}
	}
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return strings.TrimSuffix(line, "\n")
		}
	}
	return ""
}

// TestColumns: names of wide and of combining characters leave the text beside
// them in one column.
func TestColumns(t *testing.T) {
	p := basePlan()
	p.Changes = []*plan.Change{
		user(plan.Deactivate, 1, "ann@example.com", "REASON"),
		user(plan.Deactivate, 2, "山田太郎", "REASON"),
		user(plan.Deactivate, 3, "Jose\u0301", "REASON"),
	}
	got := planText(t, p, report.Options{})
	for _, want := range []string{
		"  - ann@example.com  REASON\n",
		"  - 山田太郎" + strings.Repeat(" ", 9) + "REASON\n", // 8 columns wide
		"  - Jose\u0301" + strings.Repeat(" ", 13) + "REASON\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("PlanText() = %q, want %q in it", got, want)
		}
	}
}

// TestSameNames tells members of one name apart by their ids.
func TestSameNames(t *testing.T) {
	p := basePlan()
	p.People = map[string]string{userID(1): "ann@example.com", userID(2): "ann@example.com", userID(3): ""}
	p.Changes = []*plan.Change{group(plan.GroupMembers, 1, "Editors", "", plan.MemberChange{Add: []string{userID(1), userID(2), userID(3)}})}
	got := planText(t, p, report.Options{})
	for _, want := range []string{"+ ann@example.com (" + userID(1) + ")\n", "+ ann@example.com (" + userID(2) + ")\n", "+ " + userID(3) + "\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("PlanText() = %q, want %q in it", got, want)
		}
	}
}

// TestWriterErrors passes on what the writer says, and says what was written.
func TestWriterErrors(t *testing.T) {
	full := errors.New("disk full")
	for name, write := range stories() {
		if err := write(failing{full}); !errors.Is(err, full) || err.Error() == full.Error() {
			t.Errorf("%s: error = %v, want %v with what was written", name, err, full)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestNobody does not call an org that lists nobody in step.
func TestNobody(t *testing.T) {
	p := basePlan()
	p.Source.Users, p.Source.Groups, p.Summary.Unchanged = 0, 0, 0
	got := planText(t, p, report.Options{})
	for _, want := range []string{"! Okta lists nobody: assign people to the app, or give", "No changes. Okta lists nobody.\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("PlanText of an empty org = %q, want %q in it", got, want)
		}
	}
}

// TestMappingThatRejects shows a mapping change that leaves nothing to send.
func TestMappingThatRejects(t *testing.T) {
	p := basePlan()
	for i := range 2 {
		p.Rejected = append(p.Rejected, plan.Rejection{Type: scim.User, OktaID: userID(i), Name: "ann@example.com", Path: "userName", Error: "no value", Cause: plan.CauseMapping})
	}
	got := planText(t, finish(p), report.Options{})
	if want := "Mapping change: touches 0 people; 2 people are rejected\n  userName  cannot be mapped for 2 people\n"; !strings.Contains(got, want) {
		t.Errorf("PlanText = %q, want %q in it", got, want)
	}
}

// TestLongValue counts the characters of a value without its quotes.
func TestLongValue(t *testing.T) {
	for n, want := range map[int]string{
		80: `title  "` + strings.Repeat("ä", 80) + "\"\n",
		81: `title  "` + strings.Repeat("ä", 80) + "\"… (81 characters in all)\n",
	} {
		p := basePlan()
		p.Changes = []*plan.Change{user(plan.Create, 1, "ann@example.com", "", set("title", strings.Repeat("ä", n)))}
		if got := planText(t, p, report.Options{}); !strings.Contains(got, want) {
			t.Errorf("PlanText of %d characters = %q, want %q in it", n, got, want)
		}
	}
}
