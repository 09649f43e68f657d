package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// stateError says that the journal could not be written: nothing more may be
// sent, because it could not be remembered.
type stateError struct{ err error }

func (e *stateError) Error() string { return e.err.Error() }
func (e *stateError) Unwrap() error { return e.err }

// entry is the journal entry of a change, or of a part of one.
func (r *runner) entry(c *job, members *plan.MemberChange) state.Entry {
	detail := journalDetail{
		Attributes: c.Attributes, MappingDigest: r.a.MappingDigest, Activates: c.activates, From: c.From,
	}
	switch {
	case c.Want != nil:
		detail.SourceDigest = c.Want.SourceDigest
		if rec, _ := r.recorded(c.Type, c.OktaID); rec.ID != c.WalkMeID || c.Action == plan.Create {
			detail.Attributes = scim.DiffAttributes(nil, c.Want.Attributes) // nothing is known of this account yet
		}
	case c.Target != nil:
		detail.SourceDigest = c.Target.SourceDigest
	}
	if members != nil {
		detail.Members = *members
	}
	text, err := json.Marshal(detail)
	if err != nil {
		text = nil // attribute values are JSON by construction
	}
	return state.Entry{
		RunID: r.runID, Seq: c.Seq, Type: c.Type, SourceID: c.OktaID, TargetID: c.WalkMeID, Name: c.Name,
		Action: string(c.Action), Cause: string(c.Cause), Reason: c.Reason.String(), Change: text, State: state.Pending,
		Decision: c.Decision,
	}
}

// journalDetail is the part of a journal entry that says what was changed.
type journalDetail struct {
	Attributes []scim.AttributeChange `json:"attributes,omitempty"`
	Members    plan.MemberChange      `json:"members"`

	// Activates says that the account was seen inactive before.
	Activates bool `json:"activates,omitempty"`

	// From is the Okta id that the object passes on from, see plan.Handover.
	From string `json:"leaver,omitempty"`

	// What a change records when it has been settled.
	SourceDigest  string `json:"source_digest,omitempty"`
	MappingDigest string `json:"mapping_digest,omitempty"`
}

func journalled(change json.RawMessage) journalDetail {
	var d journalDetail
	if err := json.Unmarshal(change, &d); err != nil {
		return journalDetail{}
	}
	return d
}

// written is what a write left behind: the record that WalkMe acknowledged, or
// nothing when the resource is no longer managed.
type written struct {
	record *state.Record
	forget bool
	note   string // for the journal: what the answer was not
}

// write is the one way to WalkMe: intent, request, outcome. The outcome and the
// record that it changes are one transaction. An outcome that is unknown leaves
// the entry pending, so that the next run settles it before it plans.
func (r *runner) write(ctx context.Context, c *job, members *plan.MemberChange, send func(context.Context) (written, error)) error {
	r.turns.give(c.turn)
	id, err := r.a.State.Begin(ctx, r.entry(c, members))
	if err != nil {
		return &stateError{fmt.Errorf("journal: %w", err)}
	}
	first := !c.journalled
	c.journalled, c.HTTPStatus = true, 0
	noting, noted := walkme.Note(ctx)
	var result written
	if err = r.takeAgain(c, first); err == nil {
		result, err = send(noting)
	}
	if err == nil { // else the turn lasts until the change has ended: a refusal may end the run
		r.turns.give(c.turn)
	}
	if err == nil && result.record != nil {
		err = r.claim(c.Type, result.record.ID, c.OktaID, c.From) // a server may answer with an object that has an owner
	}
	ctx = context.WithoutCancel(ctx)
	switch {
	case err != nil:
		return r.writeFailed(ctx, c, id, err)
	case result.forget:
		c.HTTPStatus = noted.Status()
		out := state.Outcome{State: state.Applied, HTTPStatus: c.HTTPStatus, Error: result.note}
		err = r.a.State.FinishAndForget(ctx, id, out, c.Type, c.OktaID)
		r.forget(c.Type, c.OktaID)
	default:
		c.HTTPStatus = noted.Status()
		err = r.finish(ctx, c, id, result)
	}
	if err != nil {
		return &stateError{fmt.Errorf("journal: %w", err)}
	}
	return nil
}

