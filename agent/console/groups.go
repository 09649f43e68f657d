package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// groupLine is a group in a list.
type groupLine struct {
	OktaID, Link     string
	Name, WalkMeName string
	Status, Tone     string
	Members, Pushed  int
	LastPush         *moment
	Error            string
	Sources          []string
}

type groupsPage struct {
	Groups   []groupLine
	Look     seen
	Linkable []agent.AvailableGroup
}

func (s *Server) groups(r *http.Request) (*view, error) {
	ctx := r.Context()
	page := &groupsPage{Look: s.seen()}
	page.Linkable = page.Look.linkable()
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return nil
		}
		source, sizes, err := db.SourceGroupSizes(ctx)
		if err != nil {
			return err
		}
		records, err := db.GroupRecords(ctx)
		if err != nil {
			return err
		}
		page.Groups = s.groupLines(source, sizes, records)
		return nil
	})
	return &view{page: "groups", title: "Groups", data: page}, err
}

// groupLines are the pushed groups, and those that were, by name.
func (s *Server) groupLines(source []state.SourceGroup, sizes []int, records []state.GroupSize) []groupLine {
	byID := map[string]*state.GroupSize{}
	for i := range records {
		byID[records[i].SourceID] = &records[i]
	}
	var out []groupLine
	add := func(g *state.SourceGroup, members int, r *state.GroupSize) {
		var record *state.Record
		pushed := 0
		if r != nil {
			record, pushed = &r.Record, r.Size
		}
		line := s.groupLine(g, record)
		line.Members, line.Pushed = members, pushed
		out = append(out, line)
	}
	for i := range source {
		add(&source[i], sizes[i], byID[source[i].ID])
		delete(byID, source[i].ID)
	}
	for _, r := range byID {
		add(nil, 0, r)
	}
	slices.SortFunc(out, func(a, b groupLine) int {
		return cmp.Or(strings.Compare(scim.NameKey(a.Name), scim.NameKey(b.Name)), strings.Compare(a.OktaID, b.OktaID))
	})
	return out
}

func (s *Server) groupLine(g *state.SourceGroup, r *state.Record) groupLine {
	var line groupLine
	if r != nil {
		line = groupLine{OktaID: r.SourceID, Name: r.Name, WalkMeName: r.Name, Pushed: len(r.Members), LastPush: s.at(r.UpdatedAt), Error: r.LastError}
		if r.ID == "" {
			line.WalkMeName = ""
		}
	}
	if g != nil {
		line.OktaID, line.Name, line.Members, line.Sources = g.ID, g.Name, len(g.Members), g.Sources
	}
	line.Link = addressOf("groups", line.OktaID)
	line.Status, line.Tone = groupStatus(g, r)
	return line
}

// groupStatus is Okta's word for a pushed group, and why it is not Active.
func groupStatus(g *state.SourceGroup, r *state.Record) (words, tone string) {
	switch {
	case g == nil:
		return "not pushed any more", ""
	case g.Unreadable != "":
		return "unreadable", "bad"
	case g.Paused, g.PausedBy != "":
		return "paused", "mod"
	case r != nil && r.Attempts > 0:
		return "error", "bad"
	case r == nil || r.ID == "" || r.Partial:
		return "waiting", "mod"
	}
	return "active", "new"
}

type groupPage struct {
	Line     groupLine
	Members  []memberLine
	More     int // members that are not listed
	Met, All int // members that the search meets, and all of them
	Query    string
	Failing  *failureLine
	History  []changeLine
	CanRetry bool
	Why      string
}

type memberLine struct {
	Name, Link   string
	Okta, WalkMe bool
}

const shownMembers = 500

var errNoGroup = &unknownError{"This group is pushed by no source, and nothing about it is on record."}

func (s *Server) group(r *http.Request) (*view, error) {
	ctx, id := r.Context(), r.PathValue("id")
	page := &groupPage{Query: strings.TrimSpace(r.URL.Query().Get("q")), CanRetry: s.mayRun(ctx)}
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return errNoGroup
		}
		g, err := db.SourceGroup(ctx, id)
		if err != nil {
			return err
		}
		record, err := db.GroupRecord(ctx, id)
		if err != nil {
			return err
		}
		entries, err := db.History(ctx, state.Filter{SourceID: id, Type: "Group", Limit: shownHistory})
		if err != nil {
			return err
		}
		if g == nil && record == nil && len(entries) == 0 {
			return errNoGroup
		}
		page.Line = s.groupLine(g, record)
		if page.Line.OktaID == "" {
			page.Line.OktaID, page.Line.Name, page.Line.Link = id, entries[0].Name, addressOf("groups", id)
		}
		if record != nil && record.Attempts > 0 {
			line := s.failureLine(record)
			page.Failing = &line
		}
		if g != nil && g.Unreadable != "" {
			page.Why = g.Unreadable
		}
		if page.History, err = s.changeLines(ctx, db, entries); err != nil {
			return err
		}
		return s.fillMembers(ctx, db, page, g, record)
	})
	if err != nil {
		return nil, err
	}
	return &view{page: "group", title: page.Line.Name, data: page}, nil
}

// fillMembers lists the members of both sides by name, as far as a page goes.
func (s *Server) fillMembers(ctx context.Context, db *state.DB, page *groupPage, g *state.SourceGroup, r *state.Record) error {
	both := map[string]*memberLine{}
	at := func(id string) *memberLine {
		if both[id] == nil {
			both[id] = &memberLine{Link: addressOf("people", id)}
		}
		return both[id]
	}
	if g != nil {
		for _, id := range g.Members {
			at(id).Okta = true
		}
	}
	if r != nil && r.ID != "" {
		for _, id := range r.Members {
			at(id).WalkMe = true
		}
	}
	ids := make([]string, 0, len(both))
	for id := range both {
		ids = append(ids, id)
	}
	names, err := db.Names(ctx, ids)
	if err != nil {
		return err
	}
	query := strings.ToLower(page.Query)
	for id, m := range both {
		m.Name = nameOr(names, id)
		if query == "" || strings.Contains(strings.ToLower(m.Name+" "+id), query) {
			page.Members = append(page.Members, *m)
		}
	}
	page.Met, page.All = len(page.Members), len(both)
	slices.SortFunc(page.Members, func(a, b memberLine) int {
		return cmp.Or(strings.Compare(scim.NameKey(a.Name), scim.NameKey(b.Name)), strings.Compare(a.Link, b.Link))
	})
	if n := len(page.Members); n > shownMembers {
		page.Members, page.More = page.Members[:shownMembers], n-shownMembers
	}
	return nil
}
