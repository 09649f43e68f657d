package service

import (
	"sync"
	"time"
)

// pulse knows whether the service gets on with its work. Each look of the waiting
// loop, each request and each answer is a beat.
type pulse struct {
	mu     sync.Mutex
	last   time.Time
	limit  time.Duration // how long a silence after the last beat is in order
	asleep time.Time     // until then a side wants to be left alone
}

// While the loop waits it beats every 15 seconds. In a run the longest silence in
// order is a request that is not answered, or a pause that a side has asked for.
const (
	waitSilence = time.Minute
	runSilence  = 5 * time.Minute
)

// silence is how long a run may go without a request or an answer.
func (c Config) silence() time.Duration { return runSilence + c.Timeout }

// beat ends a silence; the next one may last for limit.
func (p *pulse) beat(limit time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last, p.limit = time.Now(), limit
}

// wait grants a silence until then, and the usual one after it.
func (p *pulse) wait(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.asleep) {
		p.asleep = until
	}
}

// beats says whether the silence is in order, and how long it has lasted. Before
// the first beat it is.
func (p *pulse) beats(now time.Time) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := p.last
	if p.asleep.After(from) {
		from = p.asleep
	}
	return now.Sub(p.last), p.last.IsZero() || now.Sub(from) <= p.limit
}
