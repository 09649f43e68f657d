package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// scanner is what *sql.Rows and *sql.Row have in common.
type scanner interface{ Scan(dest ...any) error }

// each calls fn for every row of a query.
func (db *DB) each(ctx context.Context, query string, args []any, fn func(scanner) error) error {
	if err := db.open(); err != nil {
		return err
	}
	if db.IsEmpty() {
		return nil
	}
	rows, err := db.query(ctx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// one reads the single row of a query, sql.ErrNoRows when there is none.
func (db *DB) one(ctx context.Context, query string, args []any, dest ...any) error {
	if err := db.open(); err != nil {
		return err
	}
	if db.IsEmpty() {
		return sql.ErrNoRows
	}
	rows, err := db.query(ctx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return cmp.Or(rows.Err(), sql.ErrNoRows)
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return rows.Close()
}

// prepared is the most statements that are kept: there are fewer texts, but those that a
// filter makes are without number.
const prepared = 64

// statements are queries of the reader, prepared once, by their texts. A short query
// takes several times as long to parse as to run. They end with the reader.
type statements struct {
	mu     sync.Mutex
	byText map[string]*sql.Stmt
}

// query runs a query on the reader.
func (db *DB) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	s := &db.statements
	s.mu.Lock()
	stmt, full := s.byText[text], len(s.byText) >= prepared
	s.mu.Unlock()
	switch {
	case stmt != nil:
		return stmt.QueryContext(ctx, args...)
	case full:
		return db.reader.QueryContext(ctx, text, args...)
	}
	stmt, err := db.reader.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.keep(text, stmt).QueryContext(ctx, args...)
}

// keep returns the statement that is kept for a text: the first one, of several that were
// prepared side by side.
func (s *statements) keep(text string, stmt *sql.Stmt) *sql.Stmt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if first := s.byText[text]; first != nil {
		stmt.Close() // a reader's statement: there is nothing to lose
		return first
	}
	if s.byText == nil {
		s.byText = map[string]*sql.Stmt{}
	}
	s.byText[text] = stmt
	return stmt
}

// total is one for a query that adds up: an empty state has none of anything.
func (db *DB) total(ctx context.Context, query string, args []any, dest any) error {
	err := db.one(ctx, query, args, dest)
	if db.IsEmpty() && errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// list reads all rows of a query, nil when there are none.
func list[T any](ctx context.Context, db *DB, what string, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var out []T
	err := db.each(ctx, query, args, func(row scanner) error {
		v, err := scan(row)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, db.fail(what, err)
	}
	return out, nil
}

func (db *DB) open() error {
	select {
	case <-db.closed:
		return ErrClosed
	default:
		return db.replaced() // SQLite would open the other file for the next reader
	}
}

// instant scans unix milliseconds; NULL is the zero time.
type instant struct{ t *time.Time }

// Scan implements sql.Scanner.
func (i instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i.t = time.Time{}
	case int64:
		*i.t = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("a %T is not a time", src)
	}
	return nil
}

// millis is the opposite of instant.
func millis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

// text stores JSON; nil is NULL.
func text(json []byte) any {
	if json == nil {
		return nil
	}
	return string(json)
}
