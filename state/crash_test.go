package state_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

const crashWorkers = 8

// crashChild writes without end and says on standard output what was
// acknowledged, after it was: "B id" begun, "F id" finished.
func crashChild() {
	db := childOpen()
	fmt.Println("ready")
	for i := range crashWorkers {
		go crashWork(db, i)
	}
	for round := 0; ; round++ {
		crashSnapshot(db, round)
	}
}

// crashWork changes one user again and again. SourceDigest of the record is the
// id of the entry that wrote it.
func crashWork(db *state.DB, i int) {
	ctx := context.Background()
	r := userRecord(i)
	for {
		id, err := db.Begin(ctx, entryOf(r))
		childMust(err)
		fmt.Printf("B %d\n", id)
		r.SourceDigest = strconv.FormatInt(id, 10)
		childMust(db.Finish(ctx, id, state.Outcome{State: state.Applied, TargetID: r.ID}, r))
		fmt.Printf("F %d\n", id)
	}
}

// crashSnapshot saves users whose bodies all carry the round.
func crashSnapshot(db *state.DB, round int) {
	w, err := db.SaveSourceUsers(context.Background())
	childMust(err)
	for i := range 300 {
		childMust(w.Add(fmt.Sprintf("00u%d", i), fmt.Appendf(nil, `{"round":%d}`, round)))
	}
	childMust(w.Commit())
}

// A process that is killed at any instant loses nothing that was acknowledged
// and leaves nothing half-written.
func TestKill(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 2
	}
	path := statePath(t)
	begun, finished := make(map[int64]bool), make(map[int64]bool)
	var acknowledged int
	for range rounds {
		c := startChild(t, "crash", path)
		lines := make(chan []string)
		go func() {
			var all []string
			for c.out.Scan() {
				all = append(all, c.out.Text())
			}
			lines <- all
		}()
		time.Sleep(time.Duration(20+rand.IntN(120)) * time.Millisecond) // the instant of the kill is the input
		must(t, c.cmd.Process.Kill())
		said := <-lines
		if err := c.cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		acknowledged += note(t, said, begun, finished)
		verifyAfterKill(t, path, begun, finished)
	}
	t.Logf("%d kills, %d acknowledged writes, none lost", rounds, acknowledged)
}

// note collects what a child said. Its lines are whole: a short write to a pipe
// is atomic.
func note(t *testing.T, lines []string, begun, finished map[int64]bool) int {
	t.Helper()
	for _, line := range lines {
		kind, number, _ := strings.Cut(line, " ")
		id, err := strconv.ParseInt(number, 10, 64)
		must(t, err)
		if kind == "B" {
			begun[id] = true
		} else {
			finished[id] = true
		}
	}
	return len(lines)
}

func verifyAfterKill(t *testing.T, path string, begun, finished map[int64]bool) {
	t.Helper()
	db := openDB(t, path)
	defer closeDB(t, db)
	must(t, state.Check(t.Context(), path))
	history, err := db.History(t.Context(), state.Filter{})
	must(t, err)
	byID := make(map[int64]state.Entry)
	last := make(map[string]int64) // applied, by user
	for _, e := range history {
		byID[e.ID] = e
		if e.State == state.Applied {
			last[e.SourceID] = max(last[e.SourceID], e.ID)
		}
	}
	for id := range begun {
		if _, ok := byID[id]; !ok {
			t.Errorf("entry %d was begun and is gone", id)
		}
	}
	for id := range finished {
		if e := byID[id]; e.State != state.Applied || e.FinishedAt.IsZero() {
			t.Errorf("entry %d was finished and is %q", id, e.State)
		}
	}
	for source, id := range last {
		r, err := record(t.Context(), db, scim.User, source)
		if err != nil || r.SourceDigest != strconv.FormatInt(id, 10) {
			t.Errorf("record %s is of entry %s, %v, want entry %d", source, r.SourceDigest, err, id)
		}
	}
	verifyOneRound(t, db)
}

// verifyOneRound checks that the stored users are one snapshot.
func verifyOneRound(t *testing.T, db *state.DB) {
	t.Helper()
	bodies := make(map[string]int)
	must(t, db.EachSourceUser(t.Context(), func(_ string, body []byte) error {
		bodies[string(body)]++
		return nil
	}))
	if len(bodies) > 1 {
		t.Errorf("stored users mix %d snapshots: %v", len(bodies), bodies)
	}
}
