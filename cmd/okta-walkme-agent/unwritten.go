package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// unwritten names the file that a command could not make, with cause and remedy; nil is
// nil.
func unwritten(path string, err error) error {
	if err == nil {
		return nil
	}
	var at *fs.PathError
	var link *os.LinkError
	reason := err
	switch { // both name a file that is there for a moment
	case errors.As(err, &at):
		reason = at.Err
	case errors.As(err, &link):
		reason = link.Err
	}
	err = fmt.Errorf("%s cannot be written: %w", path, reason)
	folder := filepath.Dir(path)
	switch {
	case errors.Is(reason, fs.ErrPermission):
		return &explainedError{diagnosis{"this user may not write into " + folder, "run it as root, or as the user to whom the folder belongs; or name another file"}, err}
	case errors.Is(reason, syscall.ENOSPC), errors.Is(reason, syscall.EDQUOT):
		return &explainedError{diagnosis{"the disk of " + folder + " is full", "make room; nothing was left half-written"}, err}
	case errors.Is(reason, syscall.EROFS):
		return &explainedError{diagnosis{folder + " is on a disk that is mounted for reading alone", "mount it writable, or name another file"}, err}
	}
	return err
}
