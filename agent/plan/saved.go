package plan

import (
	"fmt"
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

// Compare says what has moved since the plan was saved: a *MovedError, or nil. A nil plan
// was not saved, and any is right. Where the ids differ the file is read once more.
func (s *Saved) Compare(now *Plan) error {
	if s == nil || s.head.ID == now.ID {
		return nil
	}
	p := &s.head
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
	lines, err := differences(s.each, func(fn func(*Change) error) error {
		for c, err := range now.All() {
			if err == nil {
				err = fn(c)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if moved = append(moved, lines...); len(moved) == 0 {
		moved = append(moved, "limits, holds or pauses have changed")
	}
	return &MovedError{moved}
}

// changesOf calls a function for each of a list of changes, and ends at its first error.
type changesOf func(func(*Change) error) error

// differences lists the changes that only one of two plans holds.
func differences(before, now changesOf) ([]string, error) {
	old, current := map[string]bool{}, map[string]bool{}
	var out differing
	if err := now(func(c *Change) error {
		current[c.Digest()] = true
		return nil
	}); err != nil {
		return nil, err
	}
	if err := before(func(c *Change) error {
		if digest := c.Digest(); current[digest] {
			old[digest] = true
		} else {
			out.add(fmt.Sprintf("no longer to do: %s %s", c.Action, c.Name))
		}
		return nil
	}); err != nil {
		return nil, err
	}
	err := now(func(c *Change) error {
		if !old[c.Digest()] {
			out.add(fmt.Sprintf("new: %s %s", c.Action, c.Name))
		}
		return nil
	})
	return out.shown(), err
}

const shownDifferences = 10

// differing are lines about differences, of which the first are shown.
type differing struct {
	lines []string
	n     int
}

func (d *differing) add(line string) {
	d.n++
	if d.lines = append(d.lines, line); len(d.lines) > 100*shownDifferences {
		d.cut()
	}
}

// cut drops the lines that are not shown in any case.
func (d *differing) cut() {
	slices.Sort(d.lines)
	d.lines = d.lines[:min(len(d.lines), shownDifferences+1)]
}

func (d *differing) shown() []string {
	d.cut()
	if d.n > shownDifferences+1 { // the line about a single one would be as long
		return append(d.lines[:shownDifferences], fmt.Sprintf("… and %d more differences", d.n-shownDifferences))
	}
	return d.lines
}

// normalise gives attribute values the types that a plan made now has.
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
