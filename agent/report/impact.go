package report

import (
	"cmp"
	"slices"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/internal/scim"
)

// samples is how many people stand for all whom a mapping touches.
const samples = 3

// impact is what a change of the mapping touches.
type impact struct {
	people     int
	attributes []attributeImpact // the most touched first
	samples    []*agent.Change
	rejected   int // people who cannot be mapped
}

type attributeImpact struct {
	path    string
	people  int
	cleared int // of them lose the value, as after a misspelt name
}

func (a attributeImpact) words() string {
	s := plural(a.people, "person")
	if a.cleared > 0 {
		s += ", " + number(a.cleared) + " of them without a value then"
	}
	return s
}

// mappingImpact is nil when no change comes from the mapping.
func mappingImpact(p *agent.Plan) *impact {
	var touched []*agent.Change
	byPath := map[string]attributeImpact{}
	for _, c := range p.Changes {
		if c.Cause != agent.CauseMapping {
			continue
		}
		touched = append(touched, c)
		for _, a := range c.Attributes {
			at := byPath[a.Path]
			at.path = a.Path
			at.people++
			if a.New == nil && a.Old != nil {
				at.cleared++
			}
			byPath[a.Path] = at
		}
	}
	if len(touched) == 0 {
		return nil
	}
	m := &impact{people: len(touched), samples: sampled(touched)}
	for _, a := range byPath {
		m.attributes = append(m.attributes, a)
	}
	slices.SortFunc(m.attributes, func(a, b attributeImpact) int {
		return cmp.Or(-cmp.Compare(a.people, b.people), strings.Compare(a.path, b.path))
	})
	for _, r := range p.Rejected {
		if r.Type == scim.User {
			m.rejected++
		}
	}
	return m
}

// sampled picks changes that show attributes which no earlier sample shows, and
// fills up with the first of the rest, in the order of the plan.
func sampled(changes []*agent.Change) []*agent.Change {
	shown := map[string]bool{}
	var fresh, rest []*agent.Change
	for _, c := range changes {
		isNew := false
		for _, a := range c.Attributes {
			isNew = isNew || !shown[a.Path]
			shown[a.Path] = true
		}
		if isNew {
			fresh = append(fresh, c)
		} else if len(rest) < samples {
			rest = append(rest, c)
		}
	}
	picked := append(fresh, rest...)
	picked = picked[:min(len(picked), samples)]
	slices.SortStableFunc(picked, func(a, b *agent.Change) int { return cmp.Compare(a.Seq, b.Seq) })
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
