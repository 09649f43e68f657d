package plan

import (
	"slices"
	"time"
)

// past is a failure on record.
type past struct {
	change string     // digest of the change that failed
	times  string     // how often
	err    string     // why
	next   *time.Time // the end of its pause, if this run waits for that
	note   int        // which note of the reason says so, once recalled
}

// recall shows a change that failed before, and has it wait for the end of its
// pause. A change that has become another one since is tried at once.
func (c *Change) recall() {
	if c.past == nil || c.Cause == CauseFailed || c.past.change != c.Digest() {
		return
	}
	c.Cause, c.past.note = CauseFailed, len(c.Reason)
	c.note("failed " + c.past.times + ": " + c.past.err)
	if !c.Blocked() && c.past.next != nil {
		c.BlockBy(Block{Kind: BlockWaiting, Detail: c.past.err, Until: c.past.next})
	}
}

// Tried leaves the old error out of the reason: what becomes of the change now is said
// beside it.
func (c *Change) Tried() {
	if c.past != nil && c.Cause == CauseFailed {
		c.Reason = slices.Clone(c.Reason)
		c.Reason[c.past.note] = "failed " + c.past.times + " before"
	}
}
