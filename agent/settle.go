package agent

import (
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// settle asks WalkMe what became of the changes that an earlier run left
// pending, because it was killed or got no answer, and brings the state up to
// that. What was not done needs no note: the next plan holds it again.
//
//	pending        │ WalkMe shows                        │ then
//	───────────────┼─────────────────────────────────────┼────────────────────────────
//	create         │ an account of that name             │ recorded as created
//	               │ none                                │ abandoned, planned again
//	group_create   │ a group of that name                │ recorded with the members it shows
//	               │ none                                │ abandoned, planned again
//	group_members  │ the group as it was to be           │ members recorded as shown
//	               │ the group otherwise                 │ the same, abandoned, planned again
//	               │ the group, members never shown      │ abandoned, planned again
//	group_delete   │ no such group                       │ forgotten
//	group_rename   │ the group                           │ name recorded as shown
//	update,        │ the account                         │ values recorded as shown
//	  reactivate   │ the account, inactive               │ abandoned, planned again
//	link           │ an active account that the change   │ recorded as linked, values as shown
//	               │ activated, or that has the Okta id  │
//	               │ another one                         │ abandoned, planned again
//	deactivate     │ the account, inactive               │ recorded as inactive
//	               │ the account, active                 │ abandoned, planned again
//	group_link,    │ –                                   │ abandoned: nothing was sent
//	  group_unlink │                                     │
//
// An entry about which WalkMe does not answer stays pending, and its object is
// left alone in this run.
func (a *Agent) settle(ctx context.Context) ([]Settlement, error) {
	pending, err := a.State.Pending(ctx)
	if err != nil {
		return nil, fmt.Errorf("pending changes: %w", err)
	}
	var settled []Settlement
	for _, e := range pending {
		s := Settlement{Type: e.Type, OktaID: e.SourceID, Name: e.Name, Action: Action(e.Action)}
		f, err := a.settleEntry(ctx, e)
		switch {
		case err == nil:
			s.Outcome, s.Sentence = f.state, f.says
			a.log().Info("settled", "action", s.Action, "okta_id", s.OktaID, "outcome", s.Outcome, "why", s.Sentence)
		case isStateError(err) || errors.Is(err, scim.ErrUnauthorized) || ctx.Err() != nil:
			return settled, fmt.Errorf("pending %s of %s: %w", e.Action, e.SourceID, err)
		default:
			s.Outcome, s.Sentence = state.Pending, "the outcome of its last request is unknown: "+err.Error()
			a.log().Warn("outcome still unknown", "action", s.Action, "okta_id", s.OktaID, "err", err)
		}
		settled = append(settled, s)
	}
	return settled, nil
}

// unsettledObjects are those that no change may touch yet, with the reason.
func unsettledObjects(settled []Settlement) map[string]string {
	out := map[string]string{}
	for _, s := range settled {
		if s.Open() {
			out[objectKey(s.Type, s.OktaID)] = s.Sentence
		}
	}
	return out
}

func isStateError(err error) bool {
	var lost *stateError
	return errors.As(err, &lost)
}

// finding is what WalkMe shows of a pending change, and what the state is to
// hold from then on.
type finding struct {
	state   state.EntryState // Applied or Abandoned
	says    string
	target  string         // WalkMe's id of what was made
	records []state.Record // as WalkMe shows them
	forget  bool           // the object is gone and no longer managed
}

// again leaves a change to the next plan.
func again(says string, records ...state.Record) finding {
	return finding{state: state.Abandoned, says: says + "; planned again", records: records}
}

func applied(says string, records ...state.Record) finding {
	return finding{state: state.Applied, says: says, records: records}
}

// settleEntry finds out about one entry and commits what it found.
func (a *Agent) settleEntry(ctx context.Context, e state.Entry) (finding, error) {
	rec, err := a.State.Record(ctx, e.Type, e.SourceID)
	if err != nil && !errors.Is(err, state.ErrNoRecord) {
		return finding{}, &stateError{err}
	}
	f, err := a.investigate(ctx, e, rec)
	if err != nil {
		return finding{}, err
	}
	out := state.Outcome{State: f.state, TargetID: f.target}
	if f.state == state.Abandoned {
		out.Error = e.Error
	}
	if f.forget {
		err = a.State.FinishAndForget(ctx, e.ID, out, e.Type, e.SourceID)
	} else {
		err = a.State.Finish(ctx, e.ID, out, f.records...)
	}
	if err != nil {
		return finding{}, &stateError{fmt.Errorf("journal: %w", err)}
	}
	return f, nil
}

// investigate only reads.
func (a *Agent) investigate(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	switch Action(e.Action) {
	case Create:
		return a.settleCreate(ctx, e, rec)
	case GroupCreate:
		return a.settleGroupCreate(ctx, e, rec)
	case GroupMembers:
		return a.settleMembers(ctx, e, rec)
	case GroupDelete:
		return a.settleDelete(ctx, e)
	case Link, Update, Deactivate, Reactivate:
		return a.settleUser(ctx, e, rec)
	case GroupRename:
		return a.settleRename(ctx, e, rec)
	}
	return again("nothing was sent"), nil
}

func (a *Agent) settleCreate(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	if rec.ID != "" {
		return again("a later change has settled it"), nil
	}
	u, err := a.WalkMe.FindUser(ctx, e.Name)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return again("WalkMe has not made the account"), nil
	case err != nil:
		return finding{}, err
	case u.ExternalID != "" && u.ExternalID != e.SourceID:
		return again("WalkMe's account of this name is somebody else's"), nil // as a link
	}
	rec = state.Record{
		Resource: scim.Resource{Type: scim.User, SourceID: e.SourceID, ID: u.ID, Active: true},
		Name:     u.UserName, Origin: state.Created, UpdatedAt: a.now(),
	}
	detail := journalled(e.Change)
	rec.SourceDigest, rec.MappingDigest = detail.SourceDigest, detail.MappingDigest
	for _, change := range detail.Attributes {
		rec.Attributes = append(rec.Attributes, scim.Attribute{Path: change.Path, Value: change.New})
	}
	rec.Attributes = scim.NewAttributes(rec.Attributes)
	f := applied("WalkMe had made the account; it is recorded", rec)
	f.target = u.ID
	return f, nil
}
