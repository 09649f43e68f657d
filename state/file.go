package state

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

const (
	modeFile   = 0o600
	modeFolder = 0o700
)

// Per-connection settings. They stand in the DSN because a statement would set
// them on one connection of the pool only.
const (
	pragmasReader = "_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)"
	pragmasWriter = pragmasReader + "&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=wal_autocheckpoint(4000)&_pragma=journal_size_limit(16777216)&_txlock=immediate"
)

// dsn needs the file: form, because SQLite ignores mode otherwise, and an
// escaped path, because what follows a question mark is run as SQL.
func dsn(path, mode, pragmas string) string {
	u := url.URL{Scheme: "file", Path: path}
	return u.String() + "?mode=" + mode + "&" + pragmas
}

// create makes an empty file that only its owner can read. Root gives it to the
// owner of the folder, as SQLite does with the files it makes: a sync by hand
// must not leave files that the service cannot open.
func create(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, modeFile)
	if err != nil {
		return nil, writeError(err)
	}
	if err := giveToFolderOwner(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func giveToFolderOwner(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid == 0 {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}

func openOrCreate(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if !errors.Is(err, os.ErrNotExist) {
		return f, writeError(err)
	}
	f, err = create(path)
	if errors.Is(err, os.ErrExist) { // another process was faster
		f, err = os.OpenFile(path, os.O_RDWR, 0)
	}
	return f, writeError(err)
}

// makePrivate takes away what others may do with the file.
func makePrivate(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&^modeFile == 0 {
		return err
	}
	return writeError(os.Chmod(path, modeFile))
}

// missing reports whether nothing is at a path.
func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// readable tells why a file cannot be read, which SQLite does not.
func readable(path string) error {
	const read = 4 // R_OK
	err := syscall.Access(path, read)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrNotExist):
		return exists(path)
	}
	return &os.PathError{Op: "read", Path: path, Err: err}
}

func ensureFolder(path string) error {
	return writeError(os.MkdirAll(filepath.Dir(path), modeFolder))
}

// writeError names the two reasons for which a file cannot be written.
func writeError(err error) error {
	switch {
	case errors.Is(err, ErrReadOnly), errors.Is(err, ErrDiskFull):
		return err // it has its name
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}

// syncFolder makes the names in a file's folder durable.
func syncFolder(path string) error {
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
