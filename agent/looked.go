package agent

import (
	"cmp"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// looked is what a sieve has found of the people whom it kept, so that they are not
// translated twice, and few of their records are read twice.
type looked struct {
	people  []plan.Person
	records []state.Record
	unread  []string // Okta ids of those whose records were let go
}

// lookedPage is what is found on one page.
type lookedPage struct {
	in      *looked
	size    int
	records []*state.Record
}

func (l *looked) page(size int) lookedPage { return lookedPage{in: l, size: size} }

func (p *lookedPage) add(person plan.Person, r *state.Record) {
	p.in.people = append(p.in.people, person)
	if r != nil {
		p.records = append(p.records, r)
	}
}

// end keeps the records where most of the page was kept. The records of a page share
// their memory, so that a few would keep them all there; those are read again.
func (p *lookedPage) end() {
	for _, r := range p.records {
		if 2*len(p.records) >= p.size {
			p.in.records = append(p.in.records, *r)
		} else {
			p.in.unread = append(p.in.unread, r.SourceID)
		}
	}
}

// seal sorts what was found by Okta id. Of a person who came twice the last counts, as
// in a snapshot.
func (l *looked) seal() {
	byID := func(a, b *plan.Person) int { return cmp.Compare(a.SourceID, b.SourceID) }
	for i := 1; i < len(l.people); i++ {
		if byID(&l.people[i-1], &l.people[i]) < 0 {
			continue
		}
		slices.Reverse(l.people)
		slices.SortStableFunc(l.people, func(a, b plan.Person) int { return byID(&a, &b) })
		l.people = slices.CompactFunc(l.people, func(a, b plan.Person) bool { return a.SourceID == b.SourceID })
		break
	}
	compare := func(a, b state.Record) int { return cmp.Compare(a.SourceID, b.SourceID) }
	if !slices.IsSortedFunc(l.records, compare) {
		slices.SortFunc(l.records, compare)
	}
	l.records = slices.CompactFunc(l.records, func(a, b state.Record) bool { return a.SourceID == b.SourceID })
	l.unread = scim.SortedSet(l.unread)
}

// renew looks at some people again, as they are among users and as the app is now. Those
// who are not among users are not assigned any more.
func (s *sieve) renew(app okta.App, users []okta.User, ids []string) error {
	if s == nil {
		return nil
	}
	if err := s.begin(app); err != nil {
		return err
	}
	ids = scim.SortedSet(slices.Clone(ids))
	s.looked.people = slices.DeleteFunc(s.looked.people, func(p plan.Person) bool { return scim.Contains(ids, p.SourceID) })
	s.insert(slices.DeleteFunc(slices.Clone(users), func(u okta.User) bool { return !scim.Contains(ids, u.ID) }))
	return nil
}

// insert adds people, whose records are to be read.
func (s *sieve) insert(users []okta.User) {
	l := &s.looked
	for i := range users {
		l.people = append(l.people, s.mapper.Person(&users[i]))
		l.unread = append(l.unread, users[i].ID)
	}
	slices.SortFunc(l.people, func(a, b plan.Person) int { return cmp.Compare(a.SourceID, b.SourceID) })
	l.unread = scim.SortedSet(l.unread)
}
