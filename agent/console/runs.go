package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

const (
	runsOnPage    = 50
	changesOnPage = 200
)

// runLine is a run in a list.
type runLine struct {
	state.Run
	Link, Words, Tone string
	Started           *moment
	Took              string // "" while it runs
}

func (s *Server) runLine(r *state.Run) runLine {
	words, tone := outcomeWords(r.Outcome)
	line := runLine{Run: *r, Link: "/runs/" + r.ID, Words: words, Tone: tone, Started: s.at(r.StartedAt)}
	if !r.FinishedAt.IsZero() {
		line.Took = elapsed(r.FinishedAt.Sub(r.StartedAt))
	}
	return line
}

type runsPage struct {
	Runs []runLine
	Next string // address of the older ones; "" when there are none
}

func (s *Server) runs(r *http.Request) (*view, error) {
	page := &runsPage{}
	ctx, before := r.Context(), r.URL.Query().Get("before")
	dry, err := s.dryRuns()
	if err != nil {
		return nil, err
	}
	if before == "" {
		for i := range dry {
			page.Runs = append(page.Runs, s.runLine(&dry[i]))
		}
	}
	err = s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return nil
		}
		runs, err := db.RunsBefore(ctx, before, runsOnPage+1)
		if err != nil {
			return err
		}
		if len(runs) > runsOnPage {
			runs = runs[:runsOnPage]
			page.Next = "/runs?" + url.Values{"before": {runs[runsOnPage-1].ID}}.Encode()
		}
		for i := range runs {
			if err := countSoFar(ctx, db, &runs[i]); err != nil {
				return err
			}
			page.Runs = append(page.Runs, s.runLine(&runs[i]))
		}
		return nil
	})
	slices.SortStableFunc(page.Runs, func(a, b runLine) int { return newestFirst(a.Run, b.Run) })
	return &view{page: "runs", title: "Runs", data: page}, err
}

// changeLine is a change in a run, or in a timeline.
type changeLine struct {
	ID                 int64
	Action, rawName    string
	Sign, Tone, Label  string
	Name, OktaID, Link string
	Run                string // address
	At                 *moment
	Why, Cause         string
	Outcome            string
	HTTP               int
	Error              string
	Values             []valueLine
	In, Out            []nameLink
	ApprovedBy         string
	ApprovedAt         *moment
	Approval           string // its reason
	Long               bool   // too many members to show unasked
}

type valueLine struct {
	Path, Old, New string
	Changed        bool // there was a value before
}

type nameLink struct{ Name, Link string }

type runPage struct {
	Run     runLine
	Changes []changeLine
	Total   int // changes that the search meets; -1: not counted
	All     int // changes of the run
	Query   string
	Action  string
	State   string
	Actions []choice
	Next    string
	Health  plan.Health
	Dry     bool // planned, nothing was sent
	Holds   []holdLine
}

// dryPage shows what a run would do.
func (s *Server) dryPage(page *runPage, d dryRun) *view {
	page.Run, page.Dry, page.All = s.runLine(&d.run), true, d.run.Planned
	if d.plan != nil {
		page.Health, page.All = d.plan.Health, len(d.plan.Changes)
		for _, c := range d.plan.Changes[:min(len(d.plan.Changes), changesOnPage)] {
			page.Changes = append(page.Changes, plannedLine(c))
		}
		page.Total = len(page.Changes)
	}
	return &view{page: "run", title: "Dry run of " + absolute(page.Run.StartedAt), data: page}
}

type choice struct {
	Value, Label string
	Count        int
}

func (s *Server) run(r *http.Request) (*view, error) {
	ctx, q := r.Context(), r.URL.Query()
	page := &runPage{Query: q.Get("q"), Action: q.Get("action"), State: q.Get("state")}
	if d, ok := s.dry(r.PathValue("id")); ok {
		return s.dryPage(page, d), nil
	}
	id, _ := strconv.ParseInt(q.Get("after"), 10, 64) // what is no number is the beginning
	after := state.EntryPlace{Action: q.Get("after_action"), Name: q.Get("after_name"), ID: id}
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return errNoRun
		}
		run, err := db.RunByID(ctx, r.PathValue("id"))
		if errors.Is(err, state.ErrNoRun) {
			return errNoRun
		}
		if err != nil {
			return err
		}
		if err := countSoFar(ctx, db, &run); err != nil {
			return err
		}
		page.Run = s.runLine(&run)
		_ = json.Unmarshal([]byte(run.Health), &page.Health) // a run without a verdict has none to show
		return s.fillRun(ctx, db, page, after)
	})
	if err != nil {
		return nil, err
	}
	if n := len(page.Changes); n == changesOnPage {
		last := &page.Changes[n-1]
		next := url.Values{"after": {strconv.FormatInt(last.ID, 10)}, "after_action": {last.Action}, "after_name": {last.rawName}}
		for k, v := range map[string]string{"q": page.Query, "action": page.Action, "state": page.State} {
			if v != "" {
				next.Set(k, v)
			}
		}
		page.Next = page.Run.Link + "?" + next.Encode()
	}
	return &view{page: "run", title: "Run of " + absolute(page.Run.StartedAt), data: page}, nil
}

