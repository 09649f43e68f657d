// Command okta-walkme-agent provisions WalkMe from Okta: it reads who is assigned
// to the WalkMe app and which groups are pushed, compares that with its own
// state, and makes the SCIM calls that Okta's provisioning engine would make.
//
// This package is wiring: one file a command, the clients put together in
// session.go, no decisions. What a command prints comes from agent/report.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// gcPercent trades a little processor time, which a run has, for memory, which it
// shares with whatever else lives on the machine. GOGC overrides it.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], environment{
		getenv: hideOkta(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}))
}
