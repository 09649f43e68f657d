// Package walkmetest is a WalkMe tenant in memory that speaks SCIM 2.0 over
// HTTP, for tests and for the demonstration.
//
// Without quirks it is a strict server (RFC 7643, RFC 7644) with what is known
// of WalkMe: Basic authentication, userName and displayName unique without
// regard to case, an invitation e-mail for each account that is created, and an
// accessRole that a PUT without it sets back to the default role.
//
// Four things make it a test instrument:
//
//   - It records every request with its answer (Tenant.Requests).
//   - It polices its client: what Okta would never send is a violation
//     (Rule, Tenant.Violations), even where the answer is a success.
//   - It fails on command, in pairs: the request had no effect, or it had
//     its effect and the client was not told (Fault).
//   - It can behave as real servers do, one deviation at a time (Quirks).
//
// The truth is behind Users, Groups and State; AddUser, SetUser, SetMembers and
// the like are the hand of an administrator in WalkMe's own screens: they are
// neither recorded nor policed.
package walkmetest
