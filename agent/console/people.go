package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

const (
	peopleOnPage = 50
	shownHistory = 100
)

// personLine is a person in a list.
type personLine struct {
	OktaID, Link string
	Login, Name  string
	InOkta       string
	InWalkMe     string
	Tone         string
}

type peoplePage struct {
	Query  string
	People []personLine
	Next   string
	More   bool
	Empty  bool // nobody is known at all
}

func (s *Server) people(r *http.Request) (*view, error) {
	ctx, q := r.Context(), r.URL.Query()
	page := &peoplePage{Query: strings.TrimSpace(q.Get("q"))}
	words := strings.Fields(page.Query)
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			page.Empty = true
			return nil
		}
		found, err := db.FindPeople(ctx, words[:min(len(words), 8)], q.Get("after"), peopleOnPage+1)
		if err != nil {
			return err
		}
		if page.More = len(found) > peopleOnPage; page.More {
			found = found[:peopleOnPage]
			next := url.Values{"after": {found[peopleOnPage-1].SourceID}}
			if page.Query != "" {
				next.Set("q", page.Query)
			}
			page.Next = "/people?" + next.Encode()
		}
		page.Empty = len(found) == 0 && len(words) == 0
		for i := range found {
			line, err := newPersonLine(&found[i])
			if err != nil {
				return err
			}
			page.People = append(page.People, line)
		}
		return nil
	})
	return &view{page: "people", title: "People", data: page}, err
}

func newPersonLine(f *state.Found) (personLine, error) {
	line := personLine{OktaID: f.SourceID, Link: "/people/" + f.SourceID, InOkta: "not assigned"}
	if f.Record != nil {
		line.Login = f.Record.Name
		line.Name = fullName(f.Record.Attributes)
	}
	u, err := assignment(f)
	if err != nil {
		return line, err
	}
	if u != nil {
		line.Login, line.InOkta = u.UserName, inOkta(u)
		if line.Name == "" {
			line.Name = profileName(u)
		}
	}
	if line.Login == "" {
		line.Login = f.SourceID
	}
	line.InWalkMe, line.Tone = inWalkMe(f.Record)
	return line, nil
}

// assignment is what Okta said of a person; nil when that was nothing.
func assignment(f *state.Found) (*okta.User, error) {
	if f.Source == nil {
		return nil, nil
	}
	var u okta.User
	if err := json.Unmarshal(f.Source, &u); err != nil {
		return nil, fmt.Errorf("stored assignment of %s: %w", f.SourceID, err)
	}
	return &u, nil
}

func inOkta(u *okta.User) string {
	switch status := strings.ToLower(u.AccountStatus); status {
	case "", "active":
		return "assigned"
	default:
		return "assigned, " + status
	}
}

func inWalkMe(r *state.Record) (words, tone string) {
	switch {
	case r == nil:
		return "none yet", ""
	case r.Attempts > 0:
		return "failing", "bad"
	case r.ID == "":
		return "none yet", ""
	case r.Active:
		return "active", "new"
	}
	return "deactivated", "mod"
}

func fullName(as scim.Attributes) string {
	first, _ := as.Get("name.givenName").(string)
	last, _ := as.Get("name.familyName").(string)
	return strings.TrimSpace(first + " " + last)
}

func profileName(u *okta.User) string {
	var p struct{ FirstName, LastName string }
	if json.Unmarshal(u.Profile, &p) != nil {
		return "" // an attribute of that name that is no text
	}
	return strings.TrimSpace(p.FirstName + " " + p.LastName)
}

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
	Known    bool // what the next run does can be told
	SourceAt *moment
	History  []changeLine
	Failing  *failureLine
	Record   *state.Record
	Updated  *moment
	CanRetry bool
}

// mappedValue is one attribute: what it comes from, and what WalkMe took.
type mappedValue struct {
	Path, Expression string
	Sources          []sourceValue
	Value            string
	Error            string
	Acknowledged     string // "" when it is the value
}

// sourceValue is an attribute of Okta's that an expression reads.
type sourceValue struct{ Name, Value string }

// membership is a pushed group that a person is in, in Okta, in WalkMe, or both.
type membership struct {
	Name, Link     string
	Okta, WalkMe   bool
	WalkMeName     string
	PausedOrUnread string
}

