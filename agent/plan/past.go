package plan

import (
	"strings"
	"time"
)

// past is a failure on record.
type past struct {
	change string     // digest of the change that failed
	words  string     // how often
	err    string     // why
	next   *time.Time // the end of its pause, if this run waits for that
}

// recall shows a change that failed before, and has it wait for the end of its
// pause. A change that has become another one since is tried at once.
func (c *Change) recall() {
	if c.past == nil || c.Cause == CauseFailed || c.past.change != c.Digest() {
		return
	}
	c.Cause, c.Reason = CauseFailed, c.Reason+"; "+c.past.words+": "+c.past.err
	if !c.Blocked() {
		c.WaitUntil = c.past.next
	}
}

// Tried leaves the old error out of the reason: what becomes of the change now is said
// beside it.
func (c *Change) Tried() {
	if c.past != nil && c.Cause == CauseFailed {
		c.Reason = strings.Replace(c.Reason, c.past.words+": "+c.past.err, c.past.words+" before", 1)
	}
}
