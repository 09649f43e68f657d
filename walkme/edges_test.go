package walkme_test

import (
	"strings"
	"testing"

	"okta-walkme-agent/walkme"
)

// A list of one page takes a look behind its end, and every other as many pages as it
// fills.
func TestPagesOf(t *testing.T) {
	for accounts, want := range map[int]int{-1: 1, 0: 1, 1: 2, 99: 2, 100: 2, 101: 2, 200: 2, 201: 3, 300: 3, 1000: 10, 1001: 11} {
		if got := walkme.PagesOf(accounts); got != want {
			t.Errorf("PagesOf(%d) = %d, want %d", accounts, got, want)
		}
	}
}

// The message says how many members are missing, where any is known to be.
func TestIncompleteListError(t *testing.T) {
	for missing, want := range map[int]string{0: "which is where servers cut lists", 1: "and not 1 whom it had taken", 7: "and not 7 whom it had taken"} {
		if got := (&walkme.IncompleteListError{Shown: 50, Missing: missing}).Error(); !strings.Contains(got, want) {
			t.Errorf("Error() with %d missing = %s, want %q", missing, got, want)
		}
	}
}
