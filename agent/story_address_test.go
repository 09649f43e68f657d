package agent_test

import (
	"errors"
	"net/http"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The host of another region, a wrong path, a gateway: whatever answers 404 to all
// that is asked does not say that nobody has an account. Nothing is planned on the
// strength of it, and nothing is created.
func TestWrongAddress(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]walkmetest.Fault{
		"a page": walkmetest.Gateway(http.StatusNotFound), "a blank": {Status: http.StatusNotFound, ContentType: "text/plain", Body: "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) {
					s.config.Policy.RecreateMissing, s.config.Policy.Groups.RecreateMissing = true, true
				})
				w.hire("ann", "bob")
				w.group("push Team", "ann")
				w.sync()
				w.hire("cara")
				w.group("push Crew", "cara")
				w.join("push Team", "bob")
				w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
				w.org.Unassign(w.people["bob"])
				records := []any{w.record("ann").ID, w.record("bob").ID, w.record("push Team").ID}
				w.restart() // a client that has not met WalkMe yet

				reads := func(r *walkmetest.Request) bool { return r.Method == http.MethodGet }
				w.tenant.Fault(walkmetest.OnMatch(reads, 0, fault))
				var unusable *walkme.AnswerError
				if _, err := w.agent.Plan(t.Context(), agent.Options{}); !errors.As(err, &unusable) {
					t.Errorf("Plan() = %v, want an answer that is not WalkMe's", err)
				}
				writes := 0
				w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
					if r.Method == http.MethodPost {
						writes++
					}
					return fault
				})
				if report, err := w.trySync(); err == nil && report.Run.Failed == 0 {
					t.Errorf("changes = %s, want failures", changes(report))
				}
				if writes > 0 {
					t.Errorf("%d POSTs, want none", writes)
				}
				for i, id := range []any{w.record("ann").ID, w.record("bob").ID, w.record("push Team").ID} {
					if id != records[i] {
						t.Errorf("record %d has id %v, want still %v", i, id, records[i])
					}
				}
				w.tenant.Fault(nil)
				w.sync()
				wantText(t, "accounts", w.accounts(), `
					ann: Ann Archer
					bob: Bob Example (inactive)
					cara: Cara Example`)
				wantText(t, "memberships", w.memberships(), `
					push Crew: cara
					push Team: ann`)
				w.quiet()
			})
		})
	}
}
