// Package probe judges a SCIM server by what Okta's provisioning engine does with
// it. It runs the checks of Okta's public suites and of its manual test plan, the
// requests that Okta sends in production, in both of its dialects, and what has
// broken real servers. Each result says what was asked and answered, what Okta would
// do with it, what its admin would see, how to mend it, and which switch of
// walkme.wire lives with it.
//
// The client that sends is walkme's, so that there is one truth about the wire.
// What that client would never send (a wrong token, broken JSON, DELETE of a user)
// is built by it and sent by hand, over the same transport.
//
//	Run ─► session ─► each Check in the order of the catalogue ─► clean-up ─► Report
//	          │ clients, fixtures          │ trial: exchanges, findings
//	          └── conduit: the one transport. It paces, waits out a 429, counts and
//	              remembers what is created, refuses writes of a run that only reads
//
// Everything that a run makes has a name with the run's own prefix, is remembered
// when its POST leaves, and is removed in reverse order when the run ends, however
// it ends. Nothing else is written to.
package probe
