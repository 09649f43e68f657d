package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/internal/scim"
)

// FuzzRead reads plan files that somebody has edited, with and without the
// id that belongs to the new content: they are read or refused.
func FuzzRead(f *testing.F) {
	plan := Plan{
		Schema: Schema, CreatedAt: time.Unix(1, 0).UTC(), Source: Source{TakenAt: time.Unix(1, 0).UTC()},
		Changes: []*Change{{Seq: 1, Type: scim.User, Action: Update, OktaID: "00u1", WalkMeID: "w1", Name: "ann@example.com",
			Attributes: []scim.AttributeChange{{Path: "userName", Old: "ann", New: "ann@example.com"}}}},
		Rejected: []Rejection{{Type: scim.User, OktaID: "00u2", Error: "no address"}},
		Holds:    []Hold{{ID: "deactivations-1", Kind: HoldDeactivations, Count: 1, Items: []string{"00u3"}}},
	}
	var err error
	if plan.ID, err = plan.digest(); err != nil {
		f.Fatal(err)
	}
	whole, err := json.Marshal(plan)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(whole), `{}`, `null`, `[]`, `{"schema":"okta-walkme-agent/plan/v1","changes":[null]}`,
		`{"schema":"okta-walkme-agent/plan/v1","changes":[{"attributes":[{"path":"x","old":1e400,"new":[{}]}]}]}`,
		`{"schema":"okta-walkme-agent/plan/v1","unknown":1}`, string(whole) + "{}", string(whole[:len(whole)/2]),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := ReadSaved(bytes.NewReader(data))
		if want := readWhole(data); !alike(err, want) && !hasTwoLists(data) {
			t.Errorf("ReadSaved() = %v, of the whole text %v", err, want)
		}
		if err == nil {
			return
		}
		var edited Plan
		if json.Unmarshal(data, &edited) != nil {
			return
		}
		if edited.ID, _ = edited.digest(); edited.ID == "" {
			return
		}
		signed, err := json.Marshal(edited)
		if err != nil {
			return
		}
		p, err := ReadSaved(bytes.NewReader(signed))
		if want := readWhole(signed); !alike(err, want) {
			t.Errorf("ReadSaved() = %v, of the whole text %v", err, want)
		}
		if err != nil {
			return
		}
		if moved := p.Compare(&plan); moved == nil && p.ID() != plan.ID {
			t.Errorf("plan %s is taken for plan %s", p.ID(), plan.ID)
		}
	})
}

// readWhole is ReadSaved of a text that is decoded in one go.
func readWhole(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	var p Plan
	if err := dec.Decode(&p); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return ErrEdited
	}
	if p.Schema != Schema {
		return errors.New("another schema")
	}
	if p.ID == "" || p.Changes == nil || slices.Contains(p.Changes, nil) {
		return ErrEdited
	}
	if id, err := p.digest(); err != nil || p.ID != id {
		return ErrEdited
	}
	for _, c := range p.Changes {
		if err := c.normalise(); err != nil {
			return err
		}
	}
	return nil
}

// alike says whether two errors are of one kind. Which of two wrong values is named is not
// compared.
func alike(a, b error) bool {
	kind := func(err error) string {
		var syntax *json.SyntaxError
		switch {
		case err == nil:
			return "none"
		case errors.Is(err, ErrEdited):
			return "edited"
		case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			return "no JSON"
		}
		return "a value"
	}
	return kind(a) == kind(b)
}

// hasTwoLists says of a text that there are two keys for the changes. encoding/json lays the
// second list over the first one; a plan file is refused.
func hasTwoLists(data []byte) bool {
	return strings.Count(strings.ToLower(string(data)), "changes") > 1
}
