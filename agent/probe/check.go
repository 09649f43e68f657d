package probe

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"okta-walkme-agent/walkme"
)

// Check is one statement about a server. Its title says what holds when it passes.
type Check struct {
	ID     string
	Suite  string
	Title  string
	Source string // where the demand comes from
	Level  Level
	Writes bool // it makes something, or sends something else than a GET

	Okta   string // what Okta does when it does not hold
	Task   string // how Okta's message to the admin begins, where Okta itself makes the request
	Remedy string
	Switch string // of the agent's configuration that lives with it

	dialect walkme.Profile // "": whichever the run has first
	late    bool           // it judges the run as a whole
	run     func(*trial)
}

// Suites are the suites, in the order in which they run.
func Suites() []string { return []string{"spec", "crud", "plan", "wire", "quirks", "discovery"} }

// Catalogue lists all checks for these dialects, in the order in which they are to be
// mended: first what everything else stands on.
func Catalogue(dialects []walkme.Profile) []Check {
	var list []Check
	list = append(list, specChecks()...)
	for _, d := range dialects {
		list = append(list, of(d, "wire", wireUserChecks(d))...)
		list = append(list, of(d, "wire", wireGroupChecks(d))...)
	}
	for _, d := range dialects {
		list = append(list, of(d, "crud", crudChecks())...)
	}
	list = append(list, planChecks()...)
	list = append(list, quirkChecks()...)
	list = append(list, discoveryChecks()...)
	for i := range list {
		list[i].Suite, _, _ = strings.Cut(list[i].ID, ".")
	}
	return list
}

// of makes checks those of one dialect: wire.oin.deactivate.
func of(d walkme.Profile, suite string, list []Check) []Check {
	for i := range list {
		list[i].ID, list[i].dialect = suite+"."+string(d)+"."+list[i].ID, d
		list[i].Title += " (" + string(d) + ")"
	}
	return list
}

// SelectionError says that a suite or a check that was named does not exist.
type SelectionError struct{ What, Name, Near string }

// Error implements error.
func (e *SelectionError) Error() string {
	text := fmt.Sprintf("there is no %s %q", e.What, e.Name)
	if e.Near != "" {
		text += "; " + e.Near
	}
	return text
}

// Select lists the checks that a run with these options makes, in the order in which they
// are to be mended. Its error is a *SelectionError.
func Select(o Options) ([]Check, error) {
	o = o.withDefaults()
	return choose(Catalogue(o.Dialects), o.Suites, o.Only, o.Skip)
}

// choose keeps the checks that were asked for: those of the suites (all, when none is
// named) whose id matches one of only (when there is any) and none of skip. A pattern
// is an id, in which * stands for any run of characters.
func choose(all []Check, suites, only, skip []string) ([]Check, error) {
	for _, s := range suites {
		if s != "all" && !slices.Contains(Suites(), s) {
			return nil, &SelectionError{"suite", s, "they are " + strings.Join(Suites(), ", ") + ", all"}
		}
	}
	for _, p := range slices.Concat(only, skip) {
		if !slices.ContainsFunc(all, func(c Check) bool { return matches(p, c.ID) }) {
			return nil, &SelectionError{"check", p, near(p, all)}
		}
	}
	match := func(patterns []string, id string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, id) })
	}
	whole := len(suites) == 0 && len(only) == 0 || slices.Contains(suites, "all")
	return slices.DeleteFunc(slices.Clone(all), func(c Check) bool {
		wanted := whole || slices.Contains(suites, c.Suite) || len(suites) == 0
		return !wanted || len(only) > 0 && !match(only, c.ID) || match(skip, c.ID)
	}), nil
}

func matches(pattern, id string) bool {
	ok, err := path.Match(pattern, id)
	return pattern == id || err == nil && ok
}

// near names an id that was perhaps meant.
func near(pattern string, all []Check) string {
	for _, c := range all {
		if strings.Contains(c.ID, pattern) || strings.HasSuffix(pattern, c.ID[strings.LastIndexByte(c.ID, '.')+1:]) {
			return "did you mean " + c.ID + "? --list shows all"
		}
	}
	return "--list shows all"
}
