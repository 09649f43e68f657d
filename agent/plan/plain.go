package plan

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// ChangeStore is where PlainChanges lie: a file. What is written is read back in parts.
type ChangeStore interface {
	io.Writer
	io.ReaderAt
}

// PlainChanges are plain changes of people, on which nothing else in a plan depends, so
// that a plan need not hold them in memory. They lie in a store as JSON, and behind each
// what Okta wants, where that may be needed: the plan is to be carried out, or the account
// may be there already; what stays is their place in the
// order of the run. They are added, then sealed with the plan's other people in step (see
// InStep), then read. In a run each is stored again with its outcome, or comes back into
// memory.
type PlainChanges struct {
	store  ChangeStore
	out    *bufio.Writer
	size   int64
	one    bytes.Buffer
	encode *json.Encoder
	runs   bool // they are to be carried out

	reader   *changeReader // nil before the first is read
	readText []byte        // what it reads

	keys    []byte // name and Okta id of each
	entries []plainEntry
	names   []uint64 // hashes of the userNames, sorted; nil: nobody has asked for one
	dropped int

	careful, clearsNothing bool // as all of them are

	valued    [][]string // sets of paths that have a value of some new person, sorted
	otherwise []string   // paths that have one of people whose set is not among these

	seqs     []uint32 // places of the entries among all changes of a run, once they are known
	unseen   []uint8  // which of unseenSets WalkMe does not show of each entry, from 1
	outcomes map[Outcome]int
	back     []*Change // that came back into memory

	unwritten []unwritten // stored again, and maybe not in the store yet

	unseenSets [][]string // sets of paths that WalkMe does not show of some of the people
}

// plainEntry is kept small: there may be a million.
type plainEntry struct {
	at       int64  // in the store
	key      uint32 // in keys
	size     uint32 // in the store; 0: the change came back into memory
	name, id uint16 // lengths
	phase    uint8
	valued   uint16 // of a new person: which set of paths has a value
}

// longestName bounds the userName of a plain change, in bytes.
const longestName = 1 << 10

// NewPlainChanges makes room for changes of so many people. run says that they are to be
// carried out.
func NewPlainChanges(store ChangeStore, people int, run bool) *PlainChanges {
	const keyLength = 48
	pc := &PlainChanges{
		store: store, out: bufio.NewWriterSize(store, 64<<10), keys: make([]byte, 0, people*keyLength),
		entries: make([]plainEntry, 0, people), runs: run, outcomes: map[Outcome]int{},
	}
	pc.encode = json.NewEncoder(&pc.one)
	pc.encode.SetEscapeHTML(false)
	return pc
}

// PlainChange returns the change of a person whose change is plain, nil for any other: an
// account that is active and healthy gets other values, keeps its userName, and loses
// nothing, so that neither names, limits nor groups depend on it; or a person without a
// record gets an account, whose name no record may have, and whom no group on record may hold.
// The update may be one that a resync forces. Of in, Policy, Mapping, Earlier and Scope count.
func PlainChange(want *Person, r *state.Record, in *Input) *Change {
	switch {
	case want.Presence != Present || want.Rejection != nil:
		return nil
	case r == nil && !in.Policy.CreateUsers:
		return nil
	case r != nil && (!CanBeInStep(r) || !in.Policy.UpdateUserAttributes):
		return nil
	}
	p := planner{in: *in, plan: &Plan{}, actions: map[string]*Change{}}
	p.planPerson(want, r)
	if len(p.plan.Changes) != 1 {
		return nil
	}
	c := p.plan.Changes[0]
	if c.Want != want || len(c.Name) > longestName || len(c.OktaID) > longestName || !in.Scope.selection.covers(c, r) {
		return nil
	}
	if c.Action == Update && (!scim.SameName(r.Name, c.Name) || slices.ContainsFunc(c.Attributes, loses)) {
		return nil
	}
	return c
}

// loses says whether an account gets another userName, or loses a value.
func loses(a scim.AttributeChange) bool {
	differs := !scim.Equal(a.Old, a.New) || !scim.Equal(a.Actual, nil)
	return differs && (a.Path == scim.PathUserName || scim.Equal(a.New, nil))
}

// seqKey is how the JSON of a change begins that has no place yet.
const seqKey = `{"seq":0,`

// wanted is what is stored of a Person.
type wanted struct {
	Active       bool            `json:"active"`
	Attributes   scim.Attributes `json:"attributes"`
	Why          string          `json:"why"`
	SourceDigest string          `json:"source_digest"`
	AssignedAt   time.Time       `json:"assigned_at,omitzero"`
}

// Add writes a plain change to the store.
func (pc *PlainChanges) Add(c *Change) error {
	e := plainEntry{key: uint32(len(pc.keys)), name: uint16(len(c.Name)), id: uint16(len(c.OktaID)), phase: uint8(c.Phase())}
	var want *wanted
	if pc.runs || c.Action == Create {
		want = &wanted{c.Want.Active, c.Want.Attributes, c.Want.Why, c.Want.SourceDigest, c.Want.AssignedAt}
	}
	if err := pc.write(&e, c, want); err != nil {
		return err
	}
	if c.Action == Create {
		e.valued = pc.valuedBy(c.Want)
	}
	pc.careful, pc.clearsNothing = c.Careful, c.clearsNothing
	pc.entries = append(pc.entries, e)
	pc.keys = append(append(pc.keys, c.Name...), c.OktaID...)
	return nil
}

