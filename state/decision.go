package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Verdict is what a person said of a hold.
type Verdict string

// The verdicts.
const (
	Approved Verdict = "approved"
	Rejected Verdict = "rejected"
)

// Undecided is how a hold stands that waits. It is no verdict.
const Undecided Verdict = "waiting"

// Decision is a person's word on a hold. It counts object by object, for as long as
// its items are in force: what is left of an approved set may still go out, and what
// was rejected stays undone.
type Decision struct {
	ID      int64 // ascending: of two about one item the later one counts
	Hold    Hold  // as it was when it was decided, with the items that are in force; Count is of all
	Verdict Verdict
	By      string
	Reason  string // "" when none was given
	At      time.Time
	EndedAt time.Time // zero: in force
}

// Judgement is a decision to be recorded.
type Judgement struct {
	HoldID  string
	Digest  string  // of the set that the person saw; "": whatever waits under the id
	Seen    Verdict // how it stood for the person, or Undecided; "": however it stands
	Verdict Verdict
	By      string
	Reason  string
}

// MovedHoldError says that a hold is not what it was when the person saw it.
type MovedHoldError struct {
	ID  string // of the hold that was to be decided
	Now string // the hold of that kind that waits now; "": none
}

func (e *MovedHoldError) Error() string {
	switch e.Now {
	case "":
		return "hold " + e.ID + " does not wait any more"
	case e.ID:
		return "the set that waits under hold " + e.ID + " has changed since it was shown"
	}
	return "hold " + e.ID + " is out of date: another set waits, as hold " + e.Now
}

// DecidedHoldError says that another decision was made since the person saw the hold.
type DecidedHoldError struct{ Decision Decision }

func (e *DecidedHoldError) Error() string {
	return "hold " + e.Decision.Hold.ID + " was " + string(e.Decision.Verdict) + " by " + e.Decision.By + " since it was shown"
}

// Decide records a person's decision about a hold that waits, or another one about a
// hold that was decided before and is in force. The same verdict on what was decided so
// already changes nothing; the first decision is returned. It works beside a process that
// has the state open for writing, see OpenToDecide.
//
// Errors: ErrNoHold, *MovedHoldError, *DecidedHoldError.
func (db *DB) Decide(ctx context.Context, j Judgement) (Decision, error) {
	var d Decision
	err := db.write(ctx, "decide on hold "+j.HoldID, func(t *tx) (err error) {
		d, err = t.decide(j)
		return err
	})
	return d, err
}

func (t *tx) decide(j Judgement) (Decision, error) {
	h, err := t.decidable(j)
	if err != nil {
		return Decision{}, err
	}
	if h.decided != nil && h.decided.Verdict == j.Verdict {
		return *h.decided, nil
	}
	if h.decided != nil && j.Seen != "" && j.Seen != h.decided.Verdict {
		return Decision{}, &DecidedHoldError{*h.decided}
	}
	row := []any{h.ID, h.Kind, h.Digest, h.Scope, h.Limit, h.Reason, h.Forced, millis(h.CreatedAt), string(j.Verdict), j.By, j.Reason, t.now}
	res, err := t.exec(`INSERT INTO decisions (hold_id, kind, digest, scope, threshold, hold_reason, forced, held_at,
		verdict, decided_by, reason, decided_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`, row...)
	if err != nil {
		return Decision{}, err
	}
	d := Decision{Hold: h.Hold, Verdict: j.Verdict, By: j.By, Reason: j.Reason, At: time.UnixMilli(t.now).UTC()}
	if d.ID, err = res.LastInsertId(); err != nil {
		return Decision{}, err
	}
	items, err := json.Marshal(h.Items)
	if err != nil {
		return Decision{}, err
	}
	return d, t.supersede(d, string(items))
}

// supersede gives a new decision its items, takes them from earlier ones, and closes
// the hold.
func (t *tx) supersede(d Decision, items string) error {
	_, err := t.exec(`UPDATE decided_items SET ended_at = ?1 WHERE ended_at IS NULL
		AND decision IN (SELECT seq FROM decisions WHERE ended_at IS NULL AND kind = ?2 AND scope = ?5 AND seq <> ?3)
		AND item IN (SELECT value ->> '$.key' FROM json_each(?4))`, t.now, d.Hold.Kind, d.ID, items, d.Hold.Scope)
	if err == nil {
		_, err = t.exec(`INSERT INTO decided_items (decision, item, detail, ended_at)
			SELECT ?1, value ->> '$.key', value, NULL FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING`, d.ID, items)
	}
	if err == nil {
		_, err = t.exec(`UPDATE decisions SET ended_at = ?1 WHERE ended_at IS NULL AND scope <> '' AND scope = ?2 AND kind = ?3 AND seq <> ?4`,
			t.now, d.Hold.Scope, d.Hold.Kind, d.ID)
	}
	if err == nil {
		_, err = t.exec("UPDATE holds SET closed_at = ? WHERE id = ? AND closed_at IS NULL", t.now, d.Hold.ID)
	}
	if err != nil {
		return err
	}
	return t.closeDecisions()
}

// closeDecisions ends the decisions that have nothing in force any more.
func (t *tx) closeDecisions() error {
	_, err := t.exec(`UPDATE decisions SET ended_at = ? WHERE ended_at IS NULL AND scope = ''
		AND NOT EXISTS (SELECT 1 FROM decided_items AS i WHERE i.decision = seq AND i.ended_at IS NULL)`, t.now)
	return err
}

// decidableHold is a hold that waits, or one that was decided and is in force.
type decidableHold struct {
	Hold
	decided *Decision // nil: it waits
}

