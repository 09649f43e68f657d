package service

import (
	"errors"
	"sync"
)

var errDeferred = errors.New("a run is under way")

// gate decides who has the service: a run, or a reload. The zero value is ready.
type gate struct {
	mu        sync.Mutex
	running   bool
	interrupt func()
	next      *Setup
}

// waitWith gives the gate a way to end the wait. A setup that came before is
// taken at once.
func (t *gate) waitWith(interrupt func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.interrupt = interrupt
	if t.next != nil {
		interrupt()
	}
}

// begin marks the begin of a run. A setup has to wait until it ends.
func (t *gate) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = true
	if t.next != nil {
		t.next.tell(errDeferred)
	}
}

func (t *gate) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = false
}

// offer makes n the next configuration, in the place of one that still waits.
func (t *gate) offer(n *Setup) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next != nil {
		t.next.tell(errors.New("a later reload has taken its place"))
		t.next.discard()
	}
	t.next = n
	if t.running {
		n.tell(errDeferred)
	}
	if t.interrupt != nil {
		t.interrupt()
	}
}

func (t *gate) take() *Setup {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.next
	t.next = nil
	return next
}
