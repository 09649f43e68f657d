package ramdisk

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFolders needs no memory for it: two processes beside each other, and one that was killed.
func TestFolders(t *testing.T) {
	place := t.TempDir()
	killed := filepath.Join(place, prefix+"killed")
	if err := os.Mkdir(killed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, remove := folderIn(place)
	if dir == "" {
		t.Fatal("there is no folder")
	}
	if exists(killed) {
		t.Error("what a killed process has left is still there")
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other, removeOther := folderIn(place)
	if other == "" || other == dir {
		t.Errorf("the other process has %q", other)
	}
	if !exists(filepath.Join(dir, "file")) {
		t.Error("a folder in use was taken for a leftover")
	}
	removeOther()
	remove()
	if left, err := os.ReadDir(place); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
