package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

const changesOnPage = 200

// runPage is the report of a run: what was sent, and what was left undone.
type runPage struct {
	Run      runLine
	Sections []changeSection
	Left     []leftSection
	Unknown  int    // changes that were left undone by a version that did not note which
	NotShown string // what WalkMe accepted and does not show
	Total    int    // changes that the search meets; -1: not counted
	All      int    // changes of the run
	Query    string
	Action   string
	State    string
	Actions  []choice
	States   []choice
	Next     string
	Health   plan.Health
	Dry      bool // planned, nothing was sent

	counts map[agent.LeftoverKind]int
}

// AllOf says how many changes the search looks through.
func (p *runPage) AllOf() string {
	if p.counts[agent.LeftRejection] > 0 {
		return number(p.All) + " changes and rejections"
	}
	return count(p.All, "change")
}

// changeSection is a row of changes of one kind.
type changeSection struct {
	Title, Note string
	Count       string      // of all of the kind; "": not known here
	Approval    *changeLine // who let all of them pass, when they share that
	Changes     []changeLine
}

type choice struct {
	Value, Label string
	Count        int // 0: not counted
}

func (s *Server) run(r *http.Request) (*view, error) {
	ctx, q := r.Context(), r.URL.Query()
	page := &runPage{Query: query(r), Action: choiceOf(r, "action"), State: choiceOf(r, "state")}
	if d, ok := s.dry(r.PathValue("id")); ok {
		return s.dryPage(page, d)
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
		if err := s.counts.soFar(ctx, db, &run); err != nil {
			return err
		}
		page.Run = s.runLine(&run)
		_ = json.Unmarshal([]byte(run.Health), &page.Health) // a run without a verdict has none to show
		return s.fillRun(ctx, db, page, after)
	})
	if err != nil {
		return nil, err
	}
	return &view{page: "run", title: "Run of " + absolute(page.Run.StartedAt), data: page}, nil
}

func (s *Server) fillRun(ctx context.Context, db *state.DB, page *runPage, after state.EntryPlace) error {
	if page.Run.Outcome != state.Running {
		left, err := agent.ReadLeftovers(ctx, db, page.Run.ID)
		if err != nil {
			return err
		}
		page.leave(left, after == state.EntryPlace{})
		if len(left.Counts) == 0 {
			page.Unknown = page.Run.Held + page.Run.Rejected + page.Run.Skipped
		}
	}
	sent, err := page.countActions(ctx, db)
	if err != nil {
		return err
	}
	page.All += sent
	page.States = page.choices(sent)
	if page.leftAlone() {
		return nil
	}
	filter := state.RunFilter{RunID: page.Run.ID, Text: strings.Join(queryWords(page.Query), " "), Action: page.Action, State: state.EntryState(page.State)}
	if err := page.count(ctx, db, filter, sent); err != nil {
		return err
	}
	entries, err := page.entries(ctx, db, filter, after)
	if err != nil {
		return err
	}
	lines, err := s.changeLines(ctx, db, entries, "")
	if err != nil {
		return err
	}
	page.Sections = sectionsOf(lines)
	if len(lines) == changesOnPage {
		page.Next = page.after(&lines[len(lines)-1])
	}
	for i := range page.Sections {
		page.Sections[i].Count = page.sectionCount(&page.Sections[i])
	}
	return nil
}

// countActions counts what was sent, by action and in the order of the reports. A change of
// a group may be several: made, and then its members.
func (p *runPage) countActions(ctx context.Context, db *state.DB) (sent int, err error) {
	counts, err := db.RunActions(ctx, p.Run.ID)
	if err != nil {
		return 0, err
	}
	order, ofGroups := report.Actions(), 0
	slices.SortStableFunc(counts, func(a, b state.ActionCount) int {
		return slices.Index(order, plan.Action(a.Action)) - slices.Index(order, plan.Action(b.Action))
	})
	for _, c := range counts {
		sent += c.Count
		if c.OfGroups() {
			ofGroups++
		}
		p.Actions = append(p.Actions, choice{c.Action, report.ActionLabel(plan.Action(c.Action)), c.Count})
	}
	if ofGroups > 1 {
		return db.CountRunChanges(ctx, state.RunFilter{RunID: p.Run.ID})
	}
	return sent, nil
}

