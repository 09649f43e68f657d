package agent_test

import (
	"errors"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A state is about one tenant. With another address nothing is planned, settled or
// sent until a person says that it is the same one.
func TestStateOfAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Target = "https://one.example.com/scim" })
	w.hire("ann", "bob")
	w.sync()
	w.dismiss("ann")
	w.restart(func(s *setup) { s.config.Target = "https://two.example.com/scim" })
	_, planErr := w.agent.Plan(t.Context(), agent.Options{})
	_, syncErr := w.trySync()
	for what, err := range map[string]error{"Plan": planErr, "Sync": syncErr} {
		var other *agent.BindingError
		if !errors.As(err, &other) {
			t.Errorf("%s() = %v, want a *BindingError", what, err)
		}
	}
	if sent := w.requests(); sent != "" {
		t.Errorf("requests to the other tenant:\n%s", sent)
	}
	if err := agent.Bind(t.Context(), w.agent.State, w.agent.Binding()); err != nil {
		t.Fatal(err)
	}
	wantText(t, "changes after the state was adopted", changes(w.sync()), "deactivate ann: applied")
}

// So is it about one Okta app: everybody of the former one would seem to have left.
func TestStateOfAnotherApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	w.sync()
	other := w.agent.Binding()
	other.AppID = "0oaother0000000000001"
	if err := agent.Bind(t.Context(), w.agent.State, other); err != nil {
		t.Fatal(err)
	}
	var binding *agent.BindingError
	if _, err := w.trySync(); !errors.As(err, &binding) || binding.State != other {
		t.Errorf("Sync() = %v, want a *BindingError about %v", err, other)
	}
}

// A state in which nothing was ever recorded fits every configuration: the first
// attempt may have been with the wrong one.
func TestStateOfAFailedStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Target = "https://one.example.com/scim" })
	w.hire("ann")
	w.tenant.Fault(walkmetest.OnMatch(func(*walkmetest.Request) bool { return true }, 0, walkmetest.NotApplied(401)))
	if _, err := w.trySync(); err == nil {
		t.Fatal("Sync() = nil with refused credentials")
	}
	w.tenant.Fault(nil)
	w.restart(func(s *setup) { s.config.Target = "https://two.example.com/scim" })
	w.sync()
	w.quiet()
}
