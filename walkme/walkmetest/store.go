package walkmetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"okta-walkme-agent/internal/scim"
)

type record interface {
	comparable
	ident() string
	label() string
}

// store holds the users or the groups in the order of their creation, with the
// two indexes that look-ups need.
type store[R record] struct {
	byID   map[string]R
	byName map[string][]R // by scim.NameKey of the label
	order  []R
	used   map[string]bool // ids of deleted records
	stale  map[string]bool // names that a corrupt index holds
}

func newStore[R record]() store[R] {
	return store[R]{
		byID:   make(map[string]R),
		byName: make(map[string][]R),
		used:   make(map[string]bool),
		stale:  make(map[string]bool),
	}
}

func (s *store[R]) add(r R) {
	s.byID[r.ident()] = r
	s.order = append(s.order, r)
	s.index(r)
}

func (s *store[R]) index(r R) {
	key := scim.NameKey(r.label())
	s.byName[key] = append(s.byName[key], r)
}

func (s *store[R]) unindex(r R, label string) {
	key := scim.NameKey(label)
	rest := slices.DeleteFunc(s.byName[key], func(o R) bool { return o == r })
	if len(rest) == 0 {
		delete(s.byName, key)
		return
	}
	s.byName[key] = rest
}

func (s *store[R]) remove(r R) {
	delete(s.byID, r.ident())
	s.used[r.ident()] = true
	s.unindex(r, r.label())
	s.order = slices.DeleteFunc(s.order, func(o R) bool { return o == r })
}

// named returns the records with a name, as scim.SameName compares it, or folded.
func (s *store[R]) named(name string, folded bool) []R {
	if !folded {
		return s.byName[scim.NameKey(name)]
	}
	return keep(s.order, func(r R) bool { return foldLetters(r.label()) == foldLetters(name) })
}

// freeID is a GUID that depends on nothing but its arguments and on how often
// the name was created before.
func (s *store[R]) freeID(seed int64, kind, name string) string {
	for n := 0; ; n++ {
		seen := strconv.AppendInt(nil, seed, 10)
		seen = append(append(append(append(seen, '/'), kind...), '/'), scim.NameKey(name)...)
		seen = strconv.AppendInt(append(seen, '/'), int64(n), 10)
		sum := sha256.Sum256(seen)
		h := hex.EncodeToString(sum[:16])
		id := h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
		if s.free(id) {
			return id
		}
	}
}

func (s *store[R]) free(id string) bool {
	_, taken := s.byID[id]
	return !taken && !s.used[id]
}

// newID is freeID, or what a quirk makes of it.
func (s *store[R]) newID(t *Tenant, kind, name string) string {
	prefix := ""
	switch {
	case t.quirks.IDsWithSlash:
		prefix = "peer/"
	case !t.quirks.IDsFromName:
		return s.freeID(t.opts.Seed, kind, name)
	}
	id := prefix + name
	for n := 2; !s.free(id); n++ {
		id = fmt.Sprintf("%s%s %d", prefix, name, n)
	}
	return id
}

// stamp is what both kinds of records carry beside their attributes.
type stamp struct {
	id                string
	created, modified time.Time
	protected         bool

	// repeats is the number of writes without effect that the client has
	// free (RuleNoChange).
	repeats int
}

func (s *stamp) ident() string { return s.id }

func (s *stamp) pardon(n int) { s.repeats = max(s.repeats, n) }

// meta is the common attribute of RFC 7643, section 3.1.
func (s *stamp) meta(resourceType, location string) object {
	const layout = "2006-01-02T15:04:05.000Z"
	return object{
		{"resourceType", resourceType},
		{"created", s.created.UTC().Format(layout)},
		{"lastModified", s.modified.UTC().Format(layout)},
		{"location", location},
	}
}
