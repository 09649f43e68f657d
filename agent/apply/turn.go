package apply

import (
	"context"
	"fmt"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
)

// changesPerTurn is how many changes may be begun for each that talks to WalkMe. The
// others wait for the journal: the more of them, the more share a flush to the disk.
const changesPerTurn = 4

// turns are what a change needs in order to talk to WalkMe: there are as many as the
// Applier has workers. While a change waits for the journal, another one has its turn.
type turns struct {
	taken chan struct{}
	ended context.Context // of the run: nothing more is sent
	end   context.CancelFunc
}

func newTurns(ctx context.Context, workers int) turns {
	ended, end := context.WithCancel(ctx)
	return turns{make(chan struct{}, workers), ended, end}
}

// begun is how many changes may be begun at once. One worker makes one after the other, in
// the order of the plan.
func (t *turns) begun() int {
	if workers := cap(t.taken); workers > 1 {
		return changesPerTurn * workers
	}
	return 1
}

// turn is that of one change.
type turn struct {
	has    bool
	action plan.Action // of the change, as planned
}

// take waits for a turn. The error says that the run has ended before. A change without
// turns of its own, which another one carries out, needs none.
func (t *turns) take(of *turn) error {
	if of == nil || of.has {
		return nil
	}
	if t.ended.Err() == nil {
		select {
		case t.taken <- struct{}{}:
			of.has = true
			return nil
		case <-t.ended.Done():
		}
	}
	return errNoTurn
}

// errNoTurn says of a change that it has only waited, see hasOnlyWaited.
var errNoTurn = &walkme.NotSentError{Err: fmt.Errorf("wait for a turn: %w", context.Canceled)}

// takeAgain takes the turn of a change that has waited for the journal. What has sent nothing
// yet is not sent any more when its action was given up meanwhile.
func (r *runner) takeAgain(c *job, first bool) error {
	if err := r.turns.take(c.turn); err != nil || c.turn == nil || !first {
		return err
	}
	if r.stopReason(c.turn.action) != "" {
		return errNoTurn
	}
	return nil
}

// give gives the turn to another change.
func (t *turns) give(of *turn) {
	if of != nil && of.has {
		of.has = false
		<-t.taken
	}
}
