// Package agent makes runs: it reads Okta and the state, has a plan made, answers what
// the plan asks, and has it carried out.
//
//	okta.Snapshot ─► Mapping.Desired ─► plan.New ─► Questions ─► Answers ─► Limits.Hold ─►│─► apply ─► journal ─► report
//	 all or nothing       pure            pure        pure       the agent      pure       │  a dry run stops here
//
// What is pure is in agent/plan; what writes to WalkMe is in agent/apply. This package
// holds the order of a run (run.go, planning.go, snapshot.go), and all that reads and asks.
// In the order of a run:
//
//	witness     makes sure that WalkMe is still the tenant of the state   witness.go
//	looker      compares WalkMe's list with the records, in a refresh     look.go
//	sieve       lets people in step go while Okta's pages come in         sieve.go
//	groupStore  keeps Okta's groups from run to run                       group_store.go
//	view        is everything that was read before a plan is made         view.go
//	refresher   lays what WalkMe shows over the records                   refresh.go
//	window      counts what was removed lately                            window.go
//	decider     knows what people have decided about what is held         decision.go
//	asker       answers what the plan asks                                ask.go
//	archive     keeps how runs went                                       run_record.go
//
// What is remembered from run to run is listed in memory.go.
package agent