// write writes a change at the end of the store, without its place; in the line behind it what
// Okta wants, if that is to be kept.
func (pc *PlainChanges) write(e *plainEntry, c *Change, want *wanted) error {
	unplaced := *c
	unplaced.Seq = 0
	unplaced.NoNulls()
	pc.one.Reset()
	err := pc.encode.Encode(&unplaced)
	if err == nil && want != nil {
		err = pc.encode.Encode(want)
	}
	if err != nil {
		return err
	}
	text := bytes.TrimSuffix(pc.one.Bytes(), []byte{'\n'})[len(seqKey):]
	n, err := pc.out.Write(text)
	if err == nil {
		e.at, e.size = pc.size, uint32(n)
	}
	pc.size += int64(n)
	return err
}

// drop takes the people out who are to be looked at after all.
func (pc *PlainChanges) drop(which map[string]bool) {
	if pc == nil || len(which) == pc.dropped {
		return
	}
	pc.dropped = len(which)
	pc.remove(func(i int) bool { return which[string(pc.id(&pc.entries[i]))] })
	pc.names = nil
}

// remove takes entries out, and what is known of them.
func (pc *PlainChanges) remove(which func(i int) bool) {
	left := 0
	for i := range pc.entries {
		if which(i) {
			continue
		}
		pc.entries[left] = pc.entries[i]
		if pc.seqs != nil {
			pc.seqs[left], pc.unseen[left] = pc.seqs[i], pc.unseen[i]
		}
		left++
	}
	pc.entries = pc.entries[:left]
	if pc.seqs != nil {
		pc.seqs, pc.unseen = pc.seqs[:left], pc.unseen[:left]
	}
}

// seal ends the adding.
func (pc *PlainChanges) seal() error {
	if pc == nil {
		return nil
	}
	slices.SortFunc(pc.entries, func(a, b plainEntry) int {
		return cmp.Or(cmp.Compare(a.phase, b.phase), bytes.Compare(pc.name(&a), pc.name(&b)), bytes.Compare(pc.id(&a), pc.id(&b)))
	})
	pc.one = bytes.Buffer{}
	return pc.out.Flush()
}

func (pc *PlainChanges) name(e *plainEntry) []byte {
	return pc.keys[e.key : e.key+uint32(e.name)]
}

func (pc *PlainChanges) id(e *plainEntry) []byte {
	from := e.key + uint32(e.name)
	return pc.keys[from : from+uint32(e.id)]
}

// Len is how many there are. It is 0 of nil.
func (pc *PlainChanges) Len() int {
	if pc == nil {
		return 0
	}
	return len(pc.entries)
}

// count is how many of one phase there are: the entries are sorted by it.
func (pc *PlainChanges) count(phase Phase) (n int) {
	if pc != nil {
		for i := range pc.entries {
			if Phase(pc.entries[i].phase) == phase {
				n++
			}
		}
	}
	return n
}

// keepsName says whether the account of one of them most likely has this userName.
func (pc *PlainChanges) keepsName(name string) bool {
	if pc.Len() == 0 {
		return false
	}
	if pc.names == nil {
		pc.names = make([]uint64, len(pc.entries))
		for i := range pc.entries {
			pc.names[i] = HashName(string(pc.name(&pc.entries[i])))
		}
		slices.Sort(pc.names)
	}
	_, found := slices.BinarySearch(pc.names, HashName(name))
	return found
}

// comesBefore says whether a plain change has its turn before another change of the plan.
// What a change of a run is may turn out to be something else; its place does not change.
func (pc *PlainChanges) comesBefore(i int, c *Change) bool {
	if pc.seqs != nil {
		return int(pc.seqs[i]) < c.Seq
	}
	e := &pc.entries[i]
	return cmp.Or(cmp.Compare(Phase(e.phase), c.Phase()), cmp.Compare(string(pc.name(e)), c.Name), cmp.Compare(string(pc.id(e)), c.OktaID)) < 0
}

// Len is how many changes the plan has.
func (p *Plan) Len() int { return len(p.Changes) + p.plain.Len() }

// number gives all changes their places.
func (p *Plan) number() {
	var seqs []uint32
	next := 0
	place := func(inMemory int) {
		if next++; p.plain.runs {
			seqs = append(seqs, uint32(inMemory+next))
		}
	}
	for i, c := range p.Changes {
		for next < p.plain.Len() && p.plain.comesBefore(next, c) {
			place(i)
		}
		c.Seq = i + next + 1
	}
	for next < p.plain.Len() {
		place(len(p.Changes))
	}
	if p.plain != nil {
		p.plain.seqs, p.plain.unseen = seqs, make([]uint8, len(seqs))
	}
}
