package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

var errNoRoom = errors.New("no space left on device")

// fullDevice takes nothing.
type fullDevice struct{}

func (fullDevice) Write([]byte) (int, error) { return 0, errNoRoom }

// A command whose output is lost does not end as if somebody had read it.
func TestLostOutput(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.must(exitOK, "sync")
	for _, command := range append([]string{"groups", "groups --available", "accounts", "accounts --format csv", "holds", "holds --format json",
		"man", "completion bash", "probe --list", "scenario example", "scenario schema", "serve scim --list-quirks"}, everyCommand...) {
		args := strings.Fields(strings.Replace(command, "BACKUP", filepath.Join(c.dir, "backup.db"), 1))
		var said bytes.Buffer
		code := run(t.Context(), c.args(args), environment{
			getenv: func(name string) string { return c.env[name] }, stdin: strings.NewReader(""), stdout: fullDevice{}, stderr: &said,
		})
		if code != exitFailed || !strings.Contains(lastLine(said.String()), errNoRoom.Error()) {
			t.Errorf("%s: %d %q, want %d and why", command, code, said.String(), exitFailed)
		}
	}
}
