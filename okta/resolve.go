package okta

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// resolve finds the groups that a source names and adds them.
func (p *pushed) resolve(ctx context.Context, s GroupSource) error {
	switch {
	case s.ID != "":
		p.addFetched(s, s.ID)
		return nil
	case s.Name != "":
		return p.resolveName(ctx, s)
	case s.Rule != nil:
		return p.resolveRule(ctx, s)
	case s.AssignedGroups:
		for _, g := range p.assigned {
			p.add(s, *g.Embedded.Group)
		}
	case s.OktaMappings:
		for _, m := range p.mappings {
			p.addMapped(s, m)
		}
	}
	return nil
}

// add puts a group into the result, or another label on one that is there.
func (p *pushed) add(s GroupSource, wire groupObject) *Group {
	g := p.groups[wire.ID]
	if g == nil {
		g = &Group{ID: wire.ID}
		p.groups[wire.ID] = g
	}
	g.Name, g.Description = wire.Profile.Name, wire.Profile.Description
	// A group that is embedded in an assignment may come without its times.
	g.LastUpdated = later(g.LastUpdated, wire.LastUpdated)
	g.LastMembershipUpdated = later(g.LastMembershipUpdated, wire.LastMembershipUpdated)
	if c, ok := p.current(wire.ID); ok {
		g.LastMembershipUpdated = later(g.LastMembershipUpdated, c.LastMembershipUpdated)
	}
	g.Sources = append(g.Sources, s.String())
	if s.Paused && g.PausedBy == "" {
		g.PausedBy = s.String()
	}
	p.link(s, g)
	return g
}

// later compares two of Okta's times, which sort as text.
func later(a, b string) string { return max(a, b) }

// link gives the group the link of the source. A group with two different links
// is left alone: whichever was taken might be the wrong one.
func (p *pushed) link(s GroupSource, g *Group) {
	switch {
	case s.Link == "" || s.Link == g.Link:
	case g.Link == "":
		g.Link, p.linkedBy[g.ID] = s.Link, s.String()
	default:
		g.Unreadable = fmt.Sprintf("two links: %q by %s, %q by %s", g.Link, p.linkedBy[g.ID], s.Link, s)
		p.problem(s, g.ID, g.Unreadable)
	}
}

// addFetched adds a group that a source names by id. It reports false for a
// group that Okta does not give, which is then left alone.
func (p *pushed) addFetched(s GroupSource, id string) bool {
	if f, asked := p.fetched[id]; asked && f.reason != "" {
		g := p.add(s, groupObject{ID: id})
		g.Name, g.Description, g.Unreadable = p.known[id].Name, p.known[id].Description, f.reason
		p.problem(s, id, f.reason)
		return false
	} else if asked {
		p.add(s, f.group)
		return true
	}
	wire, _ := p.current(id)
	p.add(s, wire)
	return true
}

// addMapped adds the group of a mapping. Okta does not push one that is
// INACTIVE or in ERROR, so its target is to stay as it is.
func (p *pushed) addMapped(s GroupSource, m PushMapping) {
	p.addFetched(s, m.GroupID)
	g := p.groups[m.GroupID]
	switch m.Status {
	case "ACTIVE":
	case "INACTIVE":
		g.Paused = true
	case "ERROR":
		g.Paused = true
		p.problem(s, g.ID, "Okta's mapping is in error: "+printable(m.ErrorSummary))
	default:
		g.Paused = true
		p.problem(s, g.ID, fmt.Sprintf("Okta's mapping has status %q, which is not known", printable(m.Status)))
	}
}

