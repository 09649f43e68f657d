package state_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/state"
)

// whileWriterIsBusy runs fn while a change keeps the writer busy, so that all
// changes of fn wait and become one transaction. The gate opens when every
// goroutine waits.
func whileWriterIsBusy(t *testing.T, db *state.DB, fn func()) {
	t.Helper()
	gate := make(chan struct{})
	busy := make(chan error)
	go func() {
		busy <- db.Do(t.Context(), func(func(string) error) error {
			<-gate
			return nil
		})
	}()
	synctest.Wait()
	fn()
	synctest.Wait()
	close(gate)
	must(t, <-busy)
}

func metaInsert(key string) string {
	return fmt.Sprintf("INSERT INTO meta (key, value) VALUES ('%s', 'x')", key)
}

// One change that fails takes no other of its transaction with it, and leaves
// nothing of itself.
func TestSharedTransactionFailure(t *testing.T) {
	path := statePath(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := state.Open(t.Context(), state.Options{Path: path})
		must(t, err)
		defer closeDB(t, db)
		changes := map[string][]string{
			"good 1":     {metaInsert("good 1")},
			"constraint": {metaInsert("half"), metaInsert("half")},
			"good 2":     {metaInsert("good 2")},
			"syntax":     {metaInsert("half of syntax"), "SELEKT"},
			"lost":       {metaInsert("half of lost"), "ROLLBACK", "SELEKT"}, // as SQLite does by itself on I/O errors
			"good 3":     {metaInsert("good 3")},
		}
		type result struct {
			name string
			err  error
		}
		results := make(chan result, len(changes))
		whileWriterIsBusy(t, db, func() {
			for name, queries := range changes {
				go func() {
					results <- result{name, db.Do(t.Context(), func(exec func(string) error) error {
						for _, q := range queries {
							if err := exec(q); err != nil {
								return err
							}
						}
						return nil
					})}
				}()
			}
		})
		for range changes {
			r := <-results
			if good := r.name[:4] == "good"; good != (r.err == nil) {
				t.Errorf("change %s = %v", r.name, r.err)
			}
		}
		for key, want := range map[string]string{"good 1": "x", "good 2": "x", "good 3": "x", "half": "", "half of syntax": "", "half of lost": ""} {
			if got, err := db.Meta(t.Context(), key); got != want || err != nil {
				t.Errorf("Meta(%s) = %q, %v, want %q", key, got, err, want)
			}
		}
	})
}

// Changes that wait share one transaction: the journal ids of one are stamped
// with one time.
func TestSharedTransaction(t *testing.T) {
	path := statePath(t)
	synctest.Test(t, func(t *testing.T) {
		transactions := 0
		c := newClock()
		now := func() time.Time { transactions++; return c.Now() }
		db, err := state.Open(t.Context(), state.Options{Path: path, Now: now})
		must(t, err)
		defer closeDB(t, db)
		done := make(chan error, 100)
		before := 0
		whileWriterIsBusy(t, db, func() {
			before = transactions
			for i := range 100 {
				go func() {
					_, err := db.Begin(t.Context(), entryOf(userRecord(i)))
					done <- err
				}()
			}
		})
		for range 100 {
			must(t, <-done)
		}
		if got := transactions - before; got != 1 {
			t.Errorf("100 waiting changes took %d transactions, want 1", got)
		}
	})
}

// A caller that gives up gets its context's error at once; what it asked for
// is not written when its turn comes.
func TestGiveUpWaiting(t *testing.T) {
	path := statePath(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := state.Open(t.Context(), state.Options{Path: path})
		must(t, err)
		defer closeDB(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		given := make(chan error, 1)
		whileWriterIsBusy(t, db, func() {
			go func() { given <- db.SetMeta(ctx, "k", "v") }()
			synctest.Wait()
			cancel()
			wantIs(t, "SetMeta", <-given, context.Canceled)
		})
		if got, err := db.Meta(t.Context(), "k"); got != "" || err != nil {
			t.Errorf("Meta(k) = %q, %v, want nothing", got, err)
		}
	})
}

// Close lets a change under way finish, and turns away the ones after it.
func TestCloseWaits(t *testing.T) {
	path := statePath(t)
	synctest.Test(t, func(t *testing.T) {
		db, err := state.Open(t.Context(), state.Options{Path: path})
		must(t, err)
		gate, done := make(chan struct{}), make(chan error, 2)
		go func() {
			done <- db.Do(t.Context(), func(exec func(string) error) error {
				<-gate
				return exec(metaInsert("last"))
			})
		}()
		synctest.Wait()
		go func() { done <- db.Close() }()
		synctest.Wait()
		wantIs(t, "SetMeta during Close", db.SetMeta(t.Context(), "k", "v"), state.ErrClosed)
		close(gate)
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		db = openDB(t, path)
		defer closeDB(t, db)
		if got, err := db.Meta(t.Context(), "last"); got != "x" {
			t.Errorf("Meta(last) = %q, %v, want x", got, err)
		}
	})
}

// Many writers at once: every id is given once, and nothing is lost.
func TestConcurrentBegin(t *testing.T) {
	db := openDB(t, statePath(t))
	ids := make(chan int64, 16*50)
	done := make(chan error, 16)
	for range 16 {
		go func() {
			for i := range 50 {
				id, err := db.Begin(t.Context(), entryOf(userRecord(i)))
				if err != nil {
					done <- err
					return
				}
				ids <- id
			}
			done <- nil
		}()
	}
	for range 16 {
		must(t, <-done)
	}
	close(ids)
	var got []int64
	for id := range ids {
		got = append(got, id)
	}
	slices.Sort(got)
	if n := len(slices.Compact(got)); n != 800 {
		t.Errorf("%d distinct ids, want 800", n)
	}
	pending, err := db.Pending(t.Context())
	if err != nil || len(pending) != 800 {
		t.Errorf("Pending() = %d entries, %v, want 800", len(pending), err)
	}
}
