package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"runtime"
	"time"
)

// batchLimit bounds how many changes share a transaction, and with it how long
// the first of them waits for the last.
const batchLimit = 256

// gatherTime is how long a transaction waits for further changes while several
// goroutines write: a flush costs them all about as much, and holds a thread.
const gatherTime = time.Millisecond

// gatherEnough is how many changes are no more waited for: the writer has enough to do.
const gatherEnough = 16

// writer is the one goroutine that writes. It puts all changes that wait into
// one transaction, so that they share one flush to the disk.
type writer struct {
	conn    *sql.Conn
	now     func() time.Time
	check   func() error         // before each transaction: why nothing may be written
	stmts   map[string]*sql.Stmt // by their text; owned by the goroutine
	queue   chan *change
	closing chan struct{}
	stopped chan struct{}
	shared  bool // the last transaction was of several changes
}

// change is one unit of work: all of it or nothing is written.
type change struct {
	ctx  context.Context
	do   func(*tx) error // may run twice, the first time undone
	done chan error      // buffered, one answer

	gaveUp error // why do was not run: the caller's context had ended
}

// tx is what a change writes through.
type tx struct {
	w   *writer
	now int64 // unix milliseconds, the same for all changes of a transaction

	failed error // of the first statement that failed, also when the change goes on after it
}

func newWriter(conn *sql.Conn, now func() time.Time, check func() error) *writer {
	w := &writer{
		conn:    conn,
		now:     now,
		check:   check,
		stmts:   make(map[string]*sql.Stmt),
		queue:   make(chan *change),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go w.loop()
	return w
}

// finish lets the changes that wait finish, and ends the goroutine.
func (w *writer) finish() {
	close(w.closing)
	<-w.stopped
}

// stop closes the connection of a writer that has finished.
func (w *writer) stop() error {
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// write runs do in a transaction and returns after it is durable. When ctx ends
// first, do either ran wholly or will not run. What do reads must not change
// after write has returned.
func (db *DB) write(ctx context.Context, what string, do func(*tx) error) error {
	return db.fail(what, db.submit(ctx, do))
}

func (db *DB) submit(ctx context.Context, do func(*tx) error) error {
	if db.writer == nil {
		return ErrReadOnly
	}
	c := &change{ctx: ctx, do: do, done: make(chan error, 1)}
	select {
	case db.writer.queue <- c:
	case <-db.writer.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case c := <-w.queue:
			w.commit(w.gather(c))
			continue
		case <-w.closing:
		}
		select {
		case c := <-w.queue:
			w.commit(w.gather(c))
		default:
			return
		}
	}
}

// gather takes the changes that are to share a transaction with the first: those
// that wait at this moment, and while few changes come from several goroutines also
// those of the next gatherTime. A lone writer never waits.
func (w *writer) gather(first *change) []*change {
	batch := w.waiting([]*change{first})
	if (w.shared || len(batch) > 1) && len(batch) < gatherEnough {
		time.Sleep(gatherTime)
		batch = w.waiting(batch)
	}
	w.shared = len(batch) > 1
	return batch
}

// waiting first lets those run that the last flush has woken: they mostly have
// the next change at hand.
func (w *writer) waiting(batch []*change) []*change {
	runtime.Gosched()
	for len(batch) < batchLimit {
		select {
		case c := <-w.queue:
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// commit writes a batch and answers all of it. When a change fails, or the transaction as
// a whole, each gets a transaction of its own: only the culprits fail. Nearly all batches
// come through whole, so that a savepoint for each change would cost more than this does.
func (w *writer) commit(batch []*change) {
	err := w.transaction(batch)
	if err != nil && len(batch) > 1 {
		for i := range batch {
			w.commit(batch[i : i+1])
		}
		return
	}
	for _, c := range batch {
		c.done <- cmp.Or(err, c.gaveUp)
	}
}

// transaction writes all changes of a batch but those whose callers have given up, or
// nothing. After an error SQLite may have rolled back by itself, on a full disk and on I/O
// errors (https://sqlite.org/lang_transaction.html, section 3): nothing more is written then.
func (w *writer) transaction(batch []*change) error {
	if err := w.check(); err != nil {
		return err
	}
	t := &tx{w: w, now: w.now().UnixMilli()}
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, c := range batch {
		if c.gaveUp = c.ctx.Err(); c.gaveUp != nil {
			continue
		}
		if err := c.do(t); err != nil {
			return t.rollback(err)
		}
		if t.failed != nil {
			return t.rollback(t.failed)
		}
	}
	if _, err := t.exec("COMMIT"); err != nil {
		return t.rollback(err)
	}
	return nil
}

// rollback returns why. That there is nothing left to roll back is no news.
func (t *tx) rollback(why error) error {
	_, _ = t.exec("ROLLBACK")
	return why
}

// stmt prepares each text once. Statements run without the caller's context:
// one that stops half-way would cost the others their transaction.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if s := t.w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(context.Background(), query)
	if err == nil {
		t.w.stmts[query] = s
	}
	return s, err
}

func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	res, err := s.ExecContext(context.Background(), args...)
	if t.failed == nil {
		t.failed = err
	}
	return res, err
}

// one reads a row inside the transaction. The row's Scan is sql.ErrNoRows when there
// is none.
func (t *tx) one(query string, args ...any) (*sql.Row, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.QueryRowContext(context.Background(), args...), nil
}

// change is exec for a statement that must hit at least one row: none is the
// error given.
func (t *tx) change(none error, query string, args ...any) error {
	res, err := t.exec(query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return none
}