// resolveName finds the one group of exactly that name. When the group that had
// the name last time still has it and no changed group took it, there is
// nothing to ask; every doubt ends in a search.
func (p *pushed) resolveName(ctx context.Context, s GroupSource) error {
	named := func(g groupObject) bool { return g.Profile.Name == s.Name }
	before := p.named(s)
	if candidates := keep(p.candidates(before), named); len(candidates) == 1 && slices.ContainsFunc(before, named) &&
		p.known[candidates[0].ID].Unreadable == "" {
		p.add(s, candidates[0])
		return nil
	}
	found, err := p.search(ctx, "profile.name eq "+quote(s.Name))
	if err != nil {
		return err
	}
	switch exact := keep(found, named); len(exact) {
	case 1:
		p.add(s, exact[0])
	case 0:
		p.cannot(s, "", p.nothingNamed(s, found))
	default:
		p.cannot(s, "", fmt.Sprintf("%d groups have this name: %s; use an id", len(exact), nameGroups(exact)))
	}
	return nil
}

// nothingNamed says why a name matches nothing, and what it may have meant.
func (p *pushed) nothingNamed(s GroupSource, similar []groupObject) string {
	reason := "no group has this name"
	if len(similar) > 0 {
		reason += "; similar: " + nameGroups(similar)
	}
	for _, k := range p.request.Known {
		if !slices.Contains(k.Sources, s.String()) {
			continue
		}
		name := k.Name
		if c, ok := p.changed[k.ID]; ok {
			name = c.Profile.Name
		}
		reason += fmt.Sprintf("; group %s had it before, last known as %q", k.ID, name)
	}
	return reason
}

// resolveRule finds the groups that match. A rule that named groups last time
// is evaluated over those and the changed ones; another one over a list from
// Okta, which knows no "contains" and "ends with". So is one that seems to name two
// groups of one name: the first may have been deleted, which is no change.
func (p *pushed) resolveRule(ctx context.Context, s GroupSource) error {
	fits := func(g groupObject) bool { return s.Rule.Match(g.Profile.Name, g.Profile.Description) }
	matching := keep(p.candidates(p.named(s)), fits)
	if len(p.named(s)) == 0 || shareName(matching) {
		listed, err := p.listFor(ctx, *s.Rule)
		if err != nil {
			return err
		}
		matching = keep(listed, fits)
	}
	if len(matching) == 0 {
		p.unmatched(s)
	}
	for _, g := range matching {
		p.add(s, g)
	}
	return nil
}

func shareName(groups []groupObject) bool {
	seen := map[string]bool{}
	return slices.ContainsFunc(groups, func(g groupObject) bool {
		again := seen[g.Profile.Name]
		seen[g.Profile.Name] = true
		return again
	})
}

func (p *pushed) listFor(ctx context.Context, r GroupRule) ([]groupObject, error) {
	switch {
	case r.NameStartsWith != "":
		return p.search(ctx, "profile.name sw "+quote(r.NameStartsWith))
	case r.DescriptionStartsWith != "":
		return p.search(ctx, "profile.description sw "+quote(r.DescriptionStartsWith))
	case p.all == nil:
		all, err := p.search(ctx, "")
		if err != nil {
			return nil, err
		}
		p.all = all
	}
	return p.all, nil
}

// named are the groups, as they are now, that the source named last time. There
// are none on a full read.
func (p *pushed) named(s GroupSource) []groupObject {
	var groups []groupObject
	for _, k := range p.request.Known {
		if !slices.Contains(k.Sources, s.String()) {
			continue
		}
		if g, ok := p.current(k.ID); ok {
			groups = append(groups, g)
		}
	}
	return groups
}

// candidates are groups together with all that changed, sorted by id.
func (p *pushed) candidates(groups []groupObject) []groupObject {
	all := slices.Clone(groups)
	for _, g := range p.changed {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b groupObject) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(all, func(a, b groupObject) bool { return a.ID == b.ID })
}

func keep(groups []groupObject, fits func(groupObject) bool) []groupObject {
	var kept []groupObject
	for _, g := range groups {
		if fits(g) {
			kept = append(kept, g)
		}
	}
	return kept
}

// quote writes a value for Okta's search grammar (SCIM filters, RFC 7644,
// section 3.4.2.2).
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
