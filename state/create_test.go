package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/state"
)

// wantDamage wants every opener to say that the file is damaged, and to leave all
// as it is.
func wantDamage(t *testing.T, path string) {
	t.Helper()
	before, log := fileHash(t, path), fileHash(t, path+"-wal")
	for call, open := range openers {
		err := open(t.Context(), path)
		var corrupt *state.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Path != path || !strings.Contains(err.Error(), path+" is damaged (") {
			t.Errorf("%s = %v, want a *CorruptError that names the file", call, err)
		}
	}
	if fileHash(t, path) != before || fileHash(t, path+"-wal") != log {
		t.Error("the file or its log was changed")
	}
}

// A file that was cut to nothing is no fresh machine: with it went the knowledge of
// whom to deactivate.
func TestEmptyFileIsDamage(t *testing.T) {
	path := statePath(t)
	must(t, openDB(t, path).Close())
	must(t, os.Truncate(path, 0))
	wantDamage(t, path)
}

func TestEmptyFileWithItsLogIsDamage(t *testing.T) {
	path := statePath(t)
	startChild(t, "hold", path).kill(t) // leaves a log
	must(t, os.Truncate(path, 0))
	wantDamage(t, path)
}

// SQLite would drop the log of a file that is gone, and put that of another file
// into a new one.
func TestLogWithoutFileIsDamage(t *testing.T) {
	path := statePath(t)
	startChild(t, "hold", path).kill(t)
	must(t, os.Remove(path))
	wantDamage(t, path)
	must(t, os.Remove(path+"-wal"))
	openDB(t, path)
}

// A file has its name only when it is whole.
func TestNewFileIsWholeOrAbsent(t *testing.T) {
	path := statePath(t)
	bad := withNext(t, "SELEKT;")
	if _, err := state.OpenWith(t.Context(), state.Options{Path: path}, bad); err == nil {
		t.Fatal("Open with a migration that fails = nil error")
	}
	left, err := filepath.Glob(path + "*")
	if err != nil || len(left) != 1 || left[0] != path+".lock" {
		t.Errorf("left behind: %v, %v, want the lock alone", left, err)
	}
	must(t, os.WriteFile(path+".new", []byte("of a killed attempt"), 0o600))
	must(t, os.WriteFile(path+".new-journal", []byte("of a killed attempt"), 0o600))
	must(t, openDB(t, path).Close())
	must(t, state.Check(t.Context(), path))
	if left, err = filepath.Glob(path + ".new*"); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The lock is that of the file, by whatever name it is opened.
func TestLockThroughSymbolicLink(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "state.db")
	link, linked := filepath.Join(folder, "etc", "link.db"), filepath.Join(folder, "folder")
	must(t, os.Mkdir(filepath.Dir(link), 0o700))
	must(t, os.Symlink("../state.db", link)) // to a file that is not there yet
	must(t, os.Symlink(folder, linked))
	for first, second := range map[string]string{link: path, path: filepath.Join(linked, "etc", "link.db")} {
		db := openDB(t, first)
		claim, err := state.LockService(t.Context(), first, "okta-walkme-agent run", time.Now())
		must(t, err)
		var locked *state.LockedError
		if _, err := state.Open(t.Context(), state.Options{Path: second}); !errors.As(err, &locked) {
			t.Errorf("Open(%s) while %s is open = %v, want a *LockedError", second, first, err)
		}
		if _, err := state.LockService(t.Context(), second, "", time.Now()); !errors.As(err, &locked) {
			t.Errorf("LockService(%s) while %s is claimed = %v, want a *LockedError", second, first, err)
		}
		if service, err := state.Service(second); service == nil || err != nil {
			t.Errorf("Service(%s) while %s is claimed = %v, %v, want its holder", second, first, service, err)
		}
		must(t, errors.Join(db.Close(), claim.Release()))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
}

func TestSymbolicLinkToItself(t *testing.T) {
	path := statePath(t)
	must(t, os.Symlink(path, path))
	for call, open := range openers {
		if err := open(t.Context(), path); err == nil {
			t.Errorf("%s(a link to itself) = nil, want an error", call)
		}
	}
}

func TestMakeable(t *testing.T) {
	folder := t.TempDir()
	must(t, os.WriteFile(filepath.Join(folder, "file"), nil, 0o600))
	for path, want := range map[string]bool{
		filepath.Join(folder, "state.db"):              true,
		filepath.Join(folder, "lib", "ag", "state.db"): true,
		filepath.Join(folder, "file", "state.db"):      false,
		"/proc/none/state.db":                          false,
		"":                                             false,
	} {
		if err := state.Makeable(path); (err == nil) != want {
			t.Errorf("Makeable(%s) = %v, want an error: %t", path, err, !want)
		}
	}
	if left, err := os.ReadDir(folder); len(left) != 1 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
