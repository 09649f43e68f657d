// Command okta-walkme-agent provisions WalkMe from Okta: it reads who is assigned
// to the WalkMe app and which groups are pushed, compares that with its own
// state, and makes the SCIM calls that Okta's provisioning engine would make.
//
// This package is wiring: one file a command, the clients put together in
// session.go, no decisions. What a command prints comes from agent/report.
package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"okta-walkme-agent/agent/service"
)

// gcPercent trades a little processor time, which a run has, for memory, which it
// shares with whatever else lives on the machine. GOGC overrides it.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	keepWithinHost()
	log.SetOutput(io.Discard) // the standard library's own: what servers send unasked
	os.Exit(run(interruptible(), os.Args[1:], environment{
		getenv: hideOkta(), stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}))
}

// keepWithinHost holds every client that takes the default transport to the host that it
// was told, those inside libraries, too.
func keepWithinHost() { http.DefaultTransport = service.WithinHost(http.DefaultTransport) }

// errInterrupted is the cause of a context that a signal has ended.
var errInterrupted error = interruptedError{}

type interruptedError struct{}

func (interruptedError) Error() string        { return "interrupted" }
func (interruptedError) Is(target error) bool { return target == context.Canceled }

// interruptible returns a context that ends with the first signal to stop. A second one
// ends the process at once.
func interruptible() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		cancel(errInterrupted)
	}()
	return ctx
}
