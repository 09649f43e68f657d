// Package ramdisk spares tests the waits for a disk: a state file is synced at each commit,
// and tests make thousands of them.
package ramdisk

import "os"

// enough is the room, in bytes, that there must be: what the tests of one package hold at
// a time is a tenth of it.
const enough = 1 << 30

// prefix begins the name of each folder in memory. It is short, because the path of a
// socket has room for 107 bytes.
const prefix = "owa-"

// Enter makes the folders for temporary files, those of [testing.T.TempDir] among them and
// those of processes started from now on, lie in memory. Where the system has no room for
// that, or would not run a program from there, they stay where they are. leave removes what
// is there; what a process that was killed has left, the next call of Enter removes.
func Enter() (leave func()) {
	dir, remove := newFolder()
	if dir == "" {
		return func() {}
	}
	before, had := os.LookupEnv("TMPDIR")
	if err := os.Setenv("TMPDIR", dir); err != nil {
		panic(err) // a constant name
	}
	return func() {
		remove()
		if had {
			_ = os.Setenv("TMPDIR", before) // the same name
		} else {
			_ = os.Unsetenv("TMPDIR")
		}
	}
}
