package plan

import (
	"cmp"
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// Census is what is to be said of all people of an app, as far as that takes no more than
// their ids and names: who can be mapped, and which values nobody has. It is taken page by
// page, while Okta's list comes in, and then asked.
type Census struct {
	mapping Mapping
	policy  DesirePolicy
	t       *Translator

	texts    [][]byte // ids and names, one after the other
	people   []counted
	rejected []Rejection     // the first by Okta id of those who cannot be mapped by themselves
	shared   []Rejection     // of those who share a userName
	filled   map[string]bool // paths of which somebody has a value
	mapped   bool            // somebody has any
}

// counted is kept small: there may be a million.
type counted struct {
	text, at           uint32 // among texts, and in there
	id, name, userName uint32 // lengths; userName is 0 where it is the name
	state              countedState
}

type countedState uint8

const (
	countedOther countedState = iota
	countedPresent
	countedRejected
)

// censusText is how many bytes of ids and names lie together.
const censusText = 64 << 10

const (
	firstRejected = 10  // people who cannot be mapped and are told of
	heldRejected  = 100 // who are held, because some of them may come again as others
)

// NewCensus has seen nobody yet.
func NewCensus(m Mapping, policy DesirePolicy) *Census {
	return &Census{mapping: m, policy: policy, filled: map[string]bool{}}
}

// Sieve has a snapshot count all people and keep none.
func (c *Census) Sieve() *okta.Sieve {
	return &okta.Sieve{
		Begin: func(app okta.App) error {
			c.t = c.mapping.Translator(AppMembers(app), c.policy)
			return nil
		},
		Known: func(page []okta.Sight) ([]bool, error) { return make([]bool, len(page)), nil },
		Keep: func(_ []string, page []okta.Read) ([]bool, error) {
			for i := range page {
				c.add(&page[i].User)
			}
			return make([]bool, len(page)), nil
		},
		End: c.seal,
		Assigned: func(oktaID string) bool {
			_, found := slices.BinarySearchFunc(c.people, oktaID, func(p counted, id string) int { return cmp.Compare(string(c.idOf(&p)), id) })
			return found
		},
	}
}

func (c *Census) add(u *okta.User) {
	p := c.t.Person(u)
	c.rejected = slices.DeleteFunc(c.rejected, func(r Rejection) bool { return r.OktaID == u.ID }) // who came before
	name, userName, state := p.Name(), u.UserName, countedOther
	switch {
	case p.Presence == Present:
		state = countedPresent
	case p.Rejection != nil:
		state = countedRejected
		c.noteRejected(*p.Rejection)
	}
	if scim.SameName(name, userName) {
		userName = "" // see Person.label
	}
	c.mapped = c.mapped || len(p.Attributes) > 0
	for _, a := range p.Attributes {
		if !c.filled[a.Path] && !scim.Equal(a.Value, nil) {
			c.filled[a.Path] = true
		}
	}
	need := len(u.ID) + len(name) + len(userName)
	last := len(c.texts) - 1
	if last < 0 || len(c.texts[last])+need > cap(c.texts[last]) {
		c.texts, last = append(c.texts, make([]byte, 0, max(censusText, need))), last+1
	}
	at := len(c.texts[last])
	c.texts[last] = append(append(append(c.texts[last], u.ID...), name...), userName...)
	c.people = append(c.people, counted{
		text: uint32(last), at: uint32(at), id: uint32(len(u.ID)), name: uint32(len(name)), userName: uint32(len(userName)), state: state,
	})
}

func (c *Census) noteRejected(r Rejection) {
	byID := func(r Rejection, id string) int { return cmp.Compare(r.OktaID, id) }
	at, _ := slices.BinarySearchFunc(c.rejected, r.OktaID, byID)
	if at < heldRejected {
		c.rejected = slices.Insert(c.rejected, at, r)
		c.rejected = c.rejected[:min(len(c.rejected), heldRejected)]
	}
}

func (c *Census) idOf(p *counted) []byte { return c.texts[p.text][p.at : p.at+p.id] }

func (c *Census) nameOf(p *counted) string {
	from := p.at + p.id
	return string(c.texts[p.text][from : from+p.name])
}

func (c *Census) userNameOf(p *counted) string {
	from := p.at + p.id + p.name
	return cmp.Or(string(c.texts[p.text][from:from+p.userName]), c.nameOf(p))
}

// seal ends the counting. Of a person who came twice, because the list changed while it
// was read, the last counts, as in a snapshot.
func (c *Census) seal() {
	byID := func(a, b counted) int { return cmp.Compare(string(c.idOf(&a)), string(c.idOf(&b))) }
	if !slices.IsSortedFunc(c.people, func(a, b counted) int { return cmp.Or(byID(a, b), -1) }) {
		slices.Reverse(c.people)
		slices.SortStableFunc(c.people, byID)
		c.people = slices.CompactFunc(c.people, func(a, b counted) bool { return byID(a, b) == 0 })
	}
	c.findShared()
}

// findShared rejects those who share a userName, and those alone are people again for it.
func (c *Census) findShared() {
	hashes := make([]uint64, 0, len(c.people))
	for i := range c.people {
		if c.people[i].state == countedPresent {
			hashes = append(hashes, HashName(c.nameOf(&c.people[i])))
		}
	}
	slices.Sort(hashes)
	twice := map[uint64]bool{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			twice[hashes[i]] = true
		}
	}
	if len(twice) == 0 {
		return
	}
	var people []Person
	var users []okta.User
	var places []int
	for i := range c.people {
		p := &c.people[i]
		if p.state != countedPresent || !twice[HashName(c.nameOf(p))] {
			continue
		}
		id, name := string(c.idOf(p)), c.nameOf(p)
		people = append(people, Person{Resource: scim.Resource{
			Type: scim.User, SourceID: id, Active: true, Attributes: scim.Attributes{{Path: scim.PathUserName, Value: name}},
		}, Presence: Present})
		users, places = append(users, okta.User{ID: id, UserName: c.userNameOf(p)}), append(places, i)
	}
	desired := DesiredOf(people, users)
	for n := range desired.People {
		if r := desired.People[n].Rejection; r != nil {
			c.shared = append(c.shared, *r)
			c.people[places[n]].state = countedRejected
		}
	}
}

