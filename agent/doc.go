// Package agent makes runs: it reads Okta and the state, has a plan made, answers what
// the plan asks, and has it carried out.
//
//	okta.Snapshot ─► Mapping.Desired ─► plan.New ─► Questions ─► Answers ─► Limits.Hold ─►│─► apply ─► journal ─► report
//	 all or nothing       pure            pure        pure       the agent      pure       │  a dry run stops here
//
// What is pure is in agent/plan; what writes to WalkMe is in agent/apply. This package
// holds the order of a run, and all that asks.
package agent
