package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

// eraseLine begins the line of a terminal anew (ECMA-48, section 8.3.41).
const eraseLine = "\r\x1b[K"

// quietStart is how long a command may take before it shows what it is doing.
const quietStart = time.Second

// display shows on a terminal, in one line that changes, how far a command is and what
// it waits for. Elsewhere the log has lines for both. What a first Ctrl-C waits for it
// says anywhere.
type display struct {
	w        io.Writer
	terminal bool
	began    time.Time
	shown    chan line
	ended    chan struct{} // closed when nothing is shown any more

	mu       sync.Mutex
	started  bool
	closed   bool // nothing more is shown
	asked    map[string]int
	applying bool // changes are counted, not requests
	wait     wait // the latest
}

// wait is what a command waits for.
type wait struct {
	what         string
	since, until time.Time
}

// String says it in one phrase, with times of the day as people read them.
func (w wait) String() string {
	return fmt.Sprintf("waiting for %s, since %s, until %s", w.what, w.since.Format(time.TimeOnly), w.until.Format(time.TimeOnly))
}

// line is what the display shows next.
type line struct {
	text  string
	wait  *wait         // nil: text is how far the command is
	last  bool          // text is a message of its own line
	clear chan struct{} // closed when the line is empty
}

func newDisplay(w io.Writer, terminal bool) *display {
	return &display{w: w, terminal: terminal, began: time.Now(), shown: make(chan line, 1), ended: make(chan struct{}), asked: map[string]int{}}
}

// watch lets the display follow a run.
func (d *display) watch(a *agent.Agent) {
	a.Stopping = d.stopping
	if d.terminal { // elsewhere the log says it
		a.Missed = d.missed
		a.Progress = d.applied
	}
}

// show draws until the display is closed.
func (d *display) show() {
	defer close(d.ended)
	var text string
	var now *wait
	over := time.NewTimer(0)
	drawn := false
	for {
		select {
		case <-over.C:
			if now == nil {
				continue
			}
			now = nil
		case l, ok := <-d.shown:
			switch {
			case !ok, l.clear != nil:
				if drawn {
					fmt.Fprint(d.w, eraseLine)
					drawn = false
				}
				text, now = "", nil
				if !ok {
					return
				}
				close(l.clear)
				continue
			case l.last:
				if drawn {
					fmt.Fprintln(d.w)
				}
				fmt.Fprintln(d.w, l.text)
				drawn = false
				continue
			case l.wait != nil:
				now = l.wait
				over.Reset(time.Until(now.until))
			default:
				text = l.text
			}
		}
		if all := joined(text, now); all != "" || drawn {
			fmt.Fprint(d.w, eraseLine+fitted(all, width(d.w)))
			drawn = all != ""
		}
	}
}

func joined(text string, now *wait) string {
	switch {
	case now == nil:
		return text
	case text == "":
		return now.String()
	}
	return text + "; " + now.String()
}

// fitted cuts a text to what a line of the terminal holds, so that the next one can
// take its place. Such texts are ASCII.
func fitted(text string, columns int) string {
	if columns > 0 && len(text) >= columns {
		return text[:columns-1]
	}
	return text
}

// send hands on a line, with the display locked. What is only progress may be left out
// when the terminal is behind.
func (d *display) send(l line, needed bool) {
	if d.closed {
		return
	}
	if !d.started {
		d.started = true
		go d.show()
	}
	if needed {
		d.shown <- l
		return
	}
	select {
	case d.shown <- l:
	default:
	}
}

// applied shows a change that has ended.
func (d *display) applied(done, total int, ch *plan.Change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.applying = true
	d.send(line{text: fmt.Sprintf("%d of %d: %s", done, total, ch.Action)}, false)
}

// waits shows what is waited for. Blinks are not worth it.
func (d *display) waits(what string, since, until time.Time) {
	if time.Until(until) < quietStart {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wait = wait{what, since, until}
	if d.terminal {
		d.send(line{wait: new(d.wait)}, true)
	}
}

// waited is what the command waits for, false when it is for nothing.
func (d *display) waited() (wait, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wait, d.wait.until.After(time.Now())
}

// asking counts a request to a side, where a terminal shows it.
func (d *display) asking(side string) {
	if !d.terminal {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[side]++
	if !d.applying && time.Since(d.began) > quietStart {
		d.send(line{text: fmt.Sprintf("asking %s, %s so far", side, count(d.asked[side], "request", "requests"))}, false)
	}
}

// counting is the transport of a side that the display follows.
func (d *display) counting(side string, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		d.asking(side)
		return next.RoundTrip(r)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// stopping says what the run still waits for after it was told to stop.
func (d *display) stopping(underWay int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.send(line{text: fmt.Sprintf("%s: finishing %s under way; Ctrl-C again stops at once", programName, count(underWay, "change", "changes")), last: true}, true)
	d.end() // what is left out from here on does not count
}

// missed says that an approval has released nothing.
func (d *display) missed(holdID, why string) {
	d.clear()
	fmt.Fprintf(report.Folded(d.w, width(d.w), programName), "%s: %s: nothing is released: %s\n", programName, holdID, why)
}

// clear empties the line, for what is printed next.
func (d *display) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.started || d.closed {
		return
	}
	cleared := make(chan struct{})
	d.send(line{clear: cleared}, true)
	<-cleared
}

// close ends the display.
func (d *display) close() {
	d.mu.Lock()
	d.end()
	started := d.started
	d.mu.Unlock()
	if started {
		<-d.ended
	}
}

func (d *display) end() {
	if !d.closed {
		d.closed = true
		close(d.shown)
	}
}

// above is a writer to the same terminal: the line is emptied before each write.
func (d *display) above(w io.Writer) io.Writer { return aboveWriter{d, w} }

type aboveWriter struct {
	d *display
	w io.Writer
}

func (a aboveWriter) Write(p []byte) (int, error) {
	a.d.clear()
	return a.w.Write(p)
}

// interrupted says that a signal ended the command, and what it waited for then.
func (d *display) interrupted() string {
	w, ok := d.waited()
	if !ok {
		return "interrupted"
	}
	return "interrupted while " + strings.Replace(w.String(), "waiting", "it was waiting", 1)
}
