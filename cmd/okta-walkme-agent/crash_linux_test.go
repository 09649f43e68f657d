package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
)

// TestCrashAtStateWrites kills at the writes to the state file: the kernel tells
// of each write, and the program dies some microseconds later.
func TestCrashAtStateWrites(t *testing.T) {
	t.Parallel()
	n := newTally(t)
	for _, l := range lives(t, build(t), 8) {
		var writes atomic.Int64
		c := crashCompany(t, l.profile, 8, l.before)
		c.watchState(func() { writes.Add(1) })
		c.mustStart(l.binary, "sync")
		total := writes.Load()
		for k := int64(1); k <= total; k += max(1, total*int64(min(stride(20), 50))/100) {
			t.Run(fmt.Sprintf("%s/write %d of %d", l.name, k, total), func(t *testing.T) {
				t.Parallel()
				n.crash(t, l, 8, func(c *company, p func() *process) {
					var seen atomic.Int64
					c.watchState(func() {
						if seen.Add(1) == k {
							go p().kill()
						}
					})
				})
			})
		}
	}
}

// watchState calls written for each write to a file in the folder of the state,
// until the test ends. The kernel counts several writes in a row as one when they
// come faster than they are told.
func (c *company) watchState(written func()) {
	c.t.Helper()
	dir := filepath.Dir(c.statePath())
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		c.t.Fatal(err)
	}
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		c.t.Fatal(err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	c.t.Cleanup(func() { events.Close() })
	if _, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_MODIFY); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := events.Read(buf)
			if err != nil || n == 0 {
				return // closed by the test
			}
			for rest := buf[:n]; len(rest) >= syscall.SizeofInotifyEvent; {
				name := binary.NativeEndian.Uint32(rest[12:])
				rest = rest[syscall.SizeofInotifyEvent+name:]
				written()
			}
		}
	}()
}
