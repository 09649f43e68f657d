package configs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration file.
type Problem struct {
	File   string
	Line   int    // from 1; 0: the file as a whole
	Column int    // from 1, in characters
	Path   string // of the key: "walkme.region", "push_groups.sources[0].name"; "": the file as a whole
	Msg    string // what is wrong
	Hint   string // what would be right; may be empty
}

// Error is one line: file:line:column: path: what is wrong; what would be right.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Msg)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Errors are all problems of one file, sorted by position. It is never empty.
type Errors struct {
	Problems []*Problem
}

// Error is one line for each problem, without a line break at the end.
func (e *Errors) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (e *Errors) Unwrap() []error {
	out := make([]error, len(e.Problems))
	for i, p := range e.Problems {
		out[i] = p
	}
	return out
}

// position is a place in the file, both parts from 1.
type position struct{ line, column int }

// positions remembers where each key of a file stands.
type positions struct {
	file   string
	keys   map[string]position // path to its key
	values map[string]position // path to its value
}

func newPositions(file string) positions {
	return positions{file: file, keys: map[string]position{}, values: map[string]position{}}
}

// has tells whether the file itself gives the key.
func (s positions) has(path string) bool {
	_, ok := s.values[path]
	return ok
}

// value is where the value of a key stands; where the file does not give it, the
// key of the nearest section around it.
func (s positions) value(path string) position {
	if at, ok := s.values[path]; ok && path != "" {
		return at
	}
	for path != "" {
		path = parent(path)
		if at, ok := s.keys[path]; ok {
			return at
		}
	}
	return position{1, 1}
}

// key is where a key stands, or what [positions.value] says of it.
func (s positions) key(path string) position {
	if at, ok := s.keys[path]; ok {
		return at
	}
	return s.value(path)
}

// parent cuts the last key or index off a path.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

// problems collects what is wrong with one file.
type problems struct {
	source   positions
	bare     bool // the file may hold the lines of the mappings and nothing else
	list     []*Problem
	reported map[string]bool // paths of the problems
	around   map[string]bool // the sections around them
}

// add reports a problem with the value of a key.
func (ps *problems) add(path, msg, hint string) {
	ps.addAt(ps.source.value(path), path, msg, hint)
}

func (ps *problems) addAt(at position, path, msg, hint string) {
	ps.list = append(ps.list, &Problem{
		File: ps.source.file, Line: at.line, Column: at.column, Path: path, Msg: msg, Hint: hint,
	})
	if ps.reported == nil {
		ps.reported, ps.around = map[string]bool{}, map[string]bool{}
	}
	ps.reported[path] = true
	for path = parent(path); path != ""; path = parent(path) {
		ps.around[path] = true
	}
}

// follow reports a problem that may come from another one: it is left out where
// the key, one around it or one inside it has been reported already.
func (ps *problems) follow(path, msg, hint string) {
	if !ps.explained(path) {
		ps.add(path, msg, hint)
	}
}

func (ps *problems) explained(path string) bool {
	if ps.around[path] {
		return true
	}
	for ; path != ""; path = parent(path) {
		if ps.reported[path] {
			return true
		}
	}
	return false
}

// err is nil, or *Errors with the problems sorted and each of them once.
func (ps *problems) err() error {
	if len(ps.list) == 0 {
		return nil
	}
	slices.SortStableFunc(ps.list, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Msg, b.Msg))
	})
	ps.list = slices.CompactFunc(ps.list, func(a, b *Problem) bool { return *a == *b })
	return &Errors{Problems: ps.list}
}

// fault is why a single text cannot be what it should be. Neither part may
// contain the text of a secret.
type fault struct{ msg, hint string }

func (f *fault) Error() string { return strings.TrimSuffix(f.msg+"; "+f.hint, "; ") }
