// Package apply carries out a plan, one change at a time: the intent is journalled, the
// request is sent, and the answer is journalled together with the resource that it
// concerns, in one transaction.
//
//	plan.Change ─► job ─► owners.claim ─► journal ─► request(s) to WalkMe ─► journal + record
//
// A run that was killed needs no repair: Settle asks WalkMe what became of the entries
// that were left pending, before the next plan is made. The breaker ends a run in which
// to go on would only fail again.
package apply