// finish ends an entry together with the records that the write changed. Where
// those are others', too, one at a time, until its records are in the state.
func (r *runner) finish(ctx context.Context, c *job, id int64, result written) error {
	if !r.recordsAlone(*result.record) {
		defer r.alone()()
	}
	records, err := r.record(*result.record)
	if err != nil {
		return err
	}
	c.WalkMeID = result.record.ID
	out := state.Outcome{State: state.Applied, TargetID: c.WalkMeID, HTTPStatus: c.HTTPStatus, Error: result.note}
	return r.a.State.Finish(ctx, id, out, records...)
}

func (r *runner) writeFailed(ctx context.Context, c *job, id int64, err error) error {
	out := state.Outcome{State: state.Failed, Error: err.Error()}
	if effectOf(err) == walkme.Unknown {
		out.State = state.Pending
	}
	var answer *scim.Error
	if errors.As(err, &answer) {
		out.HTTPStatus = answer.Status
	}
	if r.mayPassOn(c.Type, c.OktaID) {
		defer r.alone()()
	}
	var failed []state.Record
	if hasOnlyWaited(err) {
		out.State, out.Error = state.Abandoned, r.whyNotSent(c)
	} else {
		failed = []state.Record{r.failure(c, err)}
		r.remember(failed[0])
	}
	if ferr := r.a.State.Finish(ctx, id, out, failed...); ferr != nil {
		return &stateError{fmt.Errorf("journal: %w", ferr)}
	}
	return err
}

// journalFailure records a change that failed before anything was written: a
// look-up without an answer, or one that found a stranger.
func (r *runner) journalFailure(ctx context.Context, c *job, cause error) {
	ctx = context.WithoutCancel(ctx)
	id, err := r.a.State.Begin(ctx, r.entry(c, nil))
	if err == nil {
		err = r.writeFailed(ctx, c, id, &walkme.NotSentError{Err: cause})
		var lost *stateError
		if !errors.As(err, &lost) {
			return
		}
	}
	r.stop("the state cannot be written", err)
}

// effectOf is what a failed change did to WalkMe. What the agent itself declines is
// none of WalkMe's errors.
func effectOf(err error) walkme.Effect {
	var own *declined
	if errors.As(err, &own) {
		return walkme.Refused
	}
	return walkme.Outcome(err)
}

// declined is the agent's own no: the change would touch what is not its own.
type declined struct{ why string }

func (e *declined) Error() string { return e.why }

// failure returns the record of the change's resource with one more failure.
// Refusals pause longer and longer; what merely got no answer is tried again in
// the next run.
func (r *runner) failure(c *job, err error) state.Record {
	rec, ok := r.recorded(c.Type, c.OktaID)
	if !ok {
		rec.Resource = scim.Resource{Type: c.Type, SourceID: c.OktaID}
		rec.Name = c.Name
	}
	rec.Attributes = c.AsShown(rec.Attributes)
	if digest := c.Digest(); rec.FailedChange != digest {
		rec.FailedChange, rec.Attempts = digest, 0
	}
	rec.Attempts++
	rec.LastError, rec.LastStatus, rec.NextTry, rec.Missing = err.Error(), 0, time.Time{}, ""
	if errors.Is(err, errNoMatch) {
		rec.Missing = state.MissingInWrite
	}
	var answer *scim.Error
	if errors.As(err, &answer) {
		rec.LastStatus = answer.Status
	}
	var taken *takenError
	var unconfirmed *walkme.UnconfirmedError // settle may not find it, and WalkMe may have it
	if effectOf(err) == walkme.Refused && !errors.As(err, &taken) || errors.As(err, &unconfirmed) {
		rec.NextTry = r.a.Now().Add(plan.RetryPause(rec.Attempts))
	}
	return rec
}
