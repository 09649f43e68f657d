package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

const (
	// triedAtOnce is up to how many people a mapping is tried while the page is made,
	// without being asked.
	triedAtOnce = 2000

	maxMappings = 200
)

// mappingLine is one line of the laboratory.
type mappingLine struct {
	Path, Expression string
	Field            string // name of the form's field
	Error            string // with line and column
	Hint             string
	Changed          bool // it is not what is configured
	Value            string
	ValueError       string
}

type mappingsPage struct {
	Lines   []mappingLine
	NewPath string
	New     string
	Error   string // of the mapping as a whole
	Valid   bool

	Person   string // login or id of the person whose values are shown
	PersonIs personLine
	NoPerson bool // there is none of that login

	TakenAt  *moment // of the snapshot; nil: there is none
	People   int
	Trial    *trial    // nil: not tried
	Progress *progress // of a trial that goes on beside the pages; nil: none
	YAML     []string  // lines
}

// mappings is the laboratory: it tries a mapping against the last snapshot, and writes
// nothing.
func (s *Server) mappings(r *http.Request) (*view, error) {
	if err := r.ParseForm(); err != nil {
		return nil, errors.Join(errForm, err)
	}
	ctx, configured := r.Context(), s.current().Agent.Mapping
	page := &mappingsPage{Person: shortened(r.Form.Get("person"))}
	mapping := page.fill(r, configured)
	if page.YAML = yamlOf(page.Lines); !page.Valid {
		page.YAML = []string{"# not every line is right yet"}
	}
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return nil
		}
		return s.try(ctx, db, page, mapping, r.Form.Get("try") != "")
	})
	return &view{page: "mappings", title: "Mappings", data: page}, err
}

// fill reads the form; without one it shows what is configured. The mapping is that of
// the lines which can be used.
func (p *mappingsPage) fill(r *http.Request, configured plan.Mapping) plan.Mapping {
	known := configured.Expressions()
	given := map[string]string{}
	for key, values := range r.Form {
		if path, ok := strings.CutPrefix(key, "mapping["); ok && strings.HasSuffix(path, "]") && len(given) < maxMappings {
			given[strings.TrimSuffix(path, "]")] = values[0]
		}
	}
	if path := strings.TrimSpace(r.Form.Get("new_path")); path != "" {
		given[path] = r.Form.Get("new_expression")
	}
	if len(given) == 0 {
		given = known
	}
	for path, expression := range given {
		p.Lines = append(p.Lines, mappingLine{Path: path, Expression: expression, Field: "mapping[" + path + "]", Changed: known[path] != strings.TrimSpace(expression)})
	}
	slices.SortFunc(p.Lines, func(a, b mappingLine) int { return strings.Compare(a.Path, b.Path) })
	return p.compile()
}

// compile says of each line what is wrong with it.
func (p *mappingsPage) compile() plan.Mapping {
	var rules []plan.MappingRule
	p.Valid = true
	for i := range p.Lines {
		line := &p.Lines[i]
		if strings.TrimSpace(line.Expression) == "" {
			continue // taken out
		}
		expr, err := el.Parse(line.Expression)
		var syntax *el.SyntaxError
		switch {
		case errors.As(err, &syntax):
			line.Error, line.Hint = err.Error(), syntax.Hint
			line.Error, _, _ = strings.Cut(line.Error, "; ")
		case err != nil:
			line.Error = err.Error()
		default:
			rules = append(rules, plan.MappingRule{Path: line.Path, Expr: expr})
			line.Error, line.Hint = pathFault(line.Path, expr)
		}
		p.Valid = p.Valid && line.Error == ""
	}
	mapping, err := plan.NewMapping(rules)
	if err != nil {
		if p.Valid {
			p.Error = err.Error()
		}
		p.Valid = false
	}
	return mapping
}

// pathFault judges an attribute path by itself.
func pathFault(path string, expr *el.Expr) (fault, hint string) {
	rules := []plan.MappingRule{{Path: path, Expr: expr}}
	if path != scim.PathUserName {
		rules = append(rules, plan.MappingRule{Path: scim.PathUserName, Expr: expr})
	}
	_, err := plan.NewMapping(rules)
	var wrong *plan.MappingError
	if !errors.As(err, &wrong) {
		return "", ""
	}
	if wrong.Right != "" {
		hint = "write " + wrong.Right
	}
	return wrong.Msg, hint
}

// try shows the values of one person, and what the mapping would change.
func (s *Server) try(ctx context.Context, db *state.DB, page *mappingsPage, mapping plan.Mapping, asked bool) error {
	app, taken, err := agent.StoredApp(ctx, db)
	if errors.Is(err, agent.ErrNoSnapshot) {
		return nil
	}
	if err != nil {
		return err
	}
	page.TakenAt = s.at(taken)
	if page.People, err = db.CountAssigned(ctx); err != nil {
		return err
	}
	if err := s.showPerson(ctx, db, page, plan.AppMembers(app)); err != nil {
		return err
	}
	config := s.current().Agent
	switch {
	case !page.Valid:
		return nil
	case page.People <= triedAtOnce:
		page.Trial, err = tryMapping(ctx, db, mapping, app, config, func() {})
		return err
	}
	generation, err := db.Generation(ctx)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%q %d %d", mapping.Expressions(), taken.UnixNano(), generation)
	s.tryBeside(page, key, asked, func(ctx context.Context, seen func()) (made *trial, err error) {
		err = s.read(ctx, func(db *state.DB) error {
			made, err = tryMapping(ctx, db, mapping, app, config, seen)
			return err
		})
		return made, err
	})
	return nil
}

// showPerson works out each line for one person: the one that is named, or the first.
func (s *Server) showPerson(ctx context.Context, db *state.DB, page *mappingsPage, app map[string]any) error {
	found, err := db.FindPeople(ctx, queryWords(page.Person), "", 20)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(found, func(f state.Found) bool { return f.Source != nil })
	if page.NoPerson = i < 0 && page.Person != ""; i < 0 {
		return nil
	}
	if page.PersonIs, err = newPersonLine(&found[i]); err != nil {
		return err
	}
	u, err := assignment(&found[i])
	if err != nil {
		return err
	}
	env, err := plan.Mapping{}.Env(u, app)
	for j := range page.Lines {
		line := &page.Lines[j]
		expr, parseErr := el.Parse(line.Expression)
		if parseErr != nil || strings.TrimSpace(line.Expression) == "" {
			continue
		}
		if err != nil {
			line.ValueError = err.Error()
		} else if value, err := evaluate(expr, env); err != nil {
			line.ValueError = err.Error()
		} else {
			line.Value = display(value)
		}
	}
	return nil
}

func evaluate(expr *el.Expr, env el.Env) (any, error) {
	raw, err := expr.Eval(env)
	if err != nil {
		return nil, err
	}
	return scim.Value(raw)
}

// yamlOf is the section of the configuration file to copy.
func yamlOf(lines []mappingLine) []string {
	out := []string{"mappings:"}
	for _, l := range lines {
		if text := strings.TrimSpace(l.Expression); text != "" {
			out = append(out, "  "+yamlText(l.Path)+": "+yamlText(text))
		}
	}
	return out
}

// yamlText quotes what YAML could take for something else. What stands between quotes in
// an expression is a value: no blank of it may be lost.
func yamlText(s string) string {
	plain := strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") == ""
	switch {
	case plain && s[0] > '9' && s != "true" && s != "false" && s != "null":
		return s
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return strconv.Quote(s) // its escapes are YAML's (YAML 1.2, section 5.7)
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}
