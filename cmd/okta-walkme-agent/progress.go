package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"okta-walkme-agent/agent"
)

// progress shows on a terminal how far a run is, and says anywhere what a first Ctrl-C
// waits for. The result ends the display. Elsewhere the log has a line for each change.
func (c *cli) progress(a *agent.Agent) func() {
	d := newDisplay(c.stderr)
	a.Stopping = d.stopping
	if isTerminal(c.stderr) {
		a.Progress = d.ended
	}
	return d.close
}

// display is one line that changes, until it ends with the run or with a message.
type display struct {
	shown chan line
	done  chan struct{}

	mu     sync.Mutex
	closed bool // nothing more is shown
}

// line is what the display shows next.
type line struct {
	text string
	last bool // a message of its own line, after which nothing changes
}

func newDisplay(w io.Writer) *display {
	d := &display{shown: make(chan line, 1), done: make(chan struct{})}
	go func() {
		defer close(d.done)
		longest := 0
		for l := range d.shown {
			if l.last {
				if longest > 0 {
					fmt.Fprintln(w)
				}
				fmt.Fprintln(w, l.text)
				longest = 0
				continue
			}
			longest = max(longest, len(l.text))
			fmt.Fprintf(w, "\r%-*s", longest, l.text)
		}
		if longest > 0 {
			fmt.Fprintf(w, "\r%s\r", strings.Repeat(" ", longest))
		}
	}()
	return d
}

// ended shows a change that has ended.
func (d *display) ended(done, total int, ch *agent.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	select {
	case d.shown <- line{text: fmt.Sprintf("%d of %d: %s", done, total, ch.Action)}:
	default: // the terminal is behind; the next line says more anyway
	}
}

// stopping says what the run still waits for after it was told to stop.
func (d *display) stopping(underWay int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.closed = true // what is left out from here on does not count
	d.shown <- line{text: fmt.Sprintf("%s: finishing %s under way; Ctrl-C again stops at once", programName, count(underWay, "change", "changes")), last: true}
	close(d.shown)
}

// close ends the display.
func (d *display) close() {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.shown)
	}
	d.mu.Unlock()
	<-d.done
}
