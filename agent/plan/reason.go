package plan

import (
	"encoding/json"
	"slices"
	"strings"
)

// Reason says why a change is in the plan: one note after the other, as they became
// known. In JSON it is one text.
type Reason []string

func (r Reason) String() string { return strings.Join(r, "; ") }

// MarshalJSON writes the notes as one text.
func (r Reason) MarshalJSON() ([]byte, error) { return json.Marshal(r.String()) }

// UnmarshalJSON reads the text as one note.
func (r *Reason) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*r = nil
	if text != "" {
		*r = Reason{text}
	}
	return nil
}

// note adds a note.
func (c *Change) note(text string) { c.Reason = append(slices.Clip(c.Reason), text) }
