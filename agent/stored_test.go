package agent_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"go.uber.org/goleak"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// A plan from the snapshot that is stored reads ahead of what it looks at. Whatever ends
// it ends all of that.
func TestEndOfAPlanOffline(t *testing.T) {
	const people = 2600 // more pages than there are under way
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.org.Generated, s.tenant.KeepRequests, s.config.Policy.Desire = people, -1, plan.DesirePolicy{}
	})
	projection := w.setup.config.Mapping.Projection()
	snap, err := w.agent.Okta.Snapshot(t.Context(), okta.SnapshotRequest{Keep: &projection})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.agent.State.PutRecords(t.Context(), inStep(w.setup.config.Mapping, snap)...); err != nil {
		t.Fatal(err)
	}
	w.sync() // stores the snapshot
	w.agent.Config.Mapping = guideMapping(t, "String.toUpperCase(user.firstName)")
	full := errors.New("the disk is full")
	for name, tt := range map[string]struct {
		spillFrom int
		spill     func(cancel context.CancelFunc) error
		want      error
	}{
		"whole":                       {spill: func(context.CancelFunc) error { return nil }},
		"no file, on the first page":  {spill: func(context.CancelFunc) error { return full }, want: full},
		"no file, later":              {spillFrom: people / 2, spill: func(context.CancelFunc) error { return full }, want: full},
		"cancelled on the first page": {spill: func(cancel context.CancelFunc) error { cancel(); return nil }, want: context.Canceled},
		"cancelled on the last page":  {spillFrom: people - 1, spill: func(cancel context.CancelFunc) error { cancel(); return nil }, want: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			others := goleak.IgnoreCurrent()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			w.agent.SpillFrom = tt.spillFrom
			w.agent.Spill = func() (plan.ChangeStore, error) {
				if err := tt.spill(cancel); err != nil {
					return nil, err
				}
				return os.CreateTemp(t.TempDir(), "")
			}
			planned, err := w.agent.PlanOffline(ctx, agent.Options{})
			if !errors.Is(err, tt.want) || (err != nil) != (tt.want != nil) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if err == nil && planned.Len() != people {
				t.Errorf("%d changes, want %d", planned.Len(), people)
			}
			goleak.VerifyNone(t, others)
		})
	}
}
