package plan

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"okta-walkme-agent/internal/scim"
)

// roomFor is a store that takes so many writes.
type roomFor struct {
	writes int
	text   []byte
}

var errNoRoom = errors.New("no room")

func (r *roomFor) Write(p []byte) (int, error) {
	if r.writes--; r.writes < 0 {
		return 0, errNoRoom
	}
	r.text = append(r.text, p...)
	return len(p), nil
}

func (r *roomFor) ReadAt(p []byte, at int64) (int, error) {
	if at > int64(len(r.text)) {
		return 0, errors.New("behind the end")
	}
	if n := copy(p, r.text[at:]); n < len(p) {
		return n, errors.New("behind the end")
	}
	return len(p), nil
}

// What became of all changes can be told, also when the store takes nothing more: the
// outcomes, or what was found out about them in the end.
func TestOutcomesWithoutRoom(t *testing.T) {
	const people = 3
	for writes, want := range []error{1: errNoRoom, 2: errNoRoom, 3: nil} { // the first has the changes
		if writes == 0 {
			continue
		}
		p := &Plan{plain: NewPlainChanges(&roomFor{writes: writes}, people, true)}
		for i := range people {
			id, name := fmt.Sprintf("00u%d", i), fmt.Sprintf("p%d@example.com", i)
			person := &Person{Resource: scim.Resource{Type: scim.User, SourceID: id, Active: true}, Presence: Present}
			if err := p.plain.Add(&Change{Type: scim.User, Action: Create, OktaID: id, Name: name, Needs: Needs{Want: person}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.plain.seal(); err != nil {
			t.Fatal(err)
		}
		p.number()
		for s := range p.Stored(PhaseNewAccounts) {
			c, err := p.Load(s)
			if err != nil {
				t.Fatal(err)
			}
			c.Outcome, c.NotShown = Applied, []string{"title"}
			if kept, err := p.End(s, c); kept || err != nil {
				t.Fatalf("End() = %t, %v", kept, err)
			}
		}
		if err := p.EndRun(&Shown{Paths: []string{"title"}}); !errors.Is(err, want) {
			t.Errorf("room for %d writes: EndRun() = %v, want %v", writes, err, want)
		}
		var places []int
		for c, err := range p.All() {
			if err != nil {
				t.Fatalf("room for %d writes: a change cannot be read: %v", writes, err)
			}
			if places = append(places, c.Seq); c.Outcome != Applied {
				t.Errorf("room for %d writes: change %d is %q", writes, c.Seq, c.Outcome)
			}
		}
		if got := p.Outcomes(); !slices.Equal(places, []int{1, 2, 3}) || got[Applied] != people || got[""] != 0 {
			t.Errorf("room for %d writes: places %v, outcomes %v", writes, places, got)
		}
	}
}