// Len is how many people Okta listed.
func (c *Census) Len() int { return len(c.people) }

// Mapped is how many people map to active accounts.
func (c *Census) Mapped() int { return c.count(countedPresent) }

func (c *Census) count(state countedState) (n int) {
	for i := range c.people {
		if c.people[i].state == state {
			n++
		}
	}
	return n
}

// Rejected are the first people by Okta id who cannot be mapped, at most ten, and how many
// there are.
func (c *Census) Rejected() (first []Rejection, all int) {
	first = append(slices.Clone(c.rejected), c.shared...)
	slices.SortStableFunc(first, func(a, b Rejection) int { return cmp.Compare(a.OktaID, b.OktaID) })
	return first[:min(len(first), firstRejected)], c.count(countedRejected)
}

// Empty are the rules that read something of a person, and have no value for anybody. Where
// nobody could be mapped at all there is nothing to say.
func (c *Census) Empty() (rules []MappingRule) {
	if !c.mapped {
		return nil
	}
	for _, rule := range c.mapping.Rules() {
		if len(rule.Expr.References()) > 0 && !c.filled[rule.Path] {
			rules = append(rules, rule)
		}
	}
	return rules
}

// EachMapped calls fn with who maps to an active account, by Okta id, until it returns false.
func (c *Census) EachMapped(fn func(oktaID, userName string) bool) {
	for i := range c.people {
		p := &c.people[i]
		if p.state == countedPresent && !fn(string(c.idOf(p)), c.nameOf(p)) {
			return
		}
	}
}
