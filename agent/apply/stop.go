package apply

import (
	"context"
	"sync"
	"time"

	"okta-walkme-agent/walkme"
)

// finishGrace is how long a change that is under way may still take after the run
// was told to stop. What takes longer stays pending in the journal, and the next
// run settles it.
const finishGrace = 30 * time.Second

// sayStopping tells the caller how many changes the run still waits for.
func (r *runner) sayStopping() {
	if r.a.Stopping == nil {
		return
	}
	r.mu.Lock()
	n := r.underWay
	r.mu.Unlock()
	if n > 0 {
		r.a.Stopping(n)
	}
}

// finishing returns a context that outlives ctx by finishGrace: a request that
// has left is better answered than forgotten. One that waits for WalkMe is not sent.
func finishing(ctx context.Context) (context.Context, func()) {
	work, cancel := context.WithCancelCause(walkme.Hurry(context.WithoutCancel(ctx), ctx))
	var timer *time.Timer
	var mu sync.Mutex
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		timer = time.AfterFunc(finishGrace, func() { cancel(context.Cause(ctx)) })
	})
	return work, func() {
		stop()
		cancel(nil)
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
	}
}
