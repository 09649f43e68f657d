// Package console is the agent in a browser: the same facts as the reports, in the
// same words and style, and the place where a person decides on a hold.
//
//	listener ─► connections ─► guard ─► session ─► page ─► facts (state, read-only)
//	 loopback,    bounded      Host,     link or     │
//	 socket, TLS               origin    sign-in     └─► action: decide, run, retry
//
// It reads the state file with a connection of its own for each page, and asks the
// program around it, by the functions in [Program], for everything that changes
// something. Whatever a browser does, a run goes on.
package console
