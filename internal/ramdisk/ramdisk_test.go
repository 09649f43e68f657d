package ramdisk_test

import (
	"os"
	"path/filepath"
	"testing"

	"okta-walkme-agent/internal/ramdisk"
)

func TestEnter(t *testing.T) {
	before := os.TempDir()
	leave := ramdisk.Enter()
	defer leave()
	inside := os.TempDir()
	if inside == before {
		t.Skip("this system has no room in memory")
	}
	if err := os.WriteFile(filepath.Join(inside, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other := ramdisk.Enter() // as another process does
	if _, err := os.Stat(filepath.Join(inside, "file")); err != nil {
		t.Errorf("a folder in use was taken for a leftover: %v", err)
	}
	other()
	if got := os.TempDir(); got != inside {
		t.Errorf("after leaving temporary files lie in %s, want %s", got, inside)
	}
	leave()
	if _, err := os.Stat(inside); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	if got := os.TempDir(); got != before {
		t.Errorf("in the end temporary files lie in %s, want %s", got, before)
	}
}

func TestLeftovers(t *testing.T) {
	before := os.TempDir()
	leave := ramdisk.Enter()
	inside := os.TempDir()
	leave()
	if inside == before {
		t.Skip("this system has no room in memory")
	}
	if err := os.Mkdir(inside, 0o700); err != nil { // as a process that was killed leaves it
		t.Fatal(err)
	}
	const tries = 1000
	for range tries { // another process may be about to remove it, and holds it meanwhile
		again := ramdisk.Enter()
		moved := os.TempDir() != before
		again()
		if _, err := os.Stat(inside); os.IsNotExist(err) {
			return
		}
		if !moved {
			_ = os.Remove(inside)
			t.Skip("there is no room in memory any more")
		}
	}
	_ = os.Remove(inside)
	t.Errorf("what a killed process has left is still there after %d tries", tries)
}
