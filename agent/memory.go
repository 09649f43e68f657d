package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// What the agent remembers besides people, groups, the records of what is managed, and
// the journal. This is all of it.
var (
	// binding is the app and the tenant that the state is about.
	binding = Fact[Binding]{"binding", "binding in the state"}

	// marked is whether a marker stands, or stood, beside the state, and stateDoubt why
	// removals are held for it (see StateDoubt).
	marked     = Fact[bool]{"marked", "marker of the state"}
	stateDoubt = Fact[string]{"state_doubt", "doubt about the state"}

	// lastSighting is when WalkMe last showed an account of the agent's, and with which
	// credentials.
	lastSighting = Fact[sighting]{"sighting", "last sighting of an account"}

	// lastMapping is the digest of the mapping of the latest run.
	lastMapping = Fact[string]{"mapping", "latest mapping"}

	// lastSnapshot is what a stored snapshot needs besides people and groups.
	lastSnapshot = Fact[storedSnapshot]{"snapshot", "stored snapshot"}

	// listLengths is how long Okta's lists were in the last snapshots.
	listLengths = Fact[plan.ListLengths]{"snapshot_counts", "counts of the last snapshot"}

	// The watermark of the stored groups, when all members were last read, and the
	// sources that the stored groups came from, as JSON.
	groupsSince  = Fact[time.Time]{"groups_since", "stored groups"}
	groupsFullAt = Fact[time.Time]{"groups_full_at", "stored groups"}
	groupSources = Fact[string]{"group_sources", "stored groups"}

	// absentSince is when each absent person was first seen to be absent, by Okta id.
	absentSince = Fact[map[string]time.Time]{"absent_since", "people absent since"}

	// everShown is what WalkMe has shown of what was sent to it.
	everShown = Fact[plan.Shown]{"shown", "what WalkMe has shown"}

	// LastUnshown is what WalkMe accepted and did not show to the latest run that looked.
	LastUnshown = Fact[Unshown]{"not_shown", "what WalkMe does not show"}

	// refreshHolds are the holds of the latest refresh, by id, that no other run can find.
	refreshHolds = Fact[[]string]{"refresh_holds", "holds of a refresh"}

	// lookUpMisses are the people without an account in WalkMe whose create the
	// configuration disables, by Okta id.
	lookUpMisses = Fact[map[string]miss]{"misses", "look-ups without a hit"}

	// unfinishedResync is the resync that was interrupted.
	unfinishedResync = Fact[unfinished]{"resync", "unfinished resync"}

	// SlowDown is the quarantine of a service whose runs keep failing.
	SlowDown = Fact[Quarantine]{"quarantine", "quarantine in the state"}

	// NextRunAt is when the service runs next. It says nothing once that has stopped.
	NextRunAt = Fact[time.Time]{"next_run_at", "next run"}

	// LogCursor is where the next poll of Okta's log goes on.
	LogCursor = Fact[string]{"log_cursor", "place in Okta's log"}

	// Notified is what people were told of, and what could not be told yet, as the
	// service has it.
	Notified = Fact[json.RawMessage]{"notifications", "what was told before"}
)

// approvedAt is when the last run with an approval of a kind of hold ended.
func approvedAt(kind string) Fact[time.Time] {
	return Fact[time.Time]{"approved_" + kind, "last approval"}
}

// storedSnapshot is the part of a snapshot that is neither people nor groups.
type storedSnapshot struct {
	App     okta.App  `json:"app"`
	TakenAt time.Time `json:"taken_at"`
}

// Fact is one thing that is remembered from run to run, as text under a key of the
// state: texts and times as they are, everything else as JSON.
type Fact[T any] struct{ key, what string }

// Load returns what is remembered: the zero value when nothing is, or for a time that
// is none.
func (f Fact[T]) Load(ctx context.Context, db *state.DB) (T, error) {
	var value T
	text, err := db.Meta(ctx, f.key)
	if err != nil || text == "" {
		return value, f.failed(err)
	}
	switch v := any(&value).(type) {
	case *string:
		*v = text
	case *time.Time:
		*v, _ = time.Parse(time.RFC3339, text) // accepts fractions of a second, too
	default:
		err = json.Unmarshal([]byte(text), &value)
	}
	return value, f.failed(err)
}

// Save remembers a value; the zero value and an empty map are forgotten.
func (f Fact[T]) Save(ctx context.Context, db *state.DB, value T) error {
	text, err := f.text(value)
	if err == nil {
		err = db.SetMeta(ctx, f.key, text)
	}
	return f.failed(err)
}

func (f Fact[T]) text(value T) (string, error) {
	v := reflect.ValueOf(value)
	if v.IsZero() || v.Kind() == reflect.Map && v.Len() == 0 {
		return "", nil
	}
	switch v := any(value).(type) {
	case string:
		return v, nil
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), nil
	}
	data, err := json.Marshal(value)
	return string(data), err
}

func (f Fact[T]) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", f.what, err)
}
