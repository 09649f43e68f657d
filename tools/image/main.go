// Command image writes the container image as an OCI archive, without a container
// engine and without a base image: the program, certificates, time zones and a user.
//
// The same inputs give the same bytes: every file has the time that -created says,
// certificates come from the version of golang.org/x/crypto in go.mod, and time
// zones from the Go distribution.
//
//	image -out FILE -created RFC3339 -version V -revision COMMIT -docs DIR amd64=BINARY arm64=BINARY
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	var release release
	var out, created string
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&out, "out", "", "archive to write")
	flags.StringVar(&created, "created", "", "time of the commit, RFC 3339")
	flags.StringVar(&release.version, "version", "", "version of the program")
	flags.StringVar(&release.revision, "revision", "", "commit")
	flags.StringVar(&release.docs, "docs", "", "folder whose files go to /usr/share/doc")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if out == "" || release.version == "" || flags.NArg() == 0 {
		return errors.New("-out, -version and at least one ARCH=BINARY are needed")
	}
	var err error
	if release.created, err = time.Parse(time.RFC3339, created); err != nil {
		return fmt.Errorf("-created: %w", err)
	}
	release.created = release.created.UTC()
	if release.zones, err = zones(ctx); err != nil {
		return err
	}
	var programs []program
	for _, arg := range flags.Args() {
		arch, path, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is not ARCH=BINARY", arg)
		}
		programs = append(programs, program{arch: arch, path: path})
	}
	slices.SortFunc(programs, func(a, b program) int { return strings.Compare(a.arch, b.arch) })
	return write(out, release, programs)
}

// zones reads the time zones that come with Go, as the zip file that ZONEINFO may
// name.
func zones(ctx context.Context) ([]byte, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("where Go is: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
}
