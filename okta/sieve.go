package okta

import (
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
)

// Sieve says who of the people of an app is to be in a snapshot, so that memory need not
// hold all people. Its functions are called in this order for one page after the other,
// by one goroutine. An error voids the snapshot.
type Sieve struct {
	// Begin is called once, before the first page.
	Begin func(App) error

	// Known says of each entry of a page whether it was seen before and needs no other
	// look. It is called again for a page that has to be read again.
	Known func(page []Sight) ([]bool, error)

	// Keep is told which entries of a page that was read whole are known: they are
	// counted in Names, and nothing else becomes of them. It says of the others which
	// are to be in Users.
	Keep func(known []string, page []Read) ([]bool, error)

	// End is called once, when the last page was read.
	End func()

	// Assigned says of people who were not kept whether they were in the list. It is
	// called after End, by many goroutines.
	Assigned func(userID string) bool
}

// Sight is an entry of a list of assignments before it is decoded.
type Sight struct {
	ID  string   // ""; or what the id seems to be, which is right for bytes that were decoded before
	Sum [16]byte // digest of its bytes
}

// Project cuts the profiles of a user down to what is kept.
func (p *Projection) Project(u User) (User, error) {
	var err error
	if u.Profile, err = newProjector(p.User).object(u.Profile); err == nil {
		u.AppProfile, err = newProjector(p.AppUser).object(u.AppProfile)
	}
	return u, err
}

// Read is a decoded entry, with the attributes that are kept.
type Read struct {
	User User
	Sum  [16]byte // see Sight
}

// entry is one of a page of assignments.
type entry struct {
	appUser

	raw   []byte // valid until the next page is read
	sight Sight
	known bool
}

// entriesOf cuts a page into its entries, in the room of those before.
func entriesOf(body []byte, items []entry) ([]entry, error) {
	elements, err := splitArray(body)
	if err != nil {
		return nil, err
	}
	clear(items)
	items = slices.Grow(items[:0], len(elements))[:len(elements)]
	for i, raw := range elements {
		sum := sha256.Sum256(raw)
		items[i] = entry{raw: raw, sight: Sight{ID: firstID(raw), Sum: [16]byte(sum[:16])}}
	}
	return items, nil
}

// peoplePages reads the pages of the list of assignments, and collects who is kept.
type peoplePages struct {
	req    SnapshotRequest
	reader *userReader
	next   prefetcher
	users  []User
}

// read reads one page, and begins to fetch the one behind it. Entries that are known are not
// decoded: equal bytes were.
func (p *peoplePages) read(ctx context.Context, c *Client, path string) (page[entry], error) {
	var out page[entry]
	header, err := c.readBy(ctx, path, func() (http.Header, error) {
		fetched := p.next.take(ctx, path)
		if fetched.err != nil {
			return nil, fetched.err
		}
		if next, err := nextPath(c.host, path, linkTo(fetched.header, "next")); err == nil {
			p.next.start(ctx, next)
		}
		out.items, out.bytes = fetched.items, fetched.bytes
		return fetched.header, p.decode(out.items)
	})
	if err != nil {
		return page[entry]{}, err
	}
	out.header = header
	return out, nil
}

// decode decodes the entries that are not known.
func (p *peoplePages) decode(items []entry) error {
	if err := p.recognise(items); err != nil {
		return err
	}
	for i := range items {
		e := &items[i]
		if e.known {
			continue
		}
		if err := e.decode(e.raw, p.reader.texts); err != nil {
			return incomplete("list: %w", err)
		}
		if e.ID == "" {
			return incomplete("list: element without an id")
		}
	}
	return nil
}

// recognise finds out which entries are known.
func (p *peoplePages) recognise(items []entry) error {
	if p.req.Sieve == nil {
		return nil
	}
	sights := make([]Sight, len(items))
	for i := range items {
		sights[i] = items[i].sight
	}
	known, err := p.req.Sieve.Known(sights)
	if err != nil {
		return err
	}
	for i := range items {
		if items[i].known = known[i]; known[i] {
			items[i].ID = sights[i].ID
		}
	}
	return nil
}

func (p *peoplePages) visit(items []entry) error {
	if err := requireEmbedded(items); err != nil {
		return err
	}
	var page []Read
	var known []string
	for i := range items {
		e := &items[i]
		if e.known {
			known = append(known, e.ID)
			if err := p.reader.read(profilesOf(e.raw)); err != nil {
				return err
			}
			p.reader.count()
			continue
		}
		u, err := p.reader.both(&e.appUser, p.req.Each)
		if err != nil {
			return err
		}
		page = append(page, Read{User: u, Sum: e.sight.Sum})
	}
	return p.keep(known, page)
}

func (p *peoplePages) keep(known []string, page []Read) error {
	if p.req.Sieve == nil {
		for i := range page {
			p.users = append(p.users, page[i].User)
		}
		return nil
	}
	keep, err := p.req.Sieve.Keep(known, page)
	if err != nil {
		return err
	}
	for i := range page {
		if keep[i] {
			p.users = append(p.users, page[i].User)
		}
	}
	return nil
}
