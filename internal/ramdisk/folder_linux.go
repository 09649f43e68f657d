package ramdisk

import (
	"os"
	"path/filepath"
	"syscall"
)

// shm is where Linux has files in memory.
const shm = "/dev/shm"

// Of statfs(2).
const (
	noExec = 0x8        // ST_NOEXEC
	tmpfs  = 0x01021994 // TMPFS_MAGIC
)

// newFolder makes a folder in memory and locks it for as long as this process lives. Empty:
// there is no room for one.
func newFolder() (dir string, remove func()) {
	if !roomy() {
		return "", nil
	}
	return folderIn(shm)
}

// folderIn is newFolder in some other place.
func folderIn(place string) (dir string, remove func()) {
	removeLeftovers(place)
	dir, err := os.MkdirTemp(place, prefix)
	if err != nil {
		return "", nil
	}
	held := lock(dir)
	if held == nil { // another process takes it for a leftover in this instant
		return "", nil
	}
	if _, err := os.Stat(dir); err != nil { // has taken it for one
		_ = held.Close()
		return "", nil
	}
	return dir, func() {
		_ = os.RemoveAll(dir) // else the next process does it
		_ = held.Close()
	}
}

func roomy() bool {
	var fs syscall.Statfs_t
	err := syscall.Statfs(shm, &fs)
	return err == nil && fs.Type == tmpfs && fs.Flags&noExec == 0 && fs.Bavail*uint64(fs.Bsize) >= enough
}

// removeLeftovers removes the folders in a place that no process holds.
func removeLeftovers(place string) {
	dirs, err := filepath.Glob(filepath.Join(place, prefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		if held := lock(dir); held != nil {
			_ = os.RemoveAll(dir) // that of another user stays
			_ = held.Close()
		}
	}
}

// lock holds a folder until the file is closed; nil when another process holds it.
func lock(dir string) *os.File {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil
	}
	return f
}
