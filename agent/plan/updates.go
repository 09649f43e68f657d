package plan

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// UpdateStore is where Updates lie: a file. What is written is read back in parts.
type UpdateStore interface {
	io.Writer
	io.ReaderAt
}

// Updates are plain updates of people: changes on which nothing else in a plan depends, so
// that a plan need not hold them in memory. They lie in a store as JSON; what stays is
// their place in the order of the run. They are added, then sealed with the plan's other
// people in step (see InStep), then read.
type Updates struct {
	store  UpdateStore
	out    *bufio.Writer
	size   int64
	one    bytes.Buffer
	encode *json.Encoder

	keys    []byte // name and Okta id of each
	entries []updateEntry
	names   []uint64 // hashes of the userNames, sorted once they are sealed
	dropped int
}

type updateEntry struct {
	at       int64 // in the store
	key      uint32
	size     uint32
	name, id uint16 // lengths
}

// longestName bounds the userName of a plain update, in bytes.
const longestName = 1 << 10

// NewUpdates makes room for updates of so many people.
func NewUpdates(store UpdateStore, people int) *Updates {
	const keyLength = 48
	u := &Updates{
		store: store, out: bufio.NewWriterSize(store, 64<<10), keys: make([]byte, 0, people*keyLength),
		entries: make([]updateEntry, 0, people), names: make([]uint64, 0, people),
	}
	u.encode = json.NewEncoder(&u.one)
	u.encode.SetEscapeHTML(false)
	return u
}

// PlainUpdate returns the change of a person whose update is plain, nil for any other: an
// account that is active and healthy gets other values, keeps its userName, and loses
// nothing, so that neither names, limits nor groups depend on it. Of in, Policy, Mapping
// and Earlier count.
func PlainUpdate(want *Person, r *state.Record, in *Input) *Change {
	if !CanBeInStep(r) || want.Presence != Present || want.Rejection != nil || !in.Policy.UpdateUserAttributes {
		return nil
	}
	p := planner{in: *in, plan: &Plan{}, actions: map[string]*Change{}}
	p.planUpdate(want, r)
	if len(p.plan.Changes) != 1 {
		return nil
	}
	c := p.plan.Changes[0]
	if c.Want != want || len(c.Name) > longestName || len(c.OktaID) > longestName ||
		slices.ContainsFunc(c.Attributes, func(a scim.AttributeChange) bool { return a.Path == scim.PathUserName || scim.Equal(a.New, nil) }) {
		return nil
	}
	return c
}

// seqKey is how the JSON of a change begins that has no place yet.
const seqKey = `{"seq":0,`

// Add writes a plain update to the store.
func (u *Updates) Add(c *Change) error {
	c.NoNulls()
	u.one.Reset()
	if err := u.encode.Encode(c); err != nil {
		return err
	}
	text := bytes.TrimSuffix(u.one.Bytes(), []byte{'\n'})[len(seqKey):]
	if _, err := u.out.Write(text); err != nil {
		return err
	}
	u.entries = append(u.entries, updateEntry{
		at: u.size, size: uint32(len(text)), key: uint32(len(u.keys)), name: uint16(len(c.Name)), id: uint16(len(c.OktaID)),
	})
	u.size += int64(len(text))
	u.keys = append(append(u.keys, c.Name...), c.OktaID...)
	u.names = append(u.names, HashName(c.Name))
	return nil
}

// drop takes the people out who are to be looked at after all.
func (u *Updates) drop(which map[string]bool) {
	if u == nil || len(which) == u.dropped {
		return
	}
	u.dropped = len(which)
	u.entries = slices.DeleteFunc(u.entries, func(e updateEntry) bool { return which[string(u.id(&e))] })
	u.names = u.names[:0]
	for i := range u.entries {
		u.names = append(u.names, HashName(string(u.name(&u.entries[i]))))
	}
	slices.Sort(u.names)
}

// seal ends the adding.
func (u *Updates) seal() error {
	if u == nil {
		return nil
	}
	slices.SortFunc(u.entries, func(a, b updateEntry) int {
		return cmp.Or(bytes.Compare(u.name(&a), u.name(&b)), bytes.Compare(u.id(&a), u.id(&b)))
	})
	slices.Sort(u.names)
	u.one = bytes.Buffer{}
	return u.out.Flush()
}

func (u *Updates) name(e *updateEntry) []byte {
	return u.keys[e.key : e.key+uint32(e.name)]
}

func (u *Updates) id(e *updateEntry) []byte {
	from := e.key + uint32(e.name)
	return u.keys[from : from+uint32(e.id)]
}

// Len is how many there are. It is 0 of nil.
func (u *Updates) Len() int {
	if u == nil {
		return 0
	}
	return len(u.entries)
}

// keepsName says whether the account of one of them most likely has this userName.
func (u *Updates) keepsName(name string) bool {
	if u.Len() == 0 {
		return false
	}
	_, found := slices.BinarySearch(u.names, HashName(name))
	return found
}

// text reads an update: its JSON without what stands before it, see seqKey.
func (u *Updates) text(i int, into []byte) ([]byte, error) {
	e := &u.entries[i]
	into = slices.Grow(into[:0], int(e.size))[:e.size]
	_, err := u.store.ReadAt(into, e.at)
	return into, err
}

// comesBefore says whether an update has its turn before another change of the plan.
func (u *Updates) comesBefore(i int, c *Change) bool {
	if phase := c.Phase(); phase != PhaseUpdate {
		return phase > PhaseUpdate
	}
	e := &u.entries[i]
	return cmp.Or(cmp.Compare(string(u.name(e)), c.Name), cmp.Compare(string(u.id(e)), c.OktaID)) < 0
}

// Len is how many changes the plan has.
func (p *Plan) Len() int { return len(p.Changes) + p.updates.Len() }

// number gives the changes in memory their places among all.
func (p *Plan) number() {
	next := 0
	for i, c := range p.Changes {
		for next < p.updates.Len() && p.updates.comesBefore(next, c) {
			next++
		}
		c.Seq = i + next + 1
	}
}

// EachText calls fn for all changes in their order, and ends at its first error. Those
// that are not in memory come as compact JSON, which is valid until fn returns; c is
// nil then.
func (p *Plan) EachText(fn func(c *Change, text []byte) error) error {
	seq, next := 0, 0
	var stored, text []byte
	flush := func(before *Change) (err error) {
		for ; next < p.updates.Len() && (before == nil || p.updates.comesBefore(next, before)); next++ {
			seq++
			if stored, err = p.updates.text(next, stored); err != nil {
				return err
			}
			text = strconv.AppendInt(append(text[:0], `{"seq":`...), int64(seq), 10)
			text = append(append(text, ','), stored...)
			if err := fn(nil, text); err != nil {
				return err
			}
		}
		return nil
	}
	for _, c := range p.Changes {
		if c != nil { // in a file that was changed by hand
			if err := flush(c); err != nil {
				return err
			}
		}
		seq++
		if err := fn(c, nil); err != nil {
			return err
		}
	}
	return flush(nil)
}

// All yields all changes in their order, made anew where they are not in memory: what only
// the planner and the agent need is not in those. After an error it ends.
func (p *Plan) All() iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		err := p.EachText(func(c *Change, text []byte) (err error) {
			if c == nil {
				c, err = readChange(text)
			}
			if err == nil && !yield(c, nil) {
				return errEnough
			}
			return err
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// errEnough ends the reading of changes.
var errEnough = errors.New("enough")

func readChange(text []byte) (*Change, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	c := &Change{}
	if err := dec.Decode(c); err != nil {
		return nil, err
	}
	return c, c.normalise()
}
