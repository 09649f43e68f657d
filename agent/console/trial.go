package console

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// trial is what a mapping would change, against what WalkMe took last.
type trial struct {
	People     int    // in the snapshot and managed
	Touched    int    // whose account would be updated
	Emptied    int    // who would lose a value
	Rejected   int    // whose profile cannot be mapped
	Held       string // how the limit of emptied values is exceeded; "": it is not
	Attributes []attributeTrial
	Faults     []sample // of those who are rejected
	Profile    []profileAttribute
}

// attributeTrial is one attribute of a trial.
type attributeTrial struct {
	Path             string
	Changed, Emptied int
	Samples          []sample
}

// sample is one person whose value shows something.
type sample struct {
	Kind, Name, Link string // Kind: why it is shown
	Old, New         string
}

// profileAttribute is an attribute of Okta's that expressions may read.
type profileAttribute struct {
	Name   string
	People int // who have a value
}

const shownFaults = 5

// gatherer goes over all people once. It keeps counts and a few samples, whatever the
// size of the org.
type gatherer struct {
	mapping plan.Mapping
	policy  plan.DesirePolicy
	app     okta.App
	out     trial
	paths   map[string]*oddest
	profile map[string]int
}

// oddest are the samples of an attribute that are kept.
type oddest struct {
	attributeTrial
	changed                   []sample
	empty, longest, unwritten *sample // unwritten: beyond ASCII
	length                    int     // of the longest, in letters
}

const keptChanges = 3

func tryMapping(ctx context.Context, db *state.DB, m plan.Mapping, app okta.App, c agent.Config, seen func()) (*trial, error) {
	g := &gatherer{mapping: m, policy: c.Policy.Desire, app: app, paths: map[string]*oddest{}, profile: map[string]int{}}
	for _, rule := range m.Rules() {
		g.paths[rule.Path] = &oddest{attributeTrial: attributeTrial{Path: rule.Path}}
	}
	err := db.EachAssigned(ctx, func(id string, body []byte, a state.Acknowledged) error {
		var u okta.User
		if err := json.Unmarshal(body, &u); err != nil {
			return fmt.Errorf("stored assignment of %s: %w", id, err)
		}
		g.add(&u, a)
		seen()
		return nil
	})
	if err != nil {
		return nil, err
	}
	managed, _, err := db.Managed(ctx)
	if err != nil {
		return nil, err
	}
	g.out.Held = c.Limits.EmptiedValues.Exceeded(g.out.Emptied, managed)
	return g.finish(), nil
}

func (g *gatherer) add(u *okta.User, a state.Acknowledged) {
	g.count("user", u.Profile)
	g.count("appuser", u.AppProfile)
	desired := g.mapping.Desired(&okta.Snapshot{App: g.app, Users: []okta.User{*u}}, g.policy).People[0]
	if desired.Rejection != nil {
		g.out.Rejected++
		if len(g.out.Faults) < shownFaults {
			g.out.Faults = append(g.out.Faults, sample{Name: u.UserName, Link: addressOf("people", u.ID), New: joinedBy(": ", desired.Rejection.Path, desired.Rejection.Error)})
		}
		return
	}
	if desired.Presence != plan.Present {
		return
	}
	for _, value := range desired.Attributes {
		g.paths[value.Path].see(u, value.Value)
	}
	if !a.Managed {
		return
	}
	g.out.People++
	diff := scim.DiffAttributes(a.Attributes, desired.Attributes)
	if len(diff) > 0 {
		g.out.Touched++
	}
	emptied := false
	for _, d := range diff {
		emptied = g.paths[d.Path].change(u, d) || emptied
	}
	if emptied {
		g.out.Emptied++
	}
}

func (g *gatherer) count(root string, profile json.RawMessage) {
	var values map[string]json.RawMessage
	if json.Unmarshal(profile, &values) != nil {
		return // shown by its rejection
	}
	for name, value := range values {
		if v := string(value); v != "null" && v != `""` && v != "[]" {
			g.profile[root+"."+name]++
		}
	}
}

// see keeps what is odd among the values.
func (o *oddest) see(u *okta.User, value any) {
	text, _ := value.(string)
	one := sample{Name: u.UserName, Link: addressOf("people", u.ID), New: display(value)}
	switch {
	case isEmpty(value):
		if o.empty == nil {
			one.Kind = "empty"
			o.empty = &one
		}
		return
	case utf8.RuneCountInString(text) > o.length:
		one.Kind = "longest"
		o.length, o.longest = utf8.RuneCountInString(text), &one
	}
	if o.unwritten == nil && strings.IndexFunc(text, func(r rune) bool { return r > '~' }) >= 0 {
		one.Kind = "beyond ASCII"
		o.unwritten = &one
	}
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// change counts a difference, and says whether it empties a value.
func (o *oddest) change(u *okta.User, d scim.AttributeChange) (emptied bool) {
	o.Changed++
	if isEmpty(d.New) && !isEmpty(d.Old) {
		o.Emptied++
		emptied = true
	}
	if len(o.changed) < keptChanges {
		o.changed = append(o.changed, sample{Kind: "changed", Name: u.UserName, Link: addressOf("people", u.ID), Old: display(d.Old), New: display(d.New)})
	}
	return emptied
}

func (g *gatherer) finish() *trial {
	for _, o := range g.paths {
		o.Samples = o.changed
		for _, one := range []*sample{o.empty, o.longest, o.unwritten} {
			if one != nil {
				o.Samples = append(o.Samples, *one)
			}
		}
		g.out.Attributes = append(g.out.Attributes, o.attributeTrial)
	}
	slices.SortFunc(g.out.Attributes, func(a, b attributeTrial) int { return strings.Compare(a.Path, b.Path) })
	for name, n := range g.profile {
		g.out.Profile = append(g.out.Profile, profileAttribute{name, n})
	}
	slices.SortFunc(g.out.Profile, func(a, b profileAttribute) int {
		return cmp.Or(cmp.Compare(b.People, a.People), strings.Compare(a.Name, b.Name))
	})
	return &g.out
}
