package agent

import (
	"cmp"
	"context"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// storedPage are stored assignments, some hundred at a time, that one goroutine reads from
// the state while another one looks at those before them.
type storedPage struct {
	people  []state.StoredUser
	bodies  []byte // one after the other
	ends    []int  // of each in bodies
	records []state.Record
	unknown []string // Okta ids of those without a mark that counts, whose records these are
}

const (
	storedPageSize = 500 // people
	storedPages    = 3   // one is read, one waits, one is looked at
)

func (p *storedPage) clear() {
	*p = storedPage{people: p.people[:0], bodies: p.bodies[:0], ends: p.ends[:0], unknown: p.unknown[:0]}
}

func (p *storedPage) add(u *state.StoredUser, body []byte, s *sieve) {
	p.people, p.bodies = append(p.people, *u), append(p.bodies, body...)
	p.ends = append(p.ends, len(p.bodies))
	if s != nil && !s.counts(u) {
		p.unknown = append(p.unknown, u.ID)
	}
}

func (p *storedPage) body(i int) []byte {
	from := 0
	if i > 0 {
		from = p.ends[i-1]
	}
	return p.bodies[from:p.ends[i]]
}

// readStoredUsers reads the stored assignments, as a snapshot of Okta would.
func (a *Agent) readStoredUsers(ctx context.Context, v *view) error {
	s := v.sieve
	if s != nil {
		s.offline = true
		if err := s.begin(v.snap.App); err != nil {
			return err
		}
	}
	reader := okta.NewStoredReader(a.Config.Mapping.Projection())
	err := a.eachStoredPage(ctx, s, func(p *storedPage) error {
		kept, err := s.siftStored(reader, p)
		v.snap.Users = append(v.snap.Users, kept...)
		return err
	})
	v.snap.Names = reader.Names()
	if err != nil {
		return err
	}
	return s.sealStored(v)
}

// sealStored ends the sifting of stored people.
func (s *sieve) sealStored(v *view) (err error) {
	if s != nil {
		s.inStep.Seal()
		v.inStep, err = s.seal(nil)
	}
	return err
}

// eachStoredPage calls fn for all stored assignments by ascending id, a page at a time,
// while the next pages are read, and ends at its first error. The page is valid until fn
// returns.
func (a *Agent) eachStoredPage(ctx context.Context, s *sieve, fn func(*storedPage) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group errgroup.Group
	pages, free := make(chan *storedPage, storedPages), make(chan *storedPage, storedPages)
	for range storedPages {
		free <- &storedPage{}
	}
	group.Go(func() error {
		defer close(pages)
		return (&storedReader{a: a, sieve: s, pages: pages, free: free}).read(ctx)
	})
	var failed error
	for p := range pages {
		if failed == nil {
			if failed = fn(p); failed != nil {
				cancel()
			}
		}
		p.clear()
		free <- p
	}
	err := group.Wait()
	return cmp.Or(failed, err)
}

// storedReader fills the pages of eachStoredPage.
type storedReader struct {
	a           *Agent
	sieve       *sieve // nil: nobody is in step, and no records are wanted
	page        *storedPage
	pages, free chan *storedPage
}

func (r *storedReader) read(ctx context.Context) error {
	marks := r.sieve != nil && r.sieve.trusts
	err := r.a.State.EachStoredUser(ctx, marks, func(u *state.StoredUser, body []byte) error {
		if r.page == nil {
			select {
			case r.page = <-r.free:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		r.page.add(u, body, r.sieve)
		if len(r.page.people) == storedPageSize {
			return r.pass(ctx)
		}
		return nil
	})
	if err == nil && r.page != nil {
		err = r.pass(ctx)
	}
	return err
}

// pass gives the page on. There is room for all pages that there are.
func (r *storedReader) pass(ctx context.Context) (err error) {
	if r.sieve != nil {
		if r.page.records, err = r.sieve.recordsOf(ctx, r.page.unknown); err != nil {
			return err
		}
	}
	r.pages <- r.page
	r.page = nil
	return nil
}

// siftStored returns who is kept of a page of stored people: everybody without a sieve.
func (s *sieve) siftStored(reader *okta.StoredReader, p *storedPage) ([]okta.User, error) {
	page, rows := make([]okta.Read, 0, len(p.unknown)), make([]int64, 0, len(p.unknown))
	for i := range p.people {
		stored := &p.people[i]
		if s != nil && s.stands(stored) {
			s.pass(stored)
			if err := reader.Count(p.body(i)); err != nil {
				return nil, err
			}
			continue
		}
		u, err := reader.Read(p.body(i))
		if err != nil {
			return nil, err
		}
		page, rows = append(page, okta.Read{User: u}), append(rows, stored.Row)
	}
	var keep []bool
	if s != nil {
		var err error
		if keep, err = s.sift(page, rows, p.records); err != nil {
			return nil, err
		}
	}
	var out []okta.User
	for i := range page {
		if s == nil || keep[i] {
			out = append(out, page[i].User)
		}
	}
	return out, nil
}
