package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestStateCheckOfABackup tests the file that is named, without a configuration.
func TestStateCheckOfABackup(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.must(exitOK, "sync")
	backup, torn := filepath.Join(c.dir, "backup.db"), filepath.Join(c.dir, "torn.db")
	c.must(exitOK, "state", "backup", backup)
	data, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	c.write("torn.db", string(data[:len(data)/2]))
	c.write("agent.yaml", "")
	if r := c.must(exitOK, "state", "check", backup); r.out != backup+" is sound\n" {
		t.Errorf("state check of a backup says %q", r.out)
	}
	if r := c.must(exitFailed, "state", "check", torn); !strings.Contains(r.err, torn) {
		t.Errorf("state check of a torn backup says %q, want its name", r.err)
	}
	if r := c.must(exitFailed, "state", "check", filepath.Join(c.dir, "none.db")); !strings.Contains(r.err, "none.db") {
		t.Errorf("state check of nothing says %q, want the name", r.err)
	}
}
