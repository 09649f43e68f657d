package state

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestStagedUsers: whatever is added comes back, by ascending id where it was added so or
// can be sorted at once, and of one id in the order in which it was added; also twice.
func TestStagedUsers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		s := newStagedUsers(filepath.Join(t.TempDir(), "state.db"))
		s.part, s.sort = 1+random.IntN(2000), 1+random.IntN(60)
		var want []stagedUser
		for i := range random.IntN(60) {
			u := stagedUser{id: fmt.Sprintf("00u%02d", random.IntN(30)), words: fmt.Sprint(i)[:random.IntN(2)], body: string(make([]byte, random.IntN(90)))}
			u.digest[0] = byte(i)
			want = append(want, u)
		}
		byID := func(a, b stagedUser) int { return cmp.Compare(a.id, b.id) }
		if round%2 == 0 {
			slices.SortStableFunc(want, byID)
		}
		for _, u := range want {
			if err := s.add(u.id, u.digest, []byte(u.words), []byte(u.body)); err != nil {
				t.Fatal(err)
			}
		}
		if s.scattered {
			for part := range slices.Chunk(want, s.sort) {
				slices.SortStableFunc(part, byID)
			}
		}
		for range 2 {
			var got []stagedUser
			err := s.each(func(u stagedUser) error { got = append(got, u); return nil })
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("each = %v, %v\nwant %v", got, err, want)
			}
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A few assignments need no file, and the error of a callback ends the reading.
func TestStagedUsersStop(t *testing.T) {
	for _, ids := range [][]string{{"a", "b"}, {"b", "a"}} {
		s := newStagedUsers(filepath.Join(t.TempDir(), "state.db"))
		for _, id := range ids {
			if err := s.add(id, [16]byte{}, nil, nil); err != nil {
				t.Fatal(err)
			}
		}
		calls := 0
		err := s.each(func(stagedUser) error { calls++; return os.ErrInvalid })
		if !errors.Is(err, os.ErrInvalid) || calls != 1 || s.file != nil {
			t.Errorf("each = %v after %d calls, file %v; want the callback's error after one, and no file", err, calls, s.file)
		}
	}
}
