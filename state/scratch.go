package state

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Scratch is a file for what one process needs for a while and does not want to hold in
// memory. It has lost its name when NewScratch returns, so that it is gone with the
// process, however that ends.
type Scratch struct {
	file *os.File
	dir  string
}

// NewScratch makes a file (0600) beside the state, where there is room for what is in
// it, or where temporary files go when that folder cannot be written.
func NewScratch(statePath string) (*Scratch, error) {
	dir := filepath.Dir(statePath)
	file, err := os.CreateTemp(dir, ".scratch-*")
	if err != nil {
		dir = os.TempDir()
		file, err = os.CreateTemp(dir, ".okta-walkme-agent-*")
	}
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", writeError(err))
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("temporary file: %w", err), file.Close())
	}
	return &Scratch{file, dir}, nil
}

// Write appends. A disk that is full is ErrDiskFull.
func (s *Scratch) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	return n, s.fail(err)
}

// ReadAt reads what was written.
func (s *Scratch) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.file.ReadAt(p, at)
	return n, s.fail(err)
}

// Close gives the room back. Nil is closed.
func (s *Scratch) Close() error {
	if s == nil {
		return nil
	}
	return s.fail(s.file.Close())
}

func (s *Scratch) fail(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("temporary file in %s: %w", s.dir, writeError(err))
}
