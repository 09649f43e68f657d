package agent_test

import (
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// BenchmarkBigOrgInProcess is a run over 100,000 assigned people in which nothing
// changed, for profiles: the fake org is in the figures.
func BenchmarkBigOrgInProcess(b *testing.B) {
	w := newWorld(b, walkme.OIN, func(s *setup) {
		s.org.Generated, s.tenant.KeepRequests, s.config.Policy.Desire = 100_000, -1, plan.DesirePolicy{}
	})
	projection := w.setup.config.Mapping.Projection()
	snap, err := w.agent.Okta.Snapshot(b.Context(), okta.SnapshotRequest{Keep: &projection})
	if err != nil {
		b.Fatal(err)
	}
	if err := w.agent.State.PutRecords(b.Context(), inStep(w.setup.config.Mapping, snap)...); err != nil {
		b.Fatal(err)
	}
	w.sync() // stores the snapshot of people once
	for b.Loop() {
		if report := w.sync(); len(report.Changes) != 0 {
			b.Fatalf("%d changes", len(report.Changes))
		}
	}
}
