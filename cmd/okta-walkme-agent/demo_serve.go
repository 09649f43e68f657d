package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"okta-walkme-agent/walkme/walkmetest"
)

// program is what to type to run this program again: its name where the shell finds
// it under that, else the path of the binary, which "go run" has put somewhere.
func program() string {
	self, err := os.Executable()
	if err != nil {
		return programName
	}
	found, err := exec.LookPath(programName)
	if err != nil {
		return self
	}
	if found, err = filepath.EvalSymlinks(found); err != nil || found != self {
		return self
	}
	return programName
}

// serve keeps the stage up until the context ends.
func (d *demo) serve(ctx context.Context) error {
	close, err := d.openConsole(ctx)
	if err != nil {
		return err
	}
	defer close()
	fmt.Fprintf(d.stdout, `
A fake Okta org and a fake WalkMe tenant are running, with four people.

  Okta    %s
          app id     %s
          API token  %s
  WalkMe  %s
          user name  %s
          password   %s

Use them from another terminal, and stop them here with Ctrl-C:

  export %s=%s
  %s check
  %s plan
  %s sync

or begin at the beginning, with a configuration of your own:

  %s --config ./demo.yaml init --secrets file --write-secrets --live \
    --okta-org %s --okta-app %s \
    --base-url %s

Change the org by lines on standard input:

%s
`, d.org.URL(), d.org.AppID(), d.org.Token(), d.tenant.URL(), walkmetest.DefaultUsername, walkmetest.DefaultPassword,
		configVar, d.config, program(), program(), program(),
		program(), d.org.URL(), d.org.AppID(), d.tenant.URL(), demoHelp())
	_, err = io.WriteString(d.stdout, "WalkMe's requests are shown here as they come.\n")
	if err != nil {
		return err
	}
	go d.obey() // ends with standard input, or the process
	d.watch(ctx)
	return nil
}
