package state_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"okta-walkme-agent/state"
)

// child is this test binary in another process.
type child struct {
	cmd *exec.Cmd
	out *bufio.Scanner
}

// startChild starts a child and waits for its first line.
func startChild(t *testing.T, name, path string) *child {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"="+name, "STATE_TEST_PATH="+path)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	c := &child{cmd: cmd, out: bufio.NewScanner(stdout)}
	if !c.out.Scan() {
		t.Fatalf("child %s said nothing: %v", name, cmd.Wait())
	}
	return c
}

// kill ends a child as a power cut would, and returns what it still said.
func (c *child) kill(t *testing.T) (lines []string) {
	t.Helper()
	must(t, c.cmd.Process.Kill())
	for c.out.Scan() {
		lines = append(lines, c.out.Text())
	}
	var exit *exec.ExitError
	if err := c.cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("child ended with %v, want it killed", err)
	}
	return lines
}

func childOpen() *state.DB {
	db, err := state.Open(context.Background(), state.Options{Path: os.Getenv("STATE_TEST_PATH"), Holder: "okta-walkme-agent run"})
	childMust(err)
	return db
}

func childMust(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

// holdChild opens the state, begins a run, and stays until it is killed.
func holdChild() {
	db := childOpen()
	childMust(db.SetMeta(context.Background(), "child", "was here"))
	childMust(db.BeginRun(context.Background(), state.Run{ID: "run-of-child", Trigger: "schedule"}))
	fmt.Println("ready")
	time.Sleep(time.Minute)
}

func TestSecondProcess(t *testing.T) {
	path := statePath(t)
	before := time.Now().Add(-time.Second)
	c := startChild(t, "hold", path)

	_, err := state.Open(t.Context(), state.Options{Path: path, Holder: "okta-walkme-agent sync"})
	var locked *state.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("Open() = %v, want a *LockedError", err)
	}
	if locked.PID != c.cmd.Process.Pid || locked.Command != "okta-walkme-agent run" || locked.Since.Before(before) || locked.Since.After(time.Now()) {
		t.Errorf("LockedError = %+v, want process %d (okta-walkme-agent run) since just now", locked, c.cmd.Process.Pid)
	}
	reader, err := state.OpenReadOnly(t.Context(), path)
	must(t, err)
	runs, err := reader.Runs(t.Context(), 0)
	if err != nil || len(runs) != 1 || runs[0].Outcome != state.Running {
		t.Errorf("Runs() while the other process lives = %+v, %v, want one that is running", runs, err)
	}
	must(t, reader.Close())

	c.kill(t)
	db := openDB(t, path) // the kernel gave the lock back
	runs, err = db.Runs(t.Context(), 0)
	if err != nil || len(runs) != 1 || runs[0].Outcome != state.Interrupted || !runs[0].FinishedAt.IsZero() {
		t.Errorf("Runs() after the kill = %+v, %v, want one that is interrupted", runs, err)
	}
}

func TestSecondOpenInOneProcess(t *testing.T) {
	path := statePath(t)
	openDB(t, path)
	_, err := state.Open(t.Context(), state.Options{Path: path})
	var locked *state.LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("second Open() = %v, want a *LockedError with this process", err)
	}
}

// A lock file with text that cannot be read is a holder that is just writing.
func TestLockFileUnreadable(t *testing.T) {
	path := statePath(t)
	openDB(t, path)
	must(t, os.WriteFile(path+".lock", []byte(`{"pid":`), 0o600))
	_, err := state.Open(t.Context(), state.Options{Path: path})
	var locked *state.LockedError
	if !errors.As(err, &locked) || locked.PID != 0 {
		t.Errorf("Open() = %v, want a *LockedError of an unknown process", err)
	}
}

// unprivilegedChild tries what its user must not do, and says what it gets.
func unprivilegedChild() {
	path := os.Getenv("STATE_TEST_PATH")
	_, err := state.Open(context.Background(), state.Options{Path: path})
	fmt.Println("open:", errors.Is(err, state.ErrReadOnly))
	_, err = state.Open(context.Background(), state.Options{Path: filepath.Join(filepath.Dir(path), "new", "state.db")})
	fmt.Println("create:", errors.Is(err, state.ErrReadOnly))
	db, err := state.OpenReadOnly(context.Background(), path)
	childMust(err)
	value, err := db.Meta(context.Background(), "k")
	fmt.Println("read:", value, err)
	childMust(db.Close())
	err = state.Check(context.Background(), path+".secret")
	fmt.Println("secret:", errors.Is(err, os.ErrPermission))
}

// In a folder that cannot be written reading works and writing says why not.
func TestReadOnlyFolder(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to become a user without rights")
	}
	path := statePath(t)
	db := openDB(t, path)
	must(t, db.SetMeta(t.Context(), "k", "v"))
	must(t, db.Close())
	must(t, os.Chmod(path, 0o644))
	must(t, os.WriteFile(path+".secret", nil, 0o600))
	for folder := filepath.Dir(path); folder != os.TempDir(); folder = filepath.Dir(folder) {
		must(t, os.Chmod(folder, 0o755))
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(os.Environ(), childEnv+"=unprivileged", "STATE_TEST_PATH="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	got, err := cmd.Output()
	if want := "open: true\ncreate: true\nread: v <nil>\nsecret: true\n"; string(got) != want || err != nil {
		t.Errorf("a user without rights: %q, %v, want %q", got, err, want)
	}
}

// A sync by root in a service's folder leaves files that the service can open.
func TestRootGivesFilesToFolderOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	path := statePath(t)
	must(t, os.Chown(filepath.Dir(path), 65534, 65534))
	db := openDB(t, path)
	must(t, db.SetMeta(t.Context(), "k", "v"))
	for _, name := range []string{path, path + ".lock", path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		must(t, err)
		if uid := info.Sys().(*syscall.Stat_t).Uid; uid != 65534 {
			t.Errorf("owner of %s = %d, want 65534", filepath.Base(name), uid)
		}
	}
}
