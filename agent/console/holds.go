package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

// holdLine is a hold in a list.
type holdLine struct {
	ID, Link string
	Count    int
	InForce  int // of those that wait, or of which the decision is in force
	Words    string
	Reason   string // how the limit is exceeded
	Since    *moment
	Names    []string
	More     int // names that are not listed
	Digest   string
	kind     string
	decision
}

// decision is what a person has decided about a hold, and whether it still waits.
type decision struct {
	State   string // waiting | approved | rejected
	By, Why string
	At      *moment
	Ended   bool // nothing of it is in force any more
}

// Waiting says that no one has decided yet.
func (d decision) Waiting() bool { return d.State == agent.HoldWaiting }

// Title names the hold by what was decided.
func (h holdLine) Title() string {
	switch h.State {
	case agent.HoldApproved:
		return "Approved: " + h.Words
	case agent.HoldRejected:
		return "Rejected: " + h.Words
	}
	return "Held: " + h.Words
}

// heldLine is one thing that a hold keeps from being done.
type heldLine struct {
	Sign, Tone, Label string
	Name, Link        string
	OktaID            string
	Group, GroupLink  string // of a membership: out of which group
	Attribute         string // whose value would be emptied
	FullName          string
}

func (s *Server) holdLine(h *agent.HoldView) holdLine {
	line := holdLine{
		ID: h.ID, Link: addressOf("holds", h.ID), Count: h.Count, InForce: h.InForce, Words: report.HoldWords(h.Kind, h.Count), Reason: h.Reason,
		Since: s.at(h.CreatedAt), Digest: h.Digest, kind: h.Kind,
		decision: decision{State: h.State, By: h.DecidedBy, Why: h.DecisionReason, Ended: h.Ended},
	}
	if h.DecidedAt != nil {
		line.At = s.at(*h.DecidedAt)
	}
	for i := range h.Changes[:min(len(h.Changes), shownNames)] {
		held := newHeldLine(&h.Changes[i])
		name := held.Name
		if held.Group != "" {
			name += " out of " + held.Group
		}
		line.Names = append(line.Names, name)
	}
	line.More = h.InForce - len(line.Names)
	return line
}

func newHeldLine(c *agent.HeldChange) heldLine {
	line := heldLine{
		Sign: report.ActionSign(c.Action), Tone: report.ActionTone(c.Action), Label: report.ActionLabel(c.Action),
		Name: c.Name, Link: objectLink(c.Type, c.OktaID), OktaID: c.OktaID, Attribute: c.Attribute,
	}
	if line.Name == "" {
		line.Name = c.OktaID
	}
	if c.MemberID != "" {
		line.Group, line.GroupLink = line.Name, line.Link
		line.Sign, line.Tone, line.Label = "-", "bad", "take out"
		line.Name, line.Link, line.OktaID = c.Member, addressOf("people", c.MemberID), c.MemberID
		if line.Name == "" {
			line.Name = c.MemberID
		}
	}
	return line
}

// openHolds are the holds that wait, and the decisions that are in force.
func (s *Server) openHolds(ctx context.Context, db *state.DB) ([]holdLine, error) {
	all, err := agent.ReadHoldHeads(ctx, db, shownNames)
	if err != nil {
		return nil, err
	}
	var out []holdLine
	for i := range all {
		out = append(out, s.holdLine(&all[i]))
	}
	return out, nil
}

type holdPage struct {
	Hold      holdLine
	Limit     string
	Resync    bool
	Refresh   bool // a refresh alone has found it, and carries a decision out
	Query     string
	Changes   []heldLine
	Met       int // that the search meets
	All       int
	Run       *runLine // that held it; nil: not on record any more
	MayDecide bool
	WhoMay    string // where this person may not: who may
	CanRun    bool
	Moved     string // why a decision was refused
	Reason    string // that was given with it
}

const shownHeld = 500

var errNoHold = &unknownError{"There is no such hold on record."}

func (s *Server) hold(r *http.Request) (*view, error) {
	page, err := s.holdPage(r.Context(), r.PathValue("id"), query(r))
	if errors.Is(err, errNoHold) {
		return s.closedHold(r)
	}
	if err != nil {
		return nil, err
	}
	page.Reason = shortened(r.URL.Query().Get("reason")) // typed before a sign-in came between
	return &view{page: "hold", title: page.Hold.Title(), data: page}, nil
}

// closedHold is the page of a hold that waits no more and was not decided: a link to it may
// stand in a message.
func (s *Server) closedHold(r *http.Request) (*view, error) {
	var moved *state.MovedHoldError
	err := s.read(r.Context(), func(db *state.DB) error { return db.WhyNoHold(r.Context(), r.PathValue("id")) })
	if !errors.As(err, &moved) {
		if errors.Is(err, state.ErrNoHold) {
			err = errNoHold
		}
		return nil, err
	}
	page := &troublePage{Text: "This hold does not wait any more: nothing of it is left to decide.", Link: "/", See: "Back to the overview"}
	if moved.Now != "" {
		page = &troublePage{Text: "This hold does not wait any more: its set has changed.", Link: addressOf("holds", moved.Now), See: "See what waits now"}
	}
	return &view{page: "trouble", title: "A hold that is closed", status: http.StatusNotFound, data: page}, nil
}

