package console

import (
	"cmp"
	"errors"
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
	Read     bool // a run has read Okta
	Query    string
	Groups   []groupLine
	Met, All int // groups that the search meets, and all of them
	Look     seen
	Linkable []agent.AvailableGroup
	Free     int // WalkMe's groups that can be linked, those that are not listed, too
}

const shownGroups = 500

func (s *Server) groups(r *http.Request) (*view, error) {
	ctx := r.Context()
	page := &groupsPage{Query: query(r), Look: s.seen()}
	page.Linkable = page.Look.linkable()
	page.Free = len(page.Linkable)
	page.Linkable = page.Linkable[:min(page.Free, shownGroups)]
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return nil
		}
		_, taken, err := agent.StoredApp(ctx, db)
		if err != nil && !errors.Is(err, agent.ErrNoSnapshot) {
			return err
		}
		page.Read = !taken.IsZero()
		source, sizes, err := db.SourceGroupSizes(ctx)
		if err != nil {
			return err
		}
		records, err := db.GroupRecords(ctx)
		if err != nil {
			return err
		}
		page.search(s.groupLines(source, sizes, records))
		return nil
	})
	return &view{page: "groups", title: joinedBy(": ", "Groups", page.Query), data: page}, err
}

// search keeps the groups that are looked for, as far as the page shows them.
func (p *groupsPage) search(all []groupLine) {
	p.All = len(all)
	words := queryWords(strings.ToLower(p.Query))
	for i := range all {
		if g := &all[i]; meets(words, strings.Join([]string{g.Name, g.WalkMeName, g.OktaID, g.Status}, " ")) {
			if p.Met++; len(p.Groups) < shownGroups {
				p.Groups = append(p.Groups, *g)
			}
		}
	}
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
