package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
)

// EachText calls fn for all changes in their order, and ends at its first error. Those
// that are not in memory come as compact JSON, which is valid until fn returns; c is
// nil then.
func (p *Plan) EachText(fn func(c *Change, text []byte) error) error {
	seq, next := 0, 0
	var stored, text []byte
	flush := func(before *Change) (err error) {
		for ; next < p.plain.Len() && (before == nil || p.plain.comesBefore(next, before)); next++ {
			seq++
			change, err := p.plain.text(next, stored)
			if err != nil {
				return err
			}
			stored = change
			text = strconv.AppendInt(append(text[:0], `{"seq":`...), int64(seq), 10)
			text = append(append(text, ','), change...)
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
		r := newChangeReader()
		err := p.EachText(func(c *Change, text []byte) (err error) {
			if c == nil {
				c, err = r.read(text)
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

// changeReader reads changes from their JSON, one after the other. It keeps the decoder,
// whose buffer a change would take anew. After an error it reads no more.
type changeReader struct {
	text *bytes.Reader
	dec  *json.Decoder
}

func newChangeReader() *changeReader {
	text := bytes.NewReader(nil)
	r := &changeReader{text, json.NewDecoder(text)}
	r.dec.UseNumber()
	return r
}

func (r *changeReader) read(text []byte) (*Change, error) {
	r.text.Reset(text)
	c := &Change{}
	if err := r.dec.Decode(c); err != nil {
		return nil, err
	}
	return c, c.normalise()
}

// text reads the JSON of a change without what stands before it, see seqKey.
func (pc *PlainChanges) text(i int, into []byte) ([]byte, error) {
	e := &pc.entries[i]
	into = slices.Grow(into[:0], int(e.size))[:e.size]
	_, err := pc.store.ReadAt(into, e.at)
	change, _, _ := bytes.Cut(into, []byte{'\n'})
	return change, err
}

// read reads a change without its place, and the JSON of what Okta wants, if that is kept;
// it is valid until the next call.
func (pc *PlainChanges) read(i int) (c *Change, want []byte, err error) {
	if pc.reader == nil {
		pc.reader = newChangeReader()
	}
	e := &pc.entries[i]
	pc.readText = slices.Grow(append(pc.readText[:0], seqKey...), int(e.size))[:len(seqKey)+int(e.size)]
	if _, err := pc.store.ReadAt(pc.readText[len(seqKey):], e.at); err != nil {
		return nil, nil, err
	}
	change, want, _ := bytes.Cut(pc.readText, []byte{'\n'})
	c, err = pc.reader.read(change)
	return c, want, err
}