func (t *tx) decidable(j Judgement) (h decidableHold, err error) {
	row, err := t.one("SELECT "+holdColumns+" FROM holds WHERE id = ? AND closed_at IS NULL", j.HoldID)
	if err != nil {
		return h, err
	}
	h.Hold, err = scanHold(row)
	if errors.Is(err, sql.ErrNoRows) {
		h, err = t.decidedBefore(j.HoldID)
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return h, t.whyNoHold(j.HoldID)
	case err != nil:
		return h, err
	case j.Digest != "" && j.Digest != h.Digest:
		return h, &MovedHoldError{ID: j.HoldID, Now: h.ID}
	}
	return h, nil
}

func (t *tx) decidedBefore(holdID string) (decidableHold, error) {
	row, err := t.one("SELECT "+decisionColumns+" FROM decisions AS d WHERE ended_at IS NULL AND hold_id = ? ORDER BY seq DESC LIMIT 1", holdID)
	if err != nil {
		return decidableHold{}, err
	}
	d, err := scanDecision(row)
	return decidableHold{d.Hold, &d}, err
}

// holdOfNow finds the hold that waits in the place of one that is on record, "" when none does.
const holdOfNow = `SELECT coalesce((SELECT id FROM holds AS o WHERE o.kind = h.kind AND o.forced = h.forced AND o.closed_at IS NULL
	ORDER BY seq DESC LIMIT 1), '') FROM holds AS h WHERE id = ?`

// whyNoHold tells a hold that has moved from one that never was.
func (t *tx) whyNoHold(id string) error {
	row, err := t.one(holdOfNow, id)
	if err != nil {
		return err
	}
	return movedFrom(id, row.Scan)
}

// WhyNoHold says why there is no hold that waits under an id: ErrNoHold when there never was
// one, else *MovedHoldError.
func (db *DB) WhyNoHold(ctx context.Context, id string) error {
	return movedFrom(id, func(dest ...any) error { return db.one(ctx, holdOfNow, []any{id}, dest...) })
}

func movedFrom(id string, scan func(dest ...any) error) error {
	moved := MovedHoldError{ID: id}
	err := scan(&moved.Now)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrNoHold
	case err != nil:
		return err
	}
	return &moved
}

// decisionColumns takes the items that are in force, or all of an ended decision.
const decisionColumns = `seq, hold_id, kind, digest, scope, threshold, hold_reason, forced, held_at, verdict, decided_by, reason, decided_at, ended_at,
	(SELECT count(*) FROM decided_items AS i WHERE i.decision = d.seq),
	(SELECT json_group_array(json(i.detail)) FROM decided_items AS i WHERE i.decision = d.seq AND (i.ended_at IS NULL OR d.ended_at IS NOT NULL))`

func scanDecision(row scanner) (Decision, error) {
	var d Decision
	var items []byte
	err := row.Scan(&d.ID, &d.Hold.ID, &d.Hold.Kind, &d.Hold.Digest, &d.Hold.Scope, &d.Hold.Limit, &d.Hold.Reason, &d.Hold.Forced,
		instant{&d.Hold.CreatedAt}, &d.Verdict, &d.By, &d.Reason, instant{&d.At}, instant{&d.EndedAt}, &d.Hold.Count, &items)
	if err == nil {
		err = json.Unmarshal(items, &d.Hold.Items)
	}
	return d, err
}

// Decisions returns the decisions in force, oldest first.
func (db *DB) Decisions(ctx context.Context) ([]Decision, error) {
	return list(ctx, db, "read decisions", scanDecision, "SELECT "+decisionColumns+" FROM decisions AS d WHERE ended_at IS NULL ORDER BY seq")
}

// DecisionsOn returns all decisions about a hold, also those that have ended, newest
// first.
func (db *DB) DecisionsOn(ctx context.Context, holdID string) ([]Decision, error) {
	return list(ctx, db, "read decisions on "+holdID, scanDecision,
		"SELECT "+decisionColumns+" FROM decisions AS d WHERE hold_id = ? ORDER BY seq DESC", holdID)
}

// DecisionsSince returns the decisions that were made after a time, also those that have
// ended, oldest first.
func (db *DB) DecisionsSince(ctx context.Context, after time.Time) ([]Decision, error) {
	return list(ctx, db, "read decisions", scanDecision,
		"SELECT "+decisionColumns+" FROM decisions AS d WHERE decided_at > ? ORDER BY seq", after.UnixMilli())
}

// EndDecided ends what was decided about these items, by the id of the decision: it
// was done, or there is nothing to do any more. A decision without items left has
// ended, unless it has a scope: its nil list of items ends that.
func (db *DB) EndDecided(ctx context.Context, ended map[int64][]string) error {
	if len(ended) == 0 {
		return nil
	}
	lists := make(map[int64]string, len(ended))
	for id, keys := range ended {
		list, err := json.Marshal(keys)
		if err != nil {
			return db.fail("end decisions", err)
		}
		lists[id] = string(list)
	}
	return db.write(ctx, "end decisions", func(t *tx) error {
		for id, keys := range lists {
			query, args := `UPDATE decided_items SET ended_at = ? WHERE ended_at IS NULL AND decision = ?
				AND item IN (SELECT value FROM json_each(?))`, []any{t.now, id, keys}
			if ended[id] == nil {
				query, args = "UPDATE decisions SET ended_at = ? WHERE ended_at IS NULL AND seq = ?", []any{t.now, id}
			}
			if _, err := t.exec(query, args...); err != nil {
				return err
			}
		}
		return t.closeDecisions()
	})
}
