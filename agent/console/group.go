package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

type groupPage struct {
	Line     groupLine
	Members  []memberLine
	More     int // members that are not listed
	Met, All int // members that the search meets, and all of them
	ByID     bool
	Query    string
	Failing  *failureLine
	History  []changeLine
	CanRetry bool
	Why      string
}

type memberLine struct {
	id           string
	Name, Link   string
	Okta, WalkMe bool
}

const shownMembers = 500

var errNoGroup = &unknownError{"This group is pushed by no source, and nothing about it is on record."}

func (s *Server) group(r *http.Request) (*view, error) {
	ctx, id := r.Context(), r.PathValue("id")
	page := &groupPage{Query: query(r), CanRetry: s.mayRun(ctx)}
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
		if page.History, err = s.changeLines(ctx, db, entries, ""); err != nil {
			return err
		}
		return s.fillMembers(ctx, db, page, g, record)
	})
	if err != nil {
		return nil, err
	}
	return &view{page: "group", title: page.Line.Name, data: page}, nil
}

// namedMembers is up to how many members of a group are sorted by their names: for that
// all of them have to be read.
const namedMembers = 2000

// fillMembers lists the members of both sides, as far as a page goes: by name, or, where
// they are many, by id.
func (s *Server) fillMembers(ctx context.Context, db *state.DB, page *groupPage, g *state.SourceGroup, r *state.Record) error {
	var source, pushed []string
	if g != nil {
		source = g.Members
	}
	if r != nil && r.ID != "" {
		pushed = r.Members
	}
	all := bothMembers(source, pushed)
	met := all
	if words := queryWords(page.Query); len(words) > 0 {
		known, err := db.PeopleWith(ctx, words)
		if err != nil {
			return err
		}
		met = membersMet(all, known, queryWords(strings.ToLower(page.Query)))
	}
	page.Met, page.All = len(met), len(all)
	if page.ByID = len(met) > namedMembers; page.ByID {
		met = met[:shownMembers]
	}
	ids := make([]string, len(met))
	for i := range met {
		ids[i] = met[i].id
	}
	names, err := db.Names(ctx, ids)
	if err != nil {
		return err
	}
	for _, m := range met {
		m.Name, m.Link = nameOr(names, m.id), addressOf("people", m.id)
		page.Members = append(page.Members, m)
	}
	if !page.ByID {
		slices.SortFunc(page.Members, func(a, b memberLine) int {
			return cmp.Or(strings.Compare(scim.NameKey(a.Name), scim.NameKey(b.Name)), strings.Compare(a.id, b.id))
		})
	}
	page.Members = page.Members[:min(len(page.Members), shownMembers)]
	page.More = page.Met - len(page.Members)
	return nil
}

// bothMembers lays two sorted lists of ids side by side.
func bothMembers(source, pushed []string) []memberLine {
	out := make([]memberLine, 0, max(len(source), len(pushed)))
	for len(source) > 0 || len(pushed) > 0 {
		var m memberLine
		switch {
		case len(pushed) == 0 || len(source) > 0 && source[0] < pushed[0]:
			m = memberLine{id: source[0], Okta: true}
		case len(source) == 0 || pushed[0] < source[0]:
			m = memberLine{id: pushed[0], WalkMe: true}
		default:
			m = memberLine{id: source[0], Okta: true, WalkMe: true}
		}
		if m.Okta {
			source = source[1:]
		}
		if m.WalkMe {
			pushed = pushed[1:]
		}
		out = append(out, m)
	}
	return out
}

// membersMet are the members among those who were found, and those of whom nothing is
// known but an id that is met. Both lists are sorted.
func membersMet(all []memberLine, known, words []string) []memberLine {
	var out []memberLine
	for _, m := range all {
		for len(known) > 0 && known[0] < m.id {
			known = known[1:]
		}
		if len(known) > 0 && known[0] == m.id || meets(words, m.id) {
			out = append(out, m)
		}
	}
	return out
}
