package console

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// keptTrials is how many outcomes are remembered.
const keptTrials = 8

// lab tries mappings on many people: one at a time, beside the pages, so that no page
// waits for it and a caller who gives up does not leave it half done for others.
type lab struct {
	mu   sync.Mutex
	all  []*trialRun // newest first
	busy bool
}

// trialRun is a mapping that is being tried, or was.
type trialRun struct {
	key    string // of the mapping, and of what it is tried against
	people int
	seen   atomic.Int64

	mu    sync.Mutex
	trial *trial // nil: under way, or failed
	err   error
}

// progress is how far a trial has come.
type progress struct {
	Seen, People int
	Waits        bool // another one is under way
	Failed       bool
}

// find returns what became of a trial, nil when there is none.
func (l *lab) find(key string) *trialRun {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.IndexFunc(l.all, func(t *trialRun) bool { return t.key == key }); i >= 0 {
		return l.all[i]
	}
	return nil
}

// begin makes room for a trial; false while another one is under way.
func (l *lab) begin(t *trialRun) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		return false
	}
	l.busy = true
	l.all = append([]*trialRun{t}, slices.DeleteFunc(l.all, func(o *trialRun) bool { return o.key == t.key })...)
	l.all = l.all[:min(len(l.all), keptTrials)]
	return true
}

func (l *lab) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy = false
}

// outcome is the trial when it has ended, and how far it is when it has not.
func (t *trialRun) outcome() (*trial, progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.trial, progress{Seen: int(t.seen.Load()), People: t.people, Failed: t.err != nil}
}

// tryBeside begins a trial when it is asked for, and shows what there is of it. One that
// has failed is begun anew.
func (s *Server) tryBeside(page *mappingsPage, key string, asked bool, do func(ctx context.Context, seen func()) (*trial, error)) {
	t := s.lab.find(key)
	if t != nil {
		made, how := t.outcome()
		if made != nil || !how.Failed {
			page.Trial, page.Progress = made, &how
			return
		}
	}
	if !asked {
		return
	}
	page.Progress = &progress{People: page.People}
	t = &trialRun{key: key, people: page.People}
	if !s.lab.begin(t) {
		page.Progress.Waits = true
		return
	}
	s.runner.group.Go(func() {
		defer s.lab.end()
		made, err := do(s.runner.ctx, func() { t.seen.Add(1) })
		if err != nil {
			s.log.Warn("mapping not tried", "err", err)
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.trial, t.err = made, err
	})
}
