package report

import (
	"cmp"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
)

// samples is how many people stand for all whom a mapping touches.
const samples = 3

// impact is what a change of the mapping touches.
type impact struct {
	people     int
	attributes []attributeImpact // the most touched first
	samples    []*plan.Change
	rejected   int // people who cannot be mapped
}

type attributeImpact struct {
	path     string
	people   int
	cleared  int // of them lose the value, as after a misspelt name
	rejected int // cannot be mapped any more
	left     int // have a value in WalkMe that is not mapped any more
}

func (a attributeImpact) words() string {
	var parts []string
	if a.people > 0 {
		s := plural(a.people, "person")
		if a.cleared > 0 {
			s += ", " + number(a.cleared) + " of them without a value then"
		}
		parts = append(parts, s)
	}
	if a.rejected > 0 {
		parts = append(parts, "cannot be mapped for "+plural(a.rejected, "person"))
	}
	if a.left > 0 {
		parts = append(parts, "no longer mapped: WalkMe keeps the value of "+plural(a.left, "person"))
	}
	return strings.Join(parts, "; ")
}

// touched collects changes that come from the mapping, in the order of the plan.
type touched struct {
	people      int
	byPath      map[string]attributeImpact
	fresh, rest []*plan.Change // see sampled
}

func (t *touched) add(c *plan.Change) {
	if c.Cause != plan.CauseMapping {
		return
	}
	if t.byPath == nil {
		t.byPath = map[string]attributeImpact{}
	}
	t.people++
	isNew := false
	for _, a := range c.Attributes {
		at, shown := t.byPath[a.Path]
		isNew = isNew || !shown
		at.path = a.Path
		at.people++
		if a.New == nil && a.Old != nil {
			at.cleared++
		}
		t.byPath[a.Path] = at
	}
	if isNew {
		t.fresh = append(t.fresh, c)
	} else if len(t.rest) < samples {
		t.rest = append(t.rest, c)
	}
}

// impact is nil when nothing comes from the mapping.
func (t *touched) impact(p *plan.Plan) *impact {
	byPath := t.byPath
	if byPath == nil {
		byPath = map[string]attributeImpact{}
	}
	m := &impact{people: t.people, samples: t.sampled()}
	for _, r := range p.Rejected {
		if r.Cause == plan.CauseMapping {
			m.rejected++
			at := byPath[r.Path]
			at.path = r.Path
			at.rejected++
			byPath[r.Path] = at
		}
	}
	for _, u := range p.Unmapped {
		byPath[u.Path] = attributeImpact{path: u.Path, left: u.People}
	}
	if len(byPath) == 0 && t.people == 0 {
		return nil
	}
	for _, a := range byPath {
		m.attributes = append(m.attributes, a)
	}
	slices.SortFunc(m.attributes, func(a, b attributeImpact) int {
		return cmp.Or(-cmp.Compare(a.people+a.rejected, b.people+b.rejected), strings.Compare(a.path, b.path))
	})
	return m
}

// sampled picks changes that show attributes which no earlier sample shows, and
// fills up with the first of the rest, in the order of the plan.
func (t *touched) sampled() []*plan.Change {
	picked := append(t.fresh, t.rest...)
	picked = picked[:min(len(picked), samples)]
	slices.SortStableFunc(picked, func(a, b *plan.Change) int { return cmp.Compare(a.Seq, b.Seq) })
	return picked
}

// words says how many people the mapping touches, in one sentence.
func (m *impact) words() string {
	s := "Mapping change: touches " + plural(m.people, "person")
	if m.rejected > 0 {
		s += "; " + plural(m.rejected, "person") + " " + is(m.rejected) + " rejected"
	}
	return s
}
