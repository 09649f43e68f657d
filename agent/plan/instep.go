package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/fnv"
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// IsInStep says whether what is recorded of a person is what Okta wants, and nothing
// else is to be said or done about them: they are present, active, healthy, and no value
// differs. A person without a record is not.
func IsInStep(want *Person, r *state.Record) bool {
	return CanBeInStep(r) && want.Presence == Present && want.Rejection == nil && !scim.Differ(r.Attributes, want.Attributes)
}

// CanBeInStep is what IsInStep asks of the record alone.
func CanBeInStep(r *state.Record) bool {
	return r != nil && r.ID != "" && r.Active && r.Attempts == 0 && r.Missing == ""
}

// InStep are the people who are in step, so that nothing is held of them in memory but
// their Okta ids. A plan counts them as unchanged. The zero value is no people. Ids are
// added, then Seal is called, then they are looked up.
type InStep struct {
	text    []byte   // the ids, one after the other
	ends    []uint32 // of each id in text
	names   []uint64 // hash of the userName of each, see HashName
	order   []uint32 // places by ascending id; nil: as they are
	dropped map[string]bool
	digest  sourceDigest

	unmapped map[string]int // how many have a value under a path that the mapping lacks

	// plain changes of people who differ, and whom nothing else in the plan depends on; nil: none.
	plain *PlainChanges
}

// HashName is a hash of a userName: equal for names that are the same to scim.SameName.
func HashName(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(scim.NameKey(name))) // never fails
	return h.Sum64()
}

// NewInStep makes room for so many people.
func NewInStep(people int) *InStep {
	const idLength = 20 // of Okta's
	return &InStep{
		text: make([]byte, 0, people*idLength), ends: make([]uint32, 0, people), names: make([]uint64, 0, people),
	}
}

// AddPerson adds a person, and returns what Add needs of them.
func (s *InStep) AddPerson(p *Person) (name uint64, source [16]byte) {
	name, source = HashName(p.Name()), p.sourceSum()
	s.Add(p.SourceID, name, source)
	return name, source
}

// Add adds a person: the hash of the userName, and the digest of what the mapping reads.
func (s *InStep) Add(oktaID string, name uint64, source [16]byte) {
	s.text = append(s.text, oktaID...)
	s.ends = append(s.ends, uint32(len(s.text)))
	s.names = append(s.names, name)
	s.digest.add(oktaID, source)
}

// CountUnmapped counts the values that are recorded of a person under paths which the
// mapping does not have: by is 1, or -1 of one who is dropped.
func (s *InStep) CountUnmapped(r *state.Record, m Mapping, by int) {
	for path := range m.unmapped(r) {
		if s.unmapped == nil {
			s.unmapped = map[string]int{}
		}
		s.unmapped[path] += by
	}
}

// Seal ends the adding.
func (s *InStep) Seal() {
	sorted := true
	for i := 1; i < len(s.ends) && sorted; i++ {
		sorted = bytes.Compare(s.id(i-1), s.id(i)) < 0
	}
	if sorted {
		return
	}
	s.order = make([]uint32, len(s.ends))
	for i := range s.order {
		s.order[i] = uint32(i)
	}
	slices.SortFunc(s.order, func(a, b uint32) int { return bytes.Compare(s.id(int(a)), s.id(int(b))) })
}

func (s *InStep) id(i int) []byte {
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.text[from:s.ends[i]]
}

// Len is how many people are in step.
func (s *InStep) Len() int {
	if s == nil {
		return 0
	}
	return len(s.ends) - len(s.dropped)
}

// Has says whether a person is in step.
func (s *InStep) Has(oktaID string) bool {
	if s == nil || s.dropped[oktaID] {
		return false
	}
	return s.was(oktaID)
}

func (s *InStep) was(oktaID string) bool {
	_, found := s.search(oktaID, 0, len(s.ends))
	return found
}

// search finds an id among those from one place up to another, in their order, or where it
// would be.
func (s *InStep) search(oktaID string, lo, hi int) (at int, found bool) {
	for lo < hi {
		mid := (lo + hi) / 2
		switch id := s.ordered(mid); {
		case string(id) == oktaID:
			return mid, true
		case string(id) < oktaID:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// ordered is the id at a place in ascending order.
func (s *InStep) ordered(place int) []byte {
	if s.order != nil {
		place = int(s.order[place])
	}
	return s.id(place)
}

// ascending is Has for ids that come in ascending order, as members do: each is looked for
// from the place of the one before.
func (s *InStep) ascending() (has func(oktaID string) bool) {
	at := 0
	return func(oktaID string) bool {
		if s == nil {
			return false
		}
		lo, step := at, 1
		for lo+step < len(s.ends) && string(s.ordered(lo+step)) < oktaID {
			lo, step = lo+step, 2*step
		}
		var found bool
		at, found = s.search(oktaID, lo, min(lo+step+1, len(s.ends)))
		return found && !s.dropped[oktaID]
	}
}

// Drop takes a person out who is to be looked at after all.
func (s *InStep) Drop(oktaID string) {
	if !s.was(oktaID) {
		return
	}
	if s.dropped == nil {
		s.dropped = map[string]bool{}
	}
	s.dropped[oktaID] = true
}

// AddPlain adds the plain change of a person who was added. The plan has the change; in
// everything else the person counts as in step.
func (s *InStep) AddPlain(c *Change, changes func() (*PlainChanges, error)) error {
	if s.plain == nil {
		var err error
		if s.plain, err = changes(); err != nil {
			return err
		}
	}
	return s.plain.Add(c)
}

// SealPlain ends the adding of plain changes. People who are dropped afterwards have none.
func (s *InStep) SealPlain() error { return s.plain.seal() }

// Recorded is how many of the people have a record: all but those who are to get an account.
func (s *InStep) Recorded() int {
	if s == nil {
		return 0
	}
	s.plain.drop(s.dropped)
	return s.Len() - s.plain.count(PhaseNewAccounts)
}

// unchanged is how many people are in step, and have no update. Who was dropped has none.
func (s *InStep) unchanged() int {
	if s == nil {
		return 0
	}
	s.plain.drop(s.dropped)
	return s.Len() - s.plain.Len()
}

// Sharing returns the people in step who may have one userName with each other, or with
// a person among others: only those can be rejected for it.
func (s *InStep) Sharing(others []Person) []string {
	if s.Len() == 0 {
		return nil
	}
	all := slices.Clone(s.names)
	for i := range others {
		if others[i].Presence == Present || others[i].shares {
			all = append(all, HashName(others[i].Name()))
		}
	}
	slices.Sort(all)
	shared := map[uint64]bool{}
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			shared[all[i]] = true
		}
	}
	if len(shared) == 0 {
		return nil
	}
	var out []string
	for i, name := range s.names {
		if id := string(s.id(i)); shared[name] && !s.dropped[id] {
			out = append(out, id)
		}
	}
	return scim.SortedSet(out)
}

// Correct takes those who were dropped out of what is counted of people in step:
// their records are among recorded.
func (s *InStep) Correct(recorded []state.Record, m Mapping) {
	if s == nil || len(s.unmapped) == 0 {
		return
	}
	for i := range recorded {
		if r := &recorded[i]; r.Type == scim.User && s.dropped[r.SourceID] {
			s.CountUnmapped(r, m, -1)
		}
	}
}

// sourceDigest adds up what was read of people, in any order.
type sourceDigest [4]uint64

func (d *sourceDigest) add(oktaID string, source [16]byte) {
	text := make([]byte, 0, 64)
	sum := sha256.Sum256(append(append(append(text, oktaID...), 0), source[:]...))
	for i := range d {
		d[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
}
