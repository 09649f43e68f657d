package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Decide records a person's decision in the state file at path, see DB.Decide. It
// takes no lock, so that it works while a run has the state: SQLite lets the two write
// one after the other, and a run that has begun its plan is not changed by it.
//
// Errors: those of DB.Decide, and those of OpenReadOnly.
func Decide(ctx context.Context, path string, j Judgement) (d Decision, err error) {
	db, err := openBeside(ctx, path)
	if err != nil {
		return Decision{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Decide(ctx, j)
}

// openBeside opens an existing file of the right schema for writing without the lock
// of the one writer. Its caller may add decisions, and nothing else: the rest
// belongs to the holder of the lock.
func openBeside(ctx context.Context, path string) (*DB, error) {
	db, err := OpenReadOnly(ctx, path)
	if err != nil {
		return nil, err
	}
	db.now = time.Now
	db.pool, err = sql.Open("sqlite", dsn(db.path, "rw", pragmasWriter))
	if err != nil {
		return nil, db.fail("open", errors.Join(err, db.Close()))
	}
	db.pool.SetMaxOpenConns(1)
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(db.fail("open", err), db.Close())
	}
	db.writer = newWriter(conn, db.now, db.replaced)
	return db, nil
}