func (s *Server) holdPage(ctx context.Context, id, query string) (*holdPage, error) {
	who := visitorOf(ctx)
	page := &holdPage{Query: query, MayDecide: !who.ViewOnly, WhoMay: s.whoDecides(who), CanRun: s.mayRun(ctx)}
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return errNoHold
		}
		h, err := agent.ReadHold(ctx, db, id)
		if errors.Is(err, state.ErrNoHold) {
			return errNoHold
		}
		if err != nil {
			return err
		}
		page.fill(s.holdLine(h), h)
		if err := page.fillNames(ctx, db); err != nil {
			return err
		}
		page.Run, err = s.runThatHeld(ctx, db, h.CreatedAt)
		return err
	})
	return page, err
}

func (p *holdPage) fill(line holdLine, h *agent.HoldView) {
	p.Hold, p.Limit, p.Resync, p.Refresh, p.All = line, h.Limit, h.Resync, h.Refresh, len(h.Changes)
	words := queryWords(strings.ToLower(p.Query))
	for i := range h.Changes {
		c := &h.Changes[i]
		if len(words) > 0 && !meets(words, joinedBy(" ", c.Name, c.OktaID, c.Member, c.MemberID)) {
			continue
		}
		if p.Met++; len(p.Changes) < shownHeld {
			p.Changes = append(p.Changes, newHeldLine(c))
		}
	}
}

// fillNames adds what people are called beside their logins.
func (p *holdPage) fillNames(ctx context.Context, db *state.DB) error {
	ids := make([]string, len(p.Changes))
	for i := range p.Changes {
		ids[i] = p.Changes[i].OktaID
	}
	records, err := db.UserRecords(ctx, ids)
	if err != nil {
		return err
	}
	names := make(map[string]string, len(records))
	for i := range records {
		names[records[i].SourceID] = fullName(records[i].Attributes)
	}
	for i := range p.Changes {
		p.Changes[i].FullName = names[p.Changes[i].OktaID]
	}
	return nil
}

// runThatHeld looks for the run during which a hold was opened: what else it changed
// stands there.
func (s *Server) runThatHeld(ctx context.Context, db *state.DB, at time.Time) (*runLine, error) {
	runs, err := db.RunsAround(ctx, at)
	if err != nil || len(runs) == 0 {
		return nil, err
	}
	line := s.runLine(&runs[0])
	return &line, nil
}

func (s *Server) approve(r *http.Request) (*view, error) { return s.decide(r, state.Approved) }

func (s *Server) reject(r *http.Request) (*view, error) { return s.decide(r, state.Rejected) }

const maxReason = 1000

// decide records a decision about the set that was shown. When another one waits by
// now, or another person has decided meanwhile, it is refused, and what is so now is shown.
func (s *Server) decide(r *http.Request, verdict state.Verdict) (*view, error) {
	id, form := r.PathValue("id"), r.PostForm
	reason := strings.TrimSpace(form.Get("reason"))
	j := state.Judgement{
		HoldID: id, Digest: form.Get("digest"), Seen: state.Verdict(form.Get("seen")), Verdict: verdict, By: visitorOf(r.Context()).Name,
		Reason: strings.ToValidUTF8(reason[:min(len(reason), maxReason)], ""),
	}
	if j.Digest == "" { // a decision is about a set that a person saw
		return s.undecided(r, id, movedText, reason)
	}
	h, err := agent.DecideHold(r.Context(), s.o.StatePath, j)
	var moved *state.MovedHoldError
	var overtaken *state.DecidedHoldError
	switch {
	case errors.As(err, &moved):
		return s.undecided(r, cmp.Or(moved.Now, id), movedText, reason)
	case errors.As(err, &overtaken):
		d := &overtaken.Decision
		return s.undecided(r, id, "Nothing was decided: "+d.By+" has "+string(d.Verdict)+" it since you saw it.", reason)
	case errors.Is(err, state.ErrNoHold):
		return nil, errNoHold
	case err != nil:
		return nil, err
	}
	if h.DecidedBy == j.By { // else it was decided so before
		s.log.Info("hold decided in the console", "hold", id, "decision", verdict, "by", j.By, "reason", j.Reason)
	}
	return &view{to: addressOf("holds", id)}, nil
}

const movedText = "Nothing was decided: what waits is not what you saw."

// undecided shows, in the place of a decision that was refused, how things are now.
func (s *Server) undecided(r *http.Request, id, why, reason string) (*view, error) {
	page, err := s.holdPage(r.Context(), id, "")
	if errors.Is(err, errNoHold) {
		page, err = &holdPage{}, nil
	}
	if err != nil {
		return nil, err
	}
	page.Reason, page.Moved = reason, why
	return &view{page: "hold", title: "Nothing was decided", status: http.StatusConflict, data: page}, nil
}
