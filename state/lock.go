package state

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// How long Open tries for the lock. A reader that asks whether it is held takes
// it for some microseconds, and that must not turn a writer away.
const (
	lockPatience = 200 * time.Millisecond
	lockPause    = 20 * time.Millisecond
)

// lockPath is the file beside the database that carries the lock. The kernel
// gives the lock back when its process ends in whatever way; the file stays,
// because to delete it would let two processes lock two different files.
func lockPath(path string) string { return path + ".lock" }

// holder is what the lock file says of the process that holds the lock.
type holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
}

// lock takes the lock of the one writer, or returns a *LockedError. Closing
// the file gives it back.
func lock(ctx context.Context, path string, h holder) (*os.File, error) {
	f, err := openOrCreate(lockPath(path))
	if err != nil {
		return nil, err
	}
	if err := flockWaiting(ctx, f); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, readHolder(f)
		}
		return nil, err
	}
	if err := writeHolder(f, h); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func flockWaiting(ctx context.Context, f *os.File) error {
	for waited := time.Duration(0); ; waited += lockPause {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || waited >= lockPatience {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

func writeHolder(f *os.File, h holder) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return writeError(err)
	}
	_, err = f.WriteAt(append(text, '\n'), 0)
	return writeError(err)
}

// readHolder says who holds the lock. Text that cannot be read is a holder
// that is just writing it.
func readHolder(f *os.File) *LockedError {
	var h holder
	text, err := io.ReadAll(io.NewSectionReader(f, 0, 4096))
	if err != nil || json.Unmarshal(text, &h) != nil {
		return &LockedError{}
	}
	return &LockedError{PID: h.PID, Command: h.Command, Since: h.Since}
}

// locked reports whether a writer has the state open. Where that cannot be
// found out it says yes.
func locked(path string) bool {
	f, err := os.Open(lockPath(path))
	if err != nil {
		return !errors.Is(err, os.ErrNotExist)
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}
