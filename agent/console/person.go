package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

const shownHistory = 100

// personPage is everything that is known of a person.
type personPage struct {
	Line     personLine
	InScope  bool
	Why      string
	Facts    []fact
	Rejected string
	Values   []mappedValue
	Groups   []membership
	Next     []changeLine
	Holds    []holdLine // that are about the person
	History  []changeLine
	Failing  *failureLine
	Record   *state.Record
	Updated  *moment
	CanRetry bool
}

func (s *Server) person(r *http.Request) (*view, error) {
	ctx, id := r.Context(), r.PathValue("id")
	page := &personPage{CanRetry: s.mayRun(ctx)}
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return errUnknownPerson
		}
		f, err := db.Person(ctx, id)
		if errors.Is(err, state.ErrNoPerson) {
			entries, err := s.members.PersonHistory(ctx, db, id, 1)
			if err == nil && len(entries) == 0 {
				err = errUnknownPerson
			}
			if err != nil {
				return err
			}
			page.Line = personLine{OktaID: id, Link: addressOf("people", id), Login: entries[0].Name, InOkta: "not assigned", InWalkMe: "not managed any more"}
		} else if err != nil {
			return err
		} else if page.Line, err = newPersonLine(&f); err != nil {
			return err
		}
		return s.fillPerson(ctx, db, page, &f)
	})
	if err != nil {
		return nil, err
	}
	return &view{page: "person", title: page.Line.Login, data: page}, nil
}

var errUnknownPerson = &unknownError{"Nobody with this id is assigned to the app, and nothing about them is on record."}

func (s *Server) fillPerson(ctx context.Context, db *state.DB, page *personPage, f *state.Found) error {
	page.Record = f.Record
	if f.Record != nil {
		page.Updated = s.at(f.Record.UpdatedAt)
		if f.Record.Attempts > 0 {
			line := s.failureLine(f.Record)
			page.Failing = &line
		}
	}
	entries, err := s.members.PersonHistory(ctx, db, f.SourceID, shownHistory)
	if err != nil {
		return err
	}
	if page.History, err = s.changeLines(ctx, db, entries, f.SourceID); err != nil {
		return err
	}
	u, err := assignment(f)
	if err != nil {
		return err
	}
	if err := s.fillHolds(ctx, db, page, f.SourceID); err != nil {
		return err
	}
	if err := s.fillScope(ctx, db, page, f, u); err != nil {
		return err
	}
	return s.fillMemberships(ctx, db, page, f.SourceID)
}

// fillHolds finds the holds that are about the person.
func (s *Server) fillHolds(ctx context.Context, db *state.DB, page *personPage, id string) error {
	ids, err := db.HoldsOn(ctx, id)
	if err != nil || len(ids) == 0 {
		return err
	}
	all, err := agent.ReadHoldHeads(ctx, db, shownNames)
	if err != nil {
		return err
	}
	for i := range all {
		if slices.Contains(ids, all[i].ID) {
			page.Holds = append(page.Holds, s.holdLine(&all[i]))
		}
	}
	return nil
}

// fillScope works out, from the last snapshot, what the mapping makes of the person
// and what the next run does.
func (s *Server) fillScope(ctx context.Context, db *state.DB, page *personPage, f *state.Found, u *okta.User) error {
	p, snap := s.current(), &okta.Snapshot{}
	app, taken, err := agent.StoredApp(ctx, db)
	if err != nil && !errors.Is(err, agent.ErrNoSnapshot) {
		return err
	}
	snap.App = app
	if u != nil {
		snap.Users = []okta.User{*u}
		how, err := s.assignedHow(ctx, db, u)
		if err != nil {
			return err
		}
		page.Facts = append(page.Facts, fact{"Okta account", strings.ToLower(u.AccountStatus)}, fact{"Assignment", how})
	}
	if !taken.IsZero() {
		page.Facts = append(page.Facts, fact{"Okta was read", absolute(taken) + " (" + s.at(taken).Distance() + ")"})
	}
	desired := p.Agent.Mapping.Desired(snap, p.Agent.Policy.Desire)
	page.Why = "not assigned to the app in Okta when it was last read"
	if len(desired.People) > 0 {
		d := &desired.People[0]
		page.InScope, page.Why = d.Presence == plan.Present, d.Why
		if d.Rejection != nil {
			page.Rejected = joinedBy(": ", d.Rejection.Path, d.Rejection.Error)
		}
		page.Values = mappedValues(p.Agent.Mapping, app, u, d, f.Record)
	}
	in := plan.Input{
		Desired: desired, Policy: p.Agent.Policy, Mapping: p.Agent.Mapping, Scope: plan.OfPeople([]string{f.SourceID}).HeedingPauses(), Now: s.now(),
	}
	if f.Record != nil {
		in.Recorded = []state.Record{*f.Record}
	}
	planned, err := plan.New(in)
	if err != nil {
		return err
	}
	for _, c := range planned.Changes {
		line := s.plannedLine(c, nil)
		if held := holdOn(page.Holds, c.Action); held != nil && line.Outcome == "" {
			line.Outcome, line.OutcomeLink = held.stateWords(), held.Link
		}
		page.Next = append(page.Next, line)
	}
	return nil
}

// holdOn is the hold that decides whether a removal of the person is made.
func holdOn(holds []holdLine, a plan.Action) *holdLine {
	for i := range holds {
		kind := holds[i].kind
		switch a {
		case plan.Deactivate:
			if kind == plan.HoldDeactivations {
				return &holds[i]
			}
		case plan.Update, plan.Create, plan.Reactivate, plan.Link:
			if kind == plan.HoldEmptiedValues || kind == plan.HoldLikelySlip {
				return &holds[i]
			}
		}
	}
	return nil
}

// stateWords says what a hold means for a change that it is about.
func (h *holdLine) stateWords() string {
	switch {
	case h.Waiting():
		return "held until a person decides"
	case h.State == agent.HoldApproved:
		return "approved by " + h.By
	}
	return "left undone: rejected by " + h.By
}

// assignedHow says how a person has the app.
func (s *Server) assignedHow(ctx context.Context, db *state.DB, u *okta.User) (string, error) {
	how := "directly"
	if u.Scope == "GROUP" {
		how = "through a group"
	}
	if u.GroupID != "" {
		names, err := db.Names(ctx, []string{u.GroupID})
		if err != nil {
			return "", err
		}
		how = "through group " + nameOr(names, u.GroupID)
	}
	return joined(how, strings.ToLower(u.Status)), nil
}
