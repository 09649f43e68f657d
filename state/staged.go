package state

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"slices"
	"strings"
)

// stagedUser is an assignment that waits to be stored. words are those of people_search,
// "" when the view has to find them.
type stagedUser struct {
	id, words, body string
	digest          [16]byte
}

// stagedUsers are the assignments of a snapshot that is not whole yet: a few in memory,
// many in a file that has no name and is gone with the process.
type stagedUsers struct {
	statePath string
	part      int      // bytes that are written together
	sort      int      // assignments that are put in order together
	file      *Scratch // nil: all are in rows
	rows      []byte   // the last ones
	ends      []int64  // of each part of the file
	n         int
	last      string // id
	scattered bool   // the ids do not ascend
}

func newStagedUsers(statePath string) stagedUsers {
	return stagedUsers{statePath: statePath, part: 256 << 10, sort: 100_000}
}

// stagedHead is the size of what comes before the texts of an assignment: the digest and
// their lengths.
const stagedHead = 16 + 3*4

// add appends an assignment.
func (s *stagedUsers) add(id string, digest [16]byte, words, body []byte) error {
	s.rows = append(s.rows, digest[:]...)
	for _, length := range []int{len(id), len(words), len(body)} {
		s.rows = binary.BigEndian.AppendUint32(s.rows, uint32(length)) //nolint:gosec // an answer of Okta has 128 MiB at most
	}
	s.rows = append(append(append(s.rows, id...), words...), body...)
	s.n, s.scattered, s.last = s.n+1, s.scattered || id < s.last, id
	if len(s.rows) < s.part {
		return nil
	}
	return s.spill()
}

// spill writes the rows to the file.
func (s *stagedUsers) spill() (err error) {
	if s.file == nil {
		if s.file, err = NewScratch(s.statePath); err != nil {
			return err
		}
	}
	if _, err := s.file.Write(s.rows); err != nil {
		return err
	}
	s.ends = append(s.ends, s.end()+int64(len(s.rows)))
	s.rows = s.rows[:0]
	return nil
}

// end is that of the file.
func (s *stagedUsers) end() int64 {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

// each calls fn for all assignments, ordered as far as memory allows, and of one id in the
// order in which they were added. It ends at the first error.
func (s *stagedUsers) each(fn func(stagedUser) error) error {
	if s.scattered {
		return s.eachSorted(fn)
	}
	return s.eachPart(func(_ int64, part []byte) error {
		return eachStaged(part, func(u stagedUser, _ int) error { return fn(u) })
	})
}

// eachPart calls fn for each part and its place, the rows in memory last.
func (s *stagedUsers) eachPart(fn func(at int64, part []byte) error) error {
	var part []byte
	at := int64(0)
	for _, end := range s.ends {
		part = slices.Grow(part[:0], int(end-at))[:end-at]
		if _, err := s.file.ReadAt(part, at); err != nil {
			return err
		}
		if err := fn(at, part); err != nil {
			return err
		}
		at = end
	}
	return fn(at, s.rows)
}

// eachStaged calls fn for each assignment of a part, and its size.
func eachStaged(part []byte, fn func(u stagedUser, size int) error) error {
	text := string(part) // all texts in one piece
	for i := 0; i < len(part); {
		var u stagedUser
		copy(u.digest[:], part[i:])
		at := i + stagedHead
		for j, to := range []*string{&u.id, &u.words, &u.body} {
			length := int(binary.BigEndian.Uint32(part[i+16+4*j:]))
			*to = text[at : at+length]
			at += length
		}
		if err := fn(u, at-i); err != nil {
			return err
		}
		i = at
	}
	return nil
}

// stagedPlace is where an assignment lies.
type stagedPlace struct {
	id   string
	at   int64
	size int
}

// eachSorted is each for ids that do not ascend: a row here and a row there would have
// SQLite write most pages of its indexes again and again.
func (s *stagedUsers) eachSorted(fn func(stagedUser) error) error {
	var places []stagedPlace
	err := s.eachPart(func(at int64, part []byte) error {
		return eachStaged(part, func(u stagedUser, size int) error {
			places = append(places, stagedPlace{strings.Clone(u.id), at, size})
			at += int64(size)
			if len(places) < s.sort {
				return nil
			}
			err := s.eachAt(places, fn)
			places = places[:0]
			return err
		})
	})
	if err != nil {
		return err
	}
	return s.eachAt(places, fn)
}

// eachAt calls fn for the assignments at these places, which it sorts.
func (s *stagedUsers) eachAt(places []stagedPlace, fn func(stagedUser) error) error {
	slices.SortStableFunc(places, func(a, b stagedPlace) int { return cmp.Compare(a.id, b.id) })
	var row []byte
	for _, p := range places {
		row = slices.Grow(row[:0], p.size)[:p.size]
		var from io.ReaderAt = s.file
		at := p.at
		if at >= s.end() {
			from, at = bytes.NewReader(s.rows), at-s.end()
		}
		if _, err := from.ReadAt(row, at); err != nil {
			return err
		}
		if err := eachStaged(row, func(u stagedUser, _ int) error { return fn(u) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *stagedUsers) close() error {
	s.rows = nil
	return s.file.Close()
}
