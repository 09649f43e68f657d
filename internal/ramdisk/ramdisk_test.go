package ramdisk_test

import (
	"os"
	"testing"

	"okta-walkme-agent/internal/ramdisk"
)

// TestEnter: temporary files can be made inside, also a second time inside, and afterwards
// they lie where they did before, whether or not there is room in memory.
func TestEnter(t *testing.T) {
	before := os.TempDir()
	leave := ramdisk.Enter()
	inside := os.TempDir()
	file, err := os.CreateTemp("", "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(file.Name())
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	ramdisk.Enter()() // as another process does
	if got := os.TempDir(); got != inside {
		t.Errorf("after leaving temporary files lie in %s, want %s", got, inside)
	}
	if _, err := os.Stat(file.Name()); err != nil {
		t.Errorf("a folder in use was taken for a leftover: %v", err)
	}
	leave()
	if got := os.TempDir(); got != before {
		t.Errorf("in the end temporary files lie in %s, want %s", got, before)
	}
	if _, err := os.Stat(inside); inside != before && !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}
