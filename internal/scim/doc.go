// Package scim is the vocabulary that the agent's packages share: resources,
// attribute paths, wire messages and errors of SCIM 2.0 (RFC 7643, RFC 7644).
//
// It does no I/O and knows neither Okta nor WalkMe. Two things live here:
//
//   - Resource, the one noun for what Okta wants (desired) and for what WalkMe
//     acknowledged (recorded). A plan is a function of two sets of it.
//   - the wire: schema URNs, ListResponse, PatchOp, Error, filters and paths.
package scim
