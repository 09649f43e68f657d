package state_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"
	"time"

	"go.uber.org/goleak"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// childEnv makes the test binary run one of the children instead of the tests.
const childEnv = "STATE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case "crash":
		crashChild()
	case "hold":
		holdChild()
	case "unprivileged":
		unprivilegedChild()
	default:
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(400) // hundreds of small files are opened
		}
		goleak.VerifyTestMain(m)
	}
}

func statePath(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "state.db")
}

// clock is a clock that a test sets.
type clock struct{ t time.Time }

func (c *clock) Now() time.Time { return c.t }

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func openAt(tb testing.TB, path string, c *clock) *state.DB {
	tb.Helper()
	db, err := state.Open(tb.Context(), state.Options{Path: path, Build: "v1.2.3", Holder: "okta-walkme-agent test", Now: c.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeDB(tb, db) })
	return db
}

func closeDB(tb testing.TB, db *state.DB) {
	tb.Helper()
	if err := db.Close(); err != nil {
		tb.Errorf("Close() = %v, want nil", err)
	}
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func wantIs(tb testing.TB, call string, got, want error) {
	tb.Helper()
	if !errors.Is(got, want) {
		tb.Errorf("%s = %v, want an error that is %v", call, got, want)
	}
}

func fileHash(tb testing.TB, path string) [32]byte {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		tb.Fatal(err)
	}
	return sha256.Sum256(bytes.Clone(text))
}

func cancelled(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	cancel()
	return ctx
}

// errNone is record's answer when there is none.
var errNone = errors.New("no such record")

// record returns the record of an Okta id, or errNone.
func record(ctx context.Context, db *state.DB, typ scim.Type, sourceID string) (state.Record, error) {
	all, err := db.Records(ctx)
	for _, r := range all {
		if r.Type == typ && r.SourceID == sourceID {
			return r, err
		}
	}
	return state.Record{}, cmp.Or(err, errNone)
}
