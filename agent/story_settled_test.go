package agent_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A run says what it found out about the changes that an earlier run had left
// open, before it says what it did itself.
func TestReportSaysWhatWasSettled(t *testing.T) {
	t.Parallel()
	lost, dropped := walkmetest.AppliedUnanswered(), walkmetest.DroppedBefore()
	post := func(r *walkmetest.Request) bool { return r.Method == http.MethodPost }
	write := walkmetest.IsWrite
	remove := func(r *walkmetest.Request) bool { return strings.Contains(string(r.Body), "remove") } // the name goes first
	for _, test := range []struct {
		name  string
		edit  func(w *world) // of a company in which ann and bob are in Editors
		match func(*walkmetest.Request) bool
		fault walkmetest.Fault
		want  string
	}{
		{"create that was made", func(w *world) { w.hire("cara") }, post, lost,
			"create cara: applied: WalkMe had made the account; it is recorded"},
		{"create that was not made", func(w *world) { w.hire("cara") }, post, dropped,
			"create cara: abandoned: WalkMe has not made the account; planned again"},
		{"deactivation that was made", func(w *world) { w.org.Unassign(w.people["bob"]) }, write, lost,
			"deactivate bob: applied: WalkMe had deactivated the account; it is recorded"},
		{"deactivation that was not made", func(w *world) { w.org.Unassign(w.people["bob"]) }, write, dropped,
			"deactivate bob: abandoned: the account is still active; planned again"},
		{"update that was made", func(w *world) { w.marry("ann") }, write, lost,
			"update ann: applied: WalkMe had done it; the account is recorded"},
		{"update that was not made", func(w *world) { w.marry("ann") }, write, dropped,
			"update ann: abandoned: the account has not all of its values, and is recorded as WalkMe shows it; planned again"},
		{"members that were taken out", func(w *world) { w.leave("Editors", "bob") }, remove, lost,
			"group_members Editors: applied: WalkMe had changed the members; they are recorded"},
		{"members that were not taken out", func(w *world) { w.leave("Editors", "bob") }, remove, dropped,
			"group_members Editors: abandoned: the members are not as they were to be, and are recorded as WalkMe shows them; planned again"},
		{"rename that was made", func(w *world) { w.rename("Editors", "Authors") }, write, lost,
			"group_rename Authors: applied: WalkMe had renamed the group; it is recorded"},
		{"rename that was not made", func(w *world) { w.rename("Editors", "Authors") }, write, dropped,
			`group_rename Authors: abandoned: the name in WalkMe is "Editors"; planned again`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, walkme.OIN, func(s *setup) {
				s.config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameEndsWith: "ors"}}} // old name and new
			})
			w.hire("ann", "bob")
			w.group("Editors", "ann", "bob")
			w.sync()
			test.edit(w)
			w.tenant.Fault(walkmetest.OnMatch(test.match, 0, test.fault))
			if first := w.sync(); settled(first) != "" {
				t.Errorf("the run that lost an answer settled %q, want nothing", settled(first))
			}
			w.tenant.Fault(nil)
			wantText(t, "settled", settled(w.sync()), test.want)
			w.quiet()
		})
	}
}

// While WalkMe does not answer, the outcome stays open, and the report says so.
func TestReportSaysWhatIsStillOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	w.tenant.Fault(lose(http.MethodPost, "ann"))
	w.sync()
	w.tenant.Fault(walkmetest.OnMatch(walkmetest.Any, 0, walkmetest.DroppedBefore()))
	got := settled(w.sync())
	if want := "create ann: pending: the outcome of its last request is unknown: "; !strings.HasPrefix(got, want) {
		t.Errorf("settled = %q, want it to begin with %q", got, want)
	}
	w.tenant.Fault(nil)
	wantText(t, "settled", settled(w.sync()), "create ann: applied: WalkMe had made the account; it is recorded")
}

// settled lists what a run settled: "create ann: applied: …".
func settled(report *agent.Report) string {
	var lines []string
	for _, s := range report.Settled {
		lines = append(lines, fmt.Sprintf("%s %s: %s: %s", s.Action, short(s.Name), s.Outcome, s.Sentence))
	}
	return strings.Join(lines, "\n")
}

func (w *world) marry(name string) {
	w.org.Update(w.people[name], map[string]any{"lastName": "Married"})
}

func (w *world) rename(group, name string) { w.org.RenameGroup(w.groups[group], name) }