func (s *Server) fillRun(ctx context.Context, db *state.DB, page *runPage, after state.EntryPlace) error {
	filter := state.RunFilter{RunID: page.Run.ID, Text: page.Query, Action: page.Action, State: state.EntryState(page.State)}
	counts, err := db.RunActions(ctx, page.Run.ID)
	if err != nil {
		return err
	}
	for _, c := range counts {
		page.All += c.Count
		page.Actions = append(page.Actions, choice{c.Action, report.ActionLabel(plan.Action(c.Action)), c.Count})
	}
	if err := page.count(ctx, db, filter); err != nil {
		return err
	}
	entries, err := db.RunEntries(ctx, filter, after, changesOnPage)
	if err != nil {
		return err
	}
	if page.Changes, err = s.changeLines(ctx, db, entries); err != nil {
		return err
	}
	if page.Run.Held > 0 {
		page.Holds, err = s.openHolds(ctx, db)
	}
	return err
}

// count says how many changes the search meets. All with one outcome are counted only
// where they are few.
func (p *runPage) count(ctx context.Context, db *state.DB, f state.RunFilter) (err error) {
	switch {
	case f.State == state.Failed, f.State == "" && f.Text != "":
		p.Total, err = db.CountRunEntries(ctx, f)
	case f.State != "":
		p.Total = -1
	case f.Action == "":
		p.Total = p.All
	default:
		for _, a := range p.Actions {
			if a.Value == f.Action {
				p.Total = a.Count
			}
		}
	}
	return err
}

// longMembers is from how many members on a list is folded.
const longMembers = 12

// changeLines shows entries of the journal.
func (s *Server) changeLines(ctx context.Context, db *state.DB, entries []state.Entry) ([]changeLine, error) {
	details := make([]detail, len(entries))
	var ids []string
	for i := range entries {
		if len(entries[i].Change) > 0 {
			_ = json.Unmarshal(entries[i].Change, &details[i]) // an entry without details has none to show
		}
		ids = append(append(ids, details[i].Members.Add...), details[i].Members.Remove...)
	}
	names, err := db.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]changeLine, len(entries))
	for i := range entries {
		out[i] = s.changeLine(&entries[i], details[i], names)
	}
	return out, nil
}

// detail is the part of an entry that says what was changed.
type detail struct {
	Attributes []scim.AttributeChange `json:"attributes"`
	Members    plan.MemberChange      `json:"members"`
}

func (s *Server) changeLine(e *state.Entry, d detail, names map[string]string) changeLine {
	action := plan.Action(e.Action)
	c := changeLine{
		ID: e.ID, Action: e.Action, rawName: e.Name, Sign: report.ActionSign(action), Tone: report.ActionTone(action), Label: report.ActionLabel(action),
		Name: e.Name, OktaID: e.SourceID, Link: objectLink(e.Type, e.SourceID), Run: "/runs/" + e.RunID,
		At: s.at(e.StartedAt), Why: e.Reason, Cause: e.Cause, Outcome: string(e.State), HTTP: e.HTTPStatus, Error: e.Error,
		ApprovedBy: e.ApprovedBy, ApprovedAt: s.at(e.ApprovedAt), Approval: e.ApprovalReason,
		Long: len(d.Members.Add)+len(d.Members.Remove) > longMembers,
	}
	if c.Name == "" {
		c.Name = e.SourceID
	}
	for _, a := range d.Attributes {
		c.Values = append(c.Values, valueLine{Path: a.Path, Old: report.Value(a.Old), New: report.Value(a.New), Changed: a.Old != nil})
	}
	for _, id := range d.Members.Add {
		c.In = append(c.In, nameLink{nameOr(names, id), "/people/" + id})
	}
	for _, id := range d.Members.Remove {
		c.Out = append(c.Out, nameLink{nameOr(names, id), "/people/" + id})
	}
	return c
}
