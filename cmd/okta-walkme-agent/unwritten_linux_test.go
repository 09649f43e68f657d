package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// A file that cannot be made is told by its own name, with what to do about it, and
// nothing is left half-written.
func TestUnwritten(t *testing.T) {
	t.Parallel()
	for reason, want := range map[error]string{
		syscall.EACCES: "cause: this user may not write into /srv\n", syscall.ENOSPC: "cause: the disk of /srv is full\n",
		syscall.EROFS: "cause: /srv is on a disk that is mounted for reading alone\n", syscall.EIO: "/srv/p.json cannot be written: input/output error",
	} {
		for _, err := range []error{
			&os.PathError{Op: "open", Path: "/srv/.plan-123", Err: reason},
			&os.LinkError{Op: "rename", Old: "/srv/.plan-123", New: "/srv/p.json", Err: reason},
		} {
			said := unwritten("/srv/p.json", err).Error()
			if !strings.HasPrefix(said, want) || !strings.Contains(said, "/srv/p.json cannot be written: ") || strings.Contains(said, ".plan-") {
				t.Errorf("%v is told as %q", err, said)
			}
		}
	}
	if err := unwritten("/srv/p.json", nil); err != nil {
		t.Errorf("a file that was written: %v", err)
	}
}

// A folder where nobody may make a file, one that is a file, and one that is not there.
func TestPlanIntoNowhere(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	for _, path := range []string{"/proc/self/p.json", filepath.Join(c.dir, "agent.yaml", "p.json"), filepath.Join(c.dir, "none", "p.json")} {
		for _, flag := range []string{"--out", "--trace"} {
			if r := c.must(exitFailed, "plan", flag, path); strings.Contains(r.err, ".plan-") || !strings.Contains(lastLine(r.err), filepath.Dir(path)) {
				t.Errorf("plan %s %s says\n%s", flag, path, r.err)
			}
		}
	}
}
