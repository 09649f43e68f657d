package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// MovedError says why a saved plan cannot be applied any more.
type MovedError struct {
	What []string // what has moved since, in words
}

func (e *MovedError) Error() string {
	text := "the plan is out of date; nothing was sent:"
	for _, w := range e.What {
		text += "\n  " + w
	}
	return text
}

// ErrEdited says that a saved plan is not as it was written.
var ErrEdited = errors.New("the plan file was changed by hand, or is damaged; make a new one with plan --out")

// Read reads a plan that was saved as JSON. It is ErrEdited when the content
// does not match the id that was computed over it.
func Read(data []byte) (*Plan, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	var p Plan
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("plan file: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, ErrEdited
	}
	if p.Schema != Schema {
		return nil, fmt.Errorf("plan file: the schema is %q, not %q", p.Schema, Schema)
	}
	if p.ID == "" || p.Changes == nil || slices.Contains(p.Changes, nil) {
		return nil, ErrEdited
	}
	if id, err := p.digest(); err != nil || p.ID != id {
		return nil, ErrEdited
	}
	return &p, p.normalise()
}

// normalise gives attribute values the types that a plan made now has.
func (p *Plan) normalise() error {
	for _, c := range p.Changes {
		if err := c.normalise(); err != nil {
			return fmt.Errorf("plan file: %w", err)
		}
	}
	return nil
}

func (c *Change) normalise() error {
	for i := range c.Attributes {
		for _, value := range []*any{&c.Attributes[i].Old, &c.Attributes[i].New, &c.Attributes[i].Actual} {
			v, err := scim.Value(*value)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", c.Attributes[i].Path, c.Name, err)
			}
			*value = v
		}
	}
	return nil
}

// Compare says what has moved since the plan was saved: a *MovedError, or nil. A nil plan
// was not saved, and any is right.
func (p *Plan) Compare(now *Plan) error {
	if p == nil || p.ID == now.ID {
		return nil
	}
	var moved []string
	note := func(what string, before, after any) {
		if before != after {
			moved = append(moved, fmt.Sprintf("%s: %v in the plan, %v now", what, before, after))
		}
	}
	note("Okta app", p.App.ID, now.App.ID)
	note("WalkMe", p.Target, now.Target)
	note("wire profile", p.WireProfile, now.WireProfile)
	note("state generation", p.StateGeneration, now.StateGeneration)
	if p.Source.Digest != now.Source.Digest {
		moved = append(moved, fmt.Sprintf("Okta has changed since %s", p.Source.TakenAt.Format("2006-01-02 15:04:05 MST")))
	}
	moved = append(moved, differences(p.Changes, now.Changes)...)
	if len(moved) == 0 {
		moved = append(moved, "limits, holds or pauses have changed")
	}
	return &MovedError{moved}
}

const shownDifferences = 10

// differences lists the changes that only one of two plans holds.
func differences(before, now []*Change) []string {
	digests := func(list []*Change) map[string]bool {
		out := map[string]bool{}
		for _, c := range list {
			out[c.Digest()] = true
		}
		return out
	}
	old, current := digests(before), digests(now)
	var out []string
	for _, c := range before {
		if !current[c.Digest()] {
			out = append(out, fmt.Sprintf("no longer to do: %s %s", c.Action, c.Name))
		}
	}
	for _, c := range now {
		if !old[c.Digest()] {
			out = append(out, fmt.Sprintf("new: %s %s", c.Action, c.Name))
		}
	}
	slices.Sort(out)
	if len(out) > shownDifferences+1 { // the line about a single one would be as long
		out = append(out[:shownDifferences], fmt.Sprintf("… and %d more differences", len(out)-shownDifferences))
	}
	return out
}