func (s *Server) person(r *http.Request) (*view, error) {
	ctx, id := r.Context(), r.PathValue("id")
	page := &personPage{CanRetry: s.mayRun(ctx)}
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return errNobody
		}
		f, err := db.Person(ctx, id)
		if errors.Is(err, state.ErrNoPerson) {
			entries, err := db.PersonHistory(ctx, id, 1)
			if err == nil && len(entries) == 0 {
				err = errNobody
			}
			if err != nil {
				return err
			}
			page.Line = personLine{OktaID: id, Link: "/people/" + id, Login: entries[0].Name, InOkta: "not assigned", InWalkMe: "not managed any more"}
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

var errNobody = &unknownError{"Nobody with this id is assigned to the app, and nothing about them is on record."}

func (s *Server) fillPerson(ctx context.Context, db *state.DB, page *personPage, f *state.Found) error {
	page.Record = f.Record
	if f.Record != nil {
		page.Updated = s.at(f.Record.UpdatedAt)
		if f.Record.Attempts > 0 {
			line := s.failureLine(f.Record)
			page.Failing = &line
		}
	}
	entries, err := db.PersonHistory(ctx, f.SourceID, shownHistory)
	if err != nil {
		return err
	}
	if page.History, err = s.changeLines(ctx, db, entries); err != nil {
		return err
	}
	u, err := assignment(f)
	if err != nil {
		return err
	}
	pushed, err := db.GroupsOf(ctx, f.SourceID)
	if err != nil {
		return err
	}
	source, err := db.SourceGroupsOf(ctx, f.SourceID)
	if err != nil {
		return err
	}
	page.Groups = memberships(source, pushed)
	return s.fillScope(ctx, db, page, f, u)
}

// memberships lays Okta's groups beside those that WalkMe was told of.
func memberships(source []state.SourceGroup, pushed []state.Record) []membership {
	var out []membership
	seen := map[string]int{}
	for i := range source {
		g := &source[i]
		m := membership{Name: g.Name, Link: "/groups/" + g.ID, Okta: true}
		switch {
		case g.Unreadable != "":
			m.PausedOrUnread = "not read: " + g.Unreadable
		case g.Paused:
			m.PausedOrUnread = "paused"
		}
		seen[g.ID] = len(out)
		out = append(out, m)
	}
	for i := range pushed {
		g := &pushed[i]
		at, ok := seen[g.SourceID]
		if !ok {
			at = len(out)
			out = append(out, membership{Name: g.Name, Link: "/groups/" + g.SourceID})
		}
		out[at].WalkMe, out[at].WalkMeName = true, g.Name
	}
	return out
}

// fillScope works out, from the last snapshot, what the mapping makes of the person
// and what the next run does.
func (s *Server) fillScope(ctx context.Context, db *state.DB, page *personPage, f *state.Found, u *okta.User) error {
	p := s.current()
	snap := &okta.Snapshot{}
	if u != nil {
		snap.Users = []okta.User{*u}
		page.Facts = append(page.Facts, fact{"Okta account", strings.ToLower(u.AccountStatus)}, fact{"Assignment", assignedHow(u)})
	}
	desired := p.Agent.Mapping.Desired(snap, p.Agent.Policy.Desire)
	page.Why = "not assigned to the app in Okta when it was last read"
	if len(desired.People) > 0 {
		d := &desired.People[0]
		page.InScope, page.Why = d.Presence == plan.Present, d.Why
		if d.Rejection != nil {
			page.Rejected = joinedBy(": ", d.Rejection.Path, d.Rejection.Error)
		}
		page.Values = mappedValues(p.Agent.Mapping, u, d, f.Record)
	}
	in := plan.Input{
		Desired: desired, Policy: p.Agent.Policy, Mapping: p.Agent.Mapping, Scope: plan.OfPeople([]string{f.SourceID}).HeedingPauses(), Now: s.now(),
	}
	if f.Record != nil {
		in.Recorded = []state.Record{*f.Record}
	}
	page.Known = true
	for _, c := range plan.New(in).Changes {
		page.Next = append(page.Next, plannedLine(c))
	}
	return nil
}

func assignedHow(u *okta.User) string {
	how := "directly"
	if u.Scope == "GROUP" {
		how = "through a group"
	}
	return joined(how, strings.ToLower(u.Status))
}

func joinedBy(separator string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, separator)
}

func mappedValues(m plan.Mapping, u *okta.User, d *plan.Person, r *state.Record) []mappedValue {
	roots := profiles(u)
	var out []mappedValue
	for _, rule := range m.Rules() {
		v := mappedValue{Path: rule.Path, Expression: rule.Expr.String()}
		for _, ref := range rule.Expr.References() {
			if profile, ok := roots[ref.Root]; ok {
				v.Sources = append(v.Sources, sourceValue{ref.Root + "." + ref.Name, display(profile[ref.Name])})
			}
		}
		switch {
		case d.Rejection != nil && d.Rejection.Path == rule.Path:
			v.Error = d.Rejection.Error
		case d.Attributes != nil:
			v.Value = display(d.Attributes.Get(rule.Path))
		}
		if r != nil && r.ID != "" && (d.Attributes == nil || !scim.Equal(r.Attributes.Get(rule.Path), d.Attributes.Get(rule.Path))) {
			v.Acknowledged = display(r.Attributes.Get(rule.Path))
		}
		out = append(out, v)
	}
	return out
}

// profiles are the values that expressions read, by their root.
func profiles(u *okta.User) map[string]map[string]any {
	out := map[string]map[string]any{"user": {}, "appuser": {}}
	for root, text := range map[string]json.RawMessage{"user": u.Profile, "appuser": u.AppProfile} {
		profile := map[string]any{}
		if json.Unmarshal(text, &profile) == nil {
			out[root] = profile
		}
	}
	out["appuser"]["userName"] = u.UserName
	return out
}

// plannedLine is a change that was not made yet.
func plannedLine(c *plan.Change) changeLine {
	line := changeLine{
		Sign: report.ActionSign(c.Action), Tone: report.ActionTone(c.Action), Label: verb(c.Action), Name: c.Name, OktaID: c.OktaID, Why: c.Reason.String(), Cause: string(c.Cause),
		Link: objectLink(c.Type, c.OktaID),
	}
	switch b := c.Block; {
	case b == nil:
	case b.IsHeld():
		line.Outcome = "held"
	case b.Kind == plan.BlockRejected:
		line.Outcome = "left undone: " + b.Detail
	case b.Kind == plan.BlockDisabled, b.Kind == plan.BlockPaused:
		line.Outcome = "switched off by " + b.Detail
	case b.Until != nil:
		line.Outcome = "waits until " + b.Until.UTC().Format(time.RFC3339)
	default:
		line.Outcome = "not trusted: " + b.Detail
	}
	for _, a := range c.Attributes {
		line.Values = append(line.Values, valueLine{Path: a.Path, Old: display(a.Old), New: display(a.New), Changed: a.Old != nil})
	}
	return line
}