// entries reads a page of what a filter selects, action by action.
func (p *runPage) entries(ctx context.Context, db *state.DB, f state.RunFilter, after state.EntryPlace) ([]state.Entry, error) {
	var out []state.Entry
	from := max(0, slices.IndexFunc(p.Actions, func(c choice) bool { return c.Value == after.Action }))
	for _, a := range p.Actions[from:] {
		if f.Action != "" && f.Action != a.Value {
			continue
		}
		one := f
		one.Action = a.Value
		if after.Action != a.Value {
			after = state.EntryPlace{Action: a.Value}
		}
		some, err := db.RunEntries(ctx, one, after, changesOnPage-len(out))
		if err != nil {
			return nil, err
		}
		if out = append(out, some...); len(out) == changesOnPage {
			break
		}
	}
	return out, nil
}

// sectionCount is how many changes there are of a section's kind, as far as no search
// leaves some of them out.
func (p *runPage) sectionCount(s *changeSection) string {
	if p.Query != "" || p.State != "" {
		return ""
	}
	i := slices.IndexFunc(p.Actions, func(c choice) bool { return c.Value == s.Changes[0].Action })
	if i < 0 {
		return ""
	}
	return number(p.Actions[i].Count)
}

// after is the address of the changes that come after one.
func (p *runPage) after(last *changeLine) string {
	next := url.Values{"after": {strconv.FormatInt(last.ID, 10)}, "after_action": {last.Action}, "after_name": {last.rawName}}
	for k, v := range map[string]string{"q": p.Query, "action": p.Action, "state": p.State} {
		if v != "" {
			next.Set(k, v)
		}
	}
	return p.Run.Link + "?" + next.Encode()
}

// sectionsOf puts changes of one action, which stand beside each other, into one
// section. What all of them share is said once.
func sectionsOf(lines []changeLine) []changeSection {
	var out []changeSection
	for from := 0; from < len(lines); {
		to := from + 1
		for to < len(lines) && lines[to].Action == lines[from].Action {
			to++
		}
		some := changeSection{Title: capital(lines[from].Label), Changes: lines[from:to]}
		first := some.Changes[0]
		if first.ApprovedBy != "" && !slices.ContainsFunc(some.Changes, func(c changeLine) bool { return !c.sameApproval(&first) }) {
			some.Approval = &first
			for i := range some.Changes {
				some.Changes[i].ApprovedBy = ""
			}
		}
		out = append(out, some)
		from = to
	}
	return out
}

// count says how many changes the search meets. All with one outcome are counted only
// where they are few.
func (p *runPage) count(ctx context.Context, db *state.DB, f state.RunFilter, sent int) error {
	met := -1
	switch {
	case f.State == state.Failed, f.State == "" && f.Text != "":
		n, err := db.CountRunChanges(ctx, f)
		if err != nil {
			return err
		}
		met = n
	case f.State != "":
	case f.Action == "":
		met = sent
	default:
		met = 0
		for _, a := range p.Actions {
			if a.Value == f.Action {
				met = a.Count
			}
		}
	}
	if met < 0 {
		p.Total = -1
		return nil
	}
	p.Total += met
	return nil
}

// dryPage shows what a run would do.
func (s *Server) dryPage(page *runPage, d dryRun) (*view, error) {
	page.Run, page.Dry, page.All = s.runLine(&d.run), true, d.run.Planned
	if d.seen != nil {
		page.Health = d.seen.health
		page.leave(d.seen.left, true)
		var lines []changeLine
		for _, c := range d.seen.changes {
			lines = append(lines, s.plannedLine(c, d.seen.people))
		}
		page.Sections, page.Total = sectionsOf(lines), len(lines)
	}
	return &view{page: "run", title: "Dry run of " + absolute(page.Run.StartedAt), data: page}, nil
}
