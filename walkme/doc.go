// Package walkme speaks to WalkMe's SCIM service as Okta's provisioning engine
// does: the same verbs, in the same order, with the same headers and bodies.
//
// # Two dialects
//
// Okta has two. Apps from its catalog (profile OIN) change status and group
// membership by PATCH; apps made with its wizard (profile AIW) do everything by
// GET and PUT. Profiles of people go out by GET and PUT in both. Wire holds a
// switch for each point on which Okta's behaviour is not proven; DefaultWire is
// the best-supported form.
//
// # One write a call
//
// The caller journals around each write, so a method makes one write, and where
// it makes more its comment says so. Outcome tells from an error what became of
// the write: refused, never sent, or unknown. Nothing but a 429 is ever sent a
// second time; a read is repeated twice after a broken connection, 502, 503 or
// 504.
//
// # What an answer is worth
//
// SCIM servers in production are not the RFC's. Every hit of a look-up is
// compared with what was asked; a list without Resources is an error, never an
// empty list; an id is escaped before it goes into a path; a success whose own
// answer contradicts it is looked at again and reported as NotAppliedError.
//
// # Secrets
//
// The credential goes to the host of Config.BaseURL and nowhere else: redirects
// that leave it are refused. Neither it nor the placeholder password of a new
// user is in any error or log line.
package walkme
