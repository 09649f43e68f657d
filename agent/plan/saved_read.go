package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrEdited says that a saved plan is not as it was written.
var ErrEdited = errors.New("the plan file was changed by hand, or is damaged; make a new one with plan --out")

// Saved is a plan that was saved as JSON, and stays where it was saved: of its changes none
// is in memory.
type Saved struct {
	file io.ReadSeeker
	head Plan // without its changes
}

// ReadSaved reads a plan that was saved as JSON, from the beginning of its file, twice: what
// the id is computed over begins with what may stand behind the changes. The file is to stay
// open until the plan was compared. It is ErrEdited when the content does not match the id.
func ReadSaved(file io.ReadSeeker) (*Saved, error) {
	s := &Saved{file: file}
	d, err := s.readHead()
	if err != nil {
		return nil, fmt.Errorf("plan file: %w", err)
	}
	id, odd, err := s.readChanges()
	var value *valueError
	switch isValue := errors.As(err, &value); {
	case d.err != nil && (d.errFirst || !isValue):
		return nil, fmt.Errorf("plan file: %w", d.err)
	case isValue:
		return nil, fmt.Errorf("plan file: %w", value.err)
	case d.more:
		return nil, ErrEdited
	case s.head.Schema != Schema:
		return nil, fmt.Errorf("plan file: the schema is %q, not %q", s.head.Schema, Schema)
	case err != nil || s.head.ID == "" || d.lists != 1 || s.head.ID != id:
		return nil, ErrEdited
	case odd != nil:
		return nil, fmt.Errorf("plan file: %w", odd)
	}
	return s, nil
}

// ID is that of the plan; see Plan.
func (s *Saved) ID() string { return s.head.ID }

// Refreshed says whether the plan was compared with what WalkMe showed.
func (s *Saved) Refreshed() bool { return s.head.Unmanaged != nil }

// readHead reads all but the changes.
func (s *Saved) readHead() (*document, error) {
	d := &document{}
	d.field = func(key string, value []byte) {
		name, err := json.Marshal(key)
		if err == nil {
			err = strictly(bytes.Join([][]byte{{'{'}, name, {':'}, value, {'}'}}, nil), &s.head)
		}
		d.note(err)
	}
	d.change = func([]byte) error { return nil }
	return d, d.walk(s.file)
}

// readChanges reads the changes, and computes the id. odd is of the first value that no plan
// has.
func (s *Saved) readChanges() (id string, odd, err error) {
	isNull := false
	id, err = s.head.digestOf(func(fn func(*Change, []byte) error) error {
		return s.read(func(c *Change) error {
			if isNull = isNull || c == nil; isNull {
				return nil // an error of a later change comes first
			}
			if err := fn(c, nil); err != nil {
				return err
			}
			if err := c.normalise(); odd == nil {
				odd = err
			}
			return nil
		})
	})
	if err == nil && isNull {
		err = ErrEdited
	}
	return id, odd, err
}

// each calls fn for each change, and ends at its first error.
func (s *Saved) each(fn func(*Change) error) error {
	return s.read(func(c *Change) error {
		if c == nil {
			return ErrEdited
		}
		if err := c.normalise(); err != nil {
			return err
		}
		return fn(c)
	})
}

// read calls fn for each change as it is in the file, nil for null, and ends at its first
// error.
func (s *Saved) read(fn func(*Change) error) error {
	d := &document{field: func(string, []byte) {}}
	d.change = func(value []byte) error {
		var c *Change
		if err := strictly(value, &c); err != nil {
			return &valueError{err}
		}
		return fn(c)
	}
	return d.walk(s.file)
}

// valueError is an error of what is JSON, and not what is to be there.
type valueError struct{ err error }

func (e *valueError) Error() string { return e.err.Error() }

// strictly reads a value that has nothing which there is no room for.
func strictly(value []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	return dec.Decode(into)
}

// document is the JSON of a plan, of which one part is in memory at a time.
type document struct {
	field  func(key string, value []byte) // any but the changes; valid until it returns
	change func(value []byte) error       // one of the changes; an error ends the walk

	lists    int   // how many lists of changes there were
	more     bool  // something stands behind the document
	err      error // the first one of a value
	errFirst bool  // it stands before the changes
}

func (d *document) note(err error) {
	if d.err == nil && err != nil {
		d.err, d.errFirst = err, d.lists == 0
	}
}

// walk reads the document from its beginning. Its error is of JSON, as encoding/json has it,
// or of change.
func (d *document) walk(file io.ReadSeeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	dec := json.NewDecoder(file)
	dec.UseNumber()
	if begin, err := dec.Token(); err != nil {
		return err
	} else if begin != json.Delim('{') {
		return d.walkOther(file)
	}
	for dec.More() {
		if err := d.walkField(dec); err != nil {
			return cutShort(err)
		}
	}
	if _, err := dec.Token(); err != nil {
		return cutShort(err)
	}
	d.end(dec)
	return nil
}

func (d *document) end(dec *json.Decoder) {
	_, err := dec.Token()
	d.more = !errors.Is(err, io.EOF)
}

// cutShort is the error of a document that ends too early.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// walkOther reads a document that is no object.
func (d *document) walkOther(file io.ReadSeeker) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	dec := json.NewDecoder(file)
	var none Plan
	err := dec.Decode(&none)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	d.note(err)
	d.end(dec)
	return nil
}

func (d *document) walkField(dec *json.Decoder) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	key, _ := token.(string) // as any key is
	if !strings.EqualFold(key, "changes") {
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		d.field(key, value)
		return nil
	}
	begin, err := dec.Token()
	switch {
	case err != nil:
		return err
	case begin == json.Delim('['):
		return d.walkChanges(dec)
	case begin == json.Delim('{'):
		err = skip(dec)
	}
	if begin != nil { // null is no list of changes, and no mistake of its type
		d.note(json.Unmarshal([]byte("{}"), &[]*Change{}))
	}
	return err
}

func (d *document) walkChanges(dec *json.Decoder) error {
	d.lists++
	var value json.RawMessage
	for dec.More() {
		if err := dec.Decode(&value); err != nil {
			return err
		}
		if err := d.change(value); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// skip reads an object to its end.
func skip(dec *json.Decoder) error {
	for depth := 1; depth > 0; {
		token, err := dec.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}
