// Package agent decides what has to happen in WalkMe and makes it happen, in
// order.
//
// One run goes one way:
//
//	okta.Snapshot ─► Mapping.Desired ─► NewPlan ─► Limits.Hold ─►│─► apply ─► journal ─► report
//	 all or nothing       pure            pure        pure       │  a dry run stops here
//
// Everything left of the bar, and the report, is pure: it takes values and
// returns values, knows no clock, context, logger or network, and gives the same
// bytes for the same input. Everything right of it does I/O, one change at a
// time: the intent is journalled, the request is sent, and the answer is
// journalled together with the resource it concerns, in one transaction. A run
// that was killed needs no repair: the next one settles what was left pending and
// plans again from the truth.
package agent
