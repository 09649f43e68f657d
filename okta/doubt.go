package okta

import (
	"context"
	"fmt"
	"slices"
)

// unsolved is a source that cannot be resolved now. What it named before is left alone.
type unsolved struct{ source, reason string }

// cannot reports that a source cannot be resolved.
func (p *pushed) cannot(s GroupSource, groupID, reason string) {
	p.unsolved = append(p.unsolved, unsolved{s.String(), reason})
	p.problem(s, groupID, reason)
}

// leaveAlone keeps the groups that unsolved sources named before, marked
// unreadable, unless another source names them too.
func (p *pushed) leaveAlone() {
	for _, u := range p.unsolved {
		for _, k := range p.request.Known {
			if p.groups[k.ID] == nil && slices.Contains(k.Sources, u.source) {
				held := k
				held.Fresh, held.Unreadable, held.PausedBy, held.Unresolved = false, u.reason, "", u.source
				p.groups[k.ID] = &held
			}
		}
	}
}

// doubtEmpty makes an empty list of a source that named groups before a problem:
// Okta answers one to credentials that may not see more.
func (p *pushed) doubtEmpty(s GroupSource, listed int) {
	before := 0
	for _, k := range p.request.Known {
		if slices.Contains(k.Sources, s.String()) {
			before++
		}
	}
	if listed == 0 && before > 0 {
		p.cannot(s, "", fmt.Sprintf("Okta lists no group, and listed %d before, which stay as they are; when that is right, take the source out of the configuration", before))
	}
}

// findVanished asks for each known group that no source names any more. Only one
// that exists counts as no longer pushed; one that was deleted, or cannot be seen,
// is left alone. A rule still names a group that fits it: Okta's search may lag.
func (p *pushed) findVanished(ctx context.Context) error {
	named := func(k Group, s GroupSource) bool { return slices.Contains(k.Sources, s.String()) }
	var ids []string
	for id, k := range p.known {
		if p.groups[id] == nil && p.uses(func(s GroupSource) bool { return named(k, s) }) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if err := p.fetchAll(ctx, ids); err != nil {
		return err
	}
	for _, id := range ids {
		f := p.fetched[id]
		for _, s := range p.request.Sources {
			fits := s.Rule != nil && s.Rule.Match(f.group.Profile.Name, f.group.Profile.Description)
			if named(p.known[id], s) && (f.reason != "" || fits) {
				p.addFetched(s, id)
				p.groups[id].Gone = f.gone
			}
		}
	}
	return nil
}

// findReplaced asks for each known group that no source names any more and whose name
// another group has now: the configuration may name the new one by its id. One that
// exists, or does not answer, is merely not pushed any more.
func (p *pushed) findReplaced(ctx context.Context) error {
	var ids []string
	for id, k := range p.known {
		_, asked := p.fetched[id]
		if p.groups[id] == nil && !asked && p.hasAnother(k) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	if err := p.fetchAll(ctx, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if f := p.fetched[id]; f.gone {
			held := p.known[id]
			held.Fresh, held.Unreadable, held.PausedBy, held.Gone = false, f.reason, "", true
			p.groups[id] = &held
		}
	}
	return nil
}

// hasAnother says whether a group of this name and link is pushed.
func (p *pushed) hasAnother(k Group) bool {
	for _, g := range p.groups {
		if g.Unreadable == "" && g.Name == k.Name && g.Link == k.Link {
			return true
		}
	}
	return false
}
