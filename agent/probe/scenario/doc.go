// Package scenario plays the life of an org from a file: people and groups in a fake
// Okta org, steps that change them and let the agent run, and what is expected of its
// requests, of the accounts and groups in the end, of its exit code and its words.
//
//	File ─► Stage (org, tenant or target, conduit, configuration) ─► Result
//
// The agent under test is the real program: the caller brings it as a function
// (Program), and as a command where it is to be killed. Between it and the SCIM
// server stands a conduit, which records the conversation and, before a foreign
// server, lets it go wrong.
//
// The format is described by docs/scenario.schema.json, which a test holds to the
// types of this package.
package scenario
