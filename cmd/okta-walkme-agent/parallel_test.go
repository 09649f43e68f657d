package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"

	"okta-walkme-agent/internal/ramdisk"
)

// TestMain runs more tests side by side than there are processors, unless told how many:
// some wait for timers and for processes. Memory there is; to collect it all the time would
// be a fifth of what the tests cost, and to wait for a disk as much.
func TestMain(m *testing.M) {
	flag.Parse()
	keepWithinHost() // as main does
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		if err := flag.Set("test.parallel", "8"); err != nil {
			panic(err)
		}
	}
	dir, err := os.MkdirTemp("", "okta-walkme-agent-test-*")
	if err != nil {
		panic(err)
	}
	shipped = sync.OnceValues(func() (string, error) { return buildInto(dir) })
	leave := ramdisk.Enter()
	code := m.Run()
	leave()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// shipped makes the program for the first test that starts it, and for all others.
var shipped func() (path string, err error)

// buildInto makes the program as it is shipped, without cgo.
func buildInto(dir string) (string, error) {
	path := filepath.Join(dir, programName)
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// build returns the path of the program as it is shipped.
func build(t testing.TB) string {
	t.Helper()
	path, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
