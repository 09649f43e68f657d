package console_test

import (
	"os"
	"testing"
	"time"
)

// TestPastOfAnotherFile: days that are over are counted once, in the file that is there. One
// that was restored has its own.
func TestPastOfAnotherFile(t *testing.T) {
	s := open(t, nil)
	journal := func(people ...person) {
		s.clock.advance(-72 * time.Hour)
		s.people(people...)
		s.journal("run-1", people...)
		s.clock.advance(72 * time.Hour)
	}
	bob := person{"00u2", "bob@example.com", "Bob", "Baker", "w-2"}
	journal(ann, bob)
	v := s.visit(true)
	v.expect("/", "Changed: 2 in 90 days")
	v.expect("/", "Changed: 2 in 90 days")
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(s.path + end); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	journal(ann)
	v.expect("/", "Changed: 1 in 90 days")
}
