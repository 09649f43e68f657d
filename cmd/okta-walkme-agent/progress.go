package main

import (
	"fmt"
	"strings"

	"okta-walkme-agent/agent"
)

// progress shows on a terminal how far a run is. The result ends the display.
// Elsewhere the log has a line for each change.
func (c *cli) progress(a *agent.Agent) func() {
	if !isTerminal(c.stderr) {
		return func() {}
	}
	shown := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		longest := 0
		for line := range shown {
			longest = max(longest, len(line))
			fmt.Fprintf(c.stderr, "\r%-*s", longest, line)
		}
		fmt.Fprintf(c.stderr, "\r%s\r", strings.Repeat(" ", longest))
	}()
	a.Progress = func(done, total int, ch *agent.Change) {
		line := fmt.Sprintf("%d of %d: %s", done, total, ch.Action)
		select {
		case shown <- line:
		default: // the terminal is behind; the next line says more anyway
		}
	}
	return func() {
		close(shown)
		<-ended
	}
}
