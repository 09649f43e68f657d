package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Settlement is what a run found out about a change that an earlier run had left
// open.
type Settlement struct {
	Type     scim.Type        `json:"type"`
	OktaID   string           `json:"okta_id"`
	Name     string           `json:"name"`
	Action   plan.Action      `json:"action"`
	Outcome  state.EntryState `json:"outcome"` // applied | abandoned | pending: still unknown
	Sentence string           `json:"sentence"`

	target string // WalkMe's id of what the change was about
}

// Open says that the outcome is still unknown.
func (s Settlement) Open() bool { return s.Outcome == state.Pending }

// Settle asks WalkMe what became of the changes that an earlier run left
// pending, because it was killed or got no answer, and brings the state up to
// that. What was not done needs no note: the next plan holds it again.
//
//	pending        │ WalkMe shows                        │ then
//	───────────────┼─────────────────────────────────────┼────────────────────────────
//	create         │ an account of that name             │ recorded as created, values as shown
//	               │ none                                │ abandoned, planned again
//	group_create   │ a group of that name                │ recorded with the members it shows
//	               │ none                                │ abandoned, planned again
//	group_members  │ the group as it was to be           │ members recorded as shown
//	               │ the group otherwise                 │ the same, abandoned, planned again
//	               │ the group, members never shown      │ all recorded who may be members,
//	               │                                     │ abandoned, planned again as a whole
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
// Only what WalkMe shows settles an entry; a 404 shows nothing by itself. An entry
// about which WalkMe does not answer stays pending, and its object is left alone in
// this run. When it answers nothing else either, the other entries are not asked
// about.
func (a *Applier) Settle(ctx context.Context) ([]Settlement, error) {
	pending, err := a.State.Pending(ctx)
	if err != nil {
		return nil, fmt.Errorf("pending changes: %w", err)
	}
	if len(pending) == 0 {
		return nil, nil
	}
	recorded, err := a.recordsAbout(ctx, pending)
	if err != nil {
		return nil, fmt.Errorf("pending changes: %w", err)
	}
	s := &settler{a: a, owners: newOwners(recorded, a.everybodyInState(ctx))}
	for _, e := range pending {
		s.reserve(e.Type, e.SourceID, e.TargetID)
	}
	var settled []Settlement
	for _, e := range pending {
		result, err := s.entry(ctx, e)
		if err = cmp.Or(err, a.otherTenant()); err != nil {
			return settled, fmt.Errorf("pending %s of %s: %w", e.Action, e.SourceID, err)
		}
		settled = append(settled, result)
	}
	return settled, nil
}

// recordsAbout reads the records of the people whom entries are about, of those who have
// their accounts, and of all groups.
func (a *Applier) recordsAbout(ctx context.Context, entries []state.Entry) ([]state.Record, error) {
	var people []string
	for _, e := range entries {
		if e.Type != scim.User {
			continue
		}
		owners, err := a.State.UsersOf(ctx, e.TargetID)
		if err != nil {
			return nil, err
		}
		people = append(append(people, owners...), e.SourceID)
	}
	recorded, err := a.State.UserRecords(ctx, people)
	if err != nil {
		return nil, err
	}
	groups, err := a.State.PushedRecords(ctx)
	return append(recorded, groups...), err
}

// settler settles the entries of one run.
type settler struct {
	a *Applier
	*owners
	silent error // why WalkMe is not asked any more
}

// entry settles one entry. The error is one that ends the run.
func (s *settler) entry(ctx context.Context, e state.Entry) (Settlement, error) {
	out := Settlement{Type: e.Type, OktaID: e.SourceID, Name: e.Name, Action: plan.Action(e.Action), target: e.TargetID}
	err := s.silent
	if err == nil {
		var f finding
		if f, err = s.find(ctx, e); err == nil {
			out.Outcome, out.Sentence = f.state, f.says
			s.a.Logger.Info("settled", "action", out.Action, "okta_id", out.OktaID, "outcome", out.Outcome, "why", out.Sentence)
			return out, nil
		}
		if isStateError(err) || errors.Is(err, scim.ErrUnauthorized) || ctx.Err() != nil {
			return out, err
		}
		s.silent = s.a.WalkMe.TestCredentials(ctx, false)
	}
	out.Outcome, out.Sentence = state.Pending, "the outcome of its last request is unknown: "+err.Error()
	s.a.Logger.Warn("outcome still unknown", "action", out.Action, "okta_id", out.OktaID, "err", err)
	return out, nil
}

// UnsettledBy lists those that no change may touch yet, with the reason.
func UnsettledBy(settled []Settlement) map[string]string {
	out := map[string]string{}
	for _, s := range settled {
		if s.Open() {
			out[plan.ObjectKey(s.Type, s.OktaID)] = s.Sentence
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
	state  state.EntryState // Applied or Abandoned
	says   string
	target string        // WalkMe's id of what was made
	record *state.Record // as WalkMe shows it; nil: it stays as it is
	forget bool          // the object is gone and no longer managed
}

// replan leaves a change to the next plan.
func replan(says string) finding {
	return finding{state: state.Abandoned, says: says + "; planned again"}
}

func applied(says string) finding {
	return finding{state: state.Applied, says: says}
}

func (f finding) with(rec state.Record) finding {
	f.record = &rec
	return f
}

// find finds out about one entry and commits what it found.
func (s *settler) find(ctx context.Context, e state.Entry) (finding, error) {
	rec, _ := s.recorded(e.Type, e.SourceID)
	f, err := s.investigate(ctx, e, rec)
	if err != nil {
		return finding{}, err
	}
	var records []state.Record
	if f.record != nil {
		if records, err = s.record(*f.record); err != nil {
			return finding{}, &stateError{err}
		}
	}
	if err := s.others.failure(); err != nil {
		return finding{}, &stateError{err}
	}
	out := state.Outcome{State: f.state, TargetID: f.target}
	if f.state == state.Abandoned {
		out.Error = e.Error
	}
	if f.forget {
		s.forget(e.Type, e.SourceID)
		err = s.a.State.FinishAndForget(ctx, e.ID, out, e.Type, e.SourceID)
	} else {
		err = s.a.State.Finish(ctx, e.ID, out, records...)
	}
	if err != nil {
		return finding{}, &stateError{fmt.Errorf("journal: %w", err)}
	}
	return f, nil
}

// investigate only reads.
func (s *settler) investigate(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	switch plan.Action(e.Action) {
	case plan.Create:
		return s.create(ctx, e, rec)
	case plan.Link, plan.Update, plan.Deactivate, plan.Reactivate:
		return s.account(ctx, e, rec)
	case plan.GroupCreate:
		return s.groupCreate(ctx, e)
	case plan.GroupMembers:
		return s.members(ctx, e, rec)
	case plan.GroupDelete:
		return s.groupDelete(ctx, e)
	case plan.GroupRename:
		return s.groupRename(ctx, e, rec)
	}
	return replan("nothing was sent"), nil
}

// overtaken says whether a later change of the object was acknowledged. Entries are
// in order by their numbers; their times follow a clock.
func (s *settler) overtaken(ctx context.Context, e state.Entry) (bool, error) {
	history, err := s.a.State.History(ctx, state.Filter{Type: e.Type, SourceID: e.SourceID, Limit: overtakers})
	if err != nil {
		return false, &stateError{err}
	}
	return slices.ContainsFunc(history, func(h state.Entry) bool { return h.ID > e.ID && h.State == state.Applied }), nil
}

// overtakers is how many entries are looked at: an object with a pending entry is
// left alone by later runs.
const overtakers = 20
