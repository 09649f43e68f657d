package state

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ensureDatabase makes a file of the newest schema where there is none, and says whether
// it did. It is
// built under another name and renamed when it is whole: a file of this name is
// never empty, so that an empty one is damage and no fresh machine.
func ensureDatabase(ctx context.Context, path string, migrations []string, build string, now time.Time) (made bool, err error) {
	switch err := exists(path); {
	case !errors.Is(err, ErrNotExist):
		return false, err
	case len(migrations) == 0:
		return false, errors.New("no migrations")
	}
	partial := path + ".new"
	if err := removeDatabase(partial); err != nil { // of an attempt that was killed
		return false, writeError(err)
	}
	if err := buildDatabase(ctx, partial, migrations, build, now); err != nil {
		return false, errors.Join(err, removeDatabase(partial))
	}
	if err := os.Rename(partial, path); err != nil {
		return false, writeError(err)
	}
	return true, syncFolder(path)
}

// buildDatabase leaves one file on the disk and nothing beside it. No journal is
// kept: what is not finished is thrown away.
func buildDatabase(ctx context.Context, path string, migrations []string, build string, now time.Time) error {
	f, err := create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	pool, err := sql.Open("sqlite", dsn(path, "rw", pragmasReader+"&_pragma=journal_mode(MEMORY)&_pragma=synchronous(OFF)"))
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return errors.Join(err, pool.Close())
	}
	err = buildSchema(ctx, conn, migrations, build, now)
	if err := errors.Join(err, conn.Close(), pool.Close()); err != nil {
		return err
	}
	return writeError(f.Sync())
}

func removeDatabase(path string) error {
	for _, name := range []string{path, path + "-journal", path + "-wal", path + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// exists is ErrNotExist where there is no file. One that is gone while its
// write-ahead log is still there was lost: SQLite would drop the log in silence.
func exists(path string) error {
	if !missing(path) {
		return nil
	}
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		return &CorruptError{Path: path, Detail: "the file is gone, but its write-ahead log " + filepath.Base(path) + "-wal is there"}
	}
	return ErrNotExist
}

// resolve is the absolute path of the file itself: a lock beside a symbolic link
// would not be seen by who opens the file by its own name.
func resolve(path string) (string, error) {
	path, err := absolute(path)
	for range 40 { // as many as Linux follows
		if err != nil {
			return "", err
		}
		folder, err := filepath.EvalSymlinks(filepath.Dir(path))
		if errors.Is(err, fs.ErrNotExist) {
			return path, nil // it is made later, and then it is no link
		}
		if err != nil {
			return "", err
		}
		path = filepath.Join(folder, filepath.Base(path))
		target, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(folder, target)
		}
		path = target
	}
	return "", &fs.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
}

// Makeable says why Open could not make a state file at a path where there is none.
// What it tries leaves nothing behind.
func Makeable(path string) error {
	path, err := resolve(path)
	if err != nil {
		return err
	}
	folder := filepath.Dir(path)
	for missing(folder) && folder != filepath.Dir(folder) {
		folder = filepath.Dir(folder)
	}
	probe, err := os.MkdirTemp(folder, ".state-*")
	if err != nil {
		return writeError(&fs.PathError{Op: "make a file or folder in", Path: folder, Err: cause(err)})
	}
	return os.Remove(probe)
}

// cause is an error of the file system without the name that it is about.
func cause(err error) error {
	var named *fs.PathError
	if errors.As(err, &named) {
		return named.Err
	}
	return err
}
