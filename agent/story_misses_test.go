package agent_test

import (
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/walkme"
)

// Whoever has no account and is not to get one is looked up less and less often by the
// service, and at once when the name changes, or by hand.
func TestMissesAreRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Policy.CreateUsers, s.config.Workers = false, 1 })
	w.hire("ann", "bob")
	lookUps := func() string { return strings.ReplaceAll(w.requests(), "GET /Users?", "") }
	for _, pause := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		w.scheduled()
		wantText(t, "look-ups", lookUps(), `
			ann
			bob`)
		w.later += pause - time.Minute
		w.scheduled()
		wantText(t, "look-ups in the pause", lookUps(), "")
		w.later += 2 * time.Minute
	}
	w.scheduled()
	w.org.Update(w.people["ann"], map[string]any{"login": "anna@example.com"})
	w.scheduled()
	wantText(t, "look-ups after a rename", lookUps(), "anna")
	w.account("bob", true)
	w.scheduled()
	wantText(t, "look-ups in the pause", lookUps(), "")
	wantText(t, "changes by hand", changes(w.sync()), `
		create anna: skipped
		link bob: applied`)
}
