package okta

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// profileForm reads the profiles of one kind, one after the other, in one pass for all that
// is wanted of each: its canonical form, whole and cut down, and the names of its attributes. Most have
// the same attributes in the same order, of which it then knows what becomes of them. It is for one
// goroutine.
type profileForm struct {
	keep  []string     // attributes of the form that is cut down
	names profileNames // what has been counted

	members []member    // of the profile under way
	shape   []attribute // of each member
	order   []int       // of the members by their names; of a repeated one the last alone
	values  projector   // for what is in them
}

// attribute is what a profileForm knows of a member by its name.
type attribute struct {
	name  string
	key   []byte // as the canonical form has it, with the colon
	kept  bool
	count *profileName
}

func newProfileForm(keep []string) *profileForm {
	return &profileForm{keep: keep, names: profileNames{}}
}

// read reads a profile, which is valid JSON. null and nothing are the empty object; anything
// else but an object is incomplete.
func (f *profileForm) read(raw json.RawMessage) error {
	f.members = f.members[:0]
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null":
	case raw[0] != '{':
		return incomplete("profile: not an object")
	default:
		for key, value := range objectMembers(raw) {
			f.members = append(f.members, member{key, value})
		}
	}
	if !f.known() {
		f.learn()
	}
	return nil
}

// known says whether the members have the names of those before, in their order.
func (f *profileForm) known() bool {
	if len(f.members) != len(f.shape) {
		return false
	}
	for i := range f.members {
		if string(f.members[i].key) != f.shape[i].name {
			return false
		}
	}
	return true
}

func (f *profileForm) learn() {
	f.shape, f.order = f.shape[:0], f.order[:0]
	for i, m := range f.members {
		name := string(m.key)
		key := append(appendKey(nil, m.key), ':')
		f.shape = append(f.shape, attribute{name: name, key: key, kept: slices.Contains(f.keep, name), count: f.names.at(m.key)})
		f.order = append(f.order, i)
	}
	slices.SortStableFunc(f.order, func(a, b int) int { return strings.Compare(f.shape[a].name, f.shape[b].name) })
	last := func(i int) bool { return i+1 == len(f.order) || f.shape[f.order[i]].name != f.shape[f.order[i+1]].name }
	n := 0
	for i, at := range f.order {
		if last(i) {
			f.order[n] = at
			n++
		}
	}
	f.order = f.order[:n]
}

// count counts the names of the profile that was read.
func (f *profileForm) count() {
	for i := range f.members {
		f.shape[i].count.add(f.members[i].value)
	}
}

// append writes the canonical form of the profile that was read, whole or cut down.
func (f *profileForm) append(out []byte, whole bool) []byte {
	out = append(out, '{')
	for _, i := range f.order {
		a := &f.shape[i]
		if !whole && !a.kept {
			continue
		}
		if out[len(out)-1] != '{' {
			out = append(out, ',')
		}
		out = f.values.appendValue(append(out, a.key...), f.members[i].value)
	}
	return append(out, '}')
}
