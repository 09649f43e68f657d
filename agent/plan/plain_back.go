package plan

import (
	"fmt"
	"math"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// valuedBy returns which set of paths has a value of a new person.
func (pc *PlainChanges) valuedBy(want *Person) uint16 {
	var paths []string
	for _, a := range want.Attributes {
		if !scim.Equal(a.Value, nil) {
			paths = append(paths, a.Path)
		}
	}
	place, ok := setOf(&pc.valued, scim.SortedSet(paths), math.MaxUint8)
	if !ok {
		place, pc.otherwise = math.MaxUint16, scim.SortedSet(append(pc.otherwise, paths...))
	}
	return uint16(place)
}

// lacks says whether a plain change makes an account without a value under a path, or may
// do so.
func (pc *PlainChanges) lacks(i int, path string) bool {
	e := &pc.entries[i]
	return Phase(e.phase) == PhaseNewAccounts && (e.valued == math.MaxUint16 || !scim.Contains(pc.valued[e.valued], path))
}

// anyLacks says so of any of them.
func (pc *PlainChanges) anyLacks(path string) bool {
	for i := range pc.Len() {
		if pc.lacks(i, path) {
			return true
		}
	}
	return false
}

// TakeBack takes the plain changes into memory that a likely slip concerns, before the limits
// are applied: they are held.
func (p *Plan) TakeBack(unvalued []Unvalued) error {
	pc := p.plain
	slips := slices.DeleteFunc(slices.Clone(unvalued), func(v Unvalued) bool { return !v.Slip })
	if pc.Len() == 0 || len(slips) == 0 {
		return nil
	}
	if err := p.takeBack(func(i int) bool {
		return slices.ContainsFunc(slips, func(v Unvalued) bool { return pc.lacks(i, v.Path) })
	}); err != nil {
		return err
	}
	p.reorder()
	return nil
}

// takeBack takes plain changes into memory, at the end of Changes.
func (p *Plan) takeBack(which func(i int) bool) error {
	pc := p.plain
	for i := range pc.entries {
		if !which(i) {
			continue
		}
		c, err := pc.load(i)
		if err != nil {
			return fmt.Errorf("change of %s: %w", pc.id(&pc.entries[i]), err)
		}
		p.Changes = append(p.Changes, c)
	}
	pc.remove(which)
	return nil
}
