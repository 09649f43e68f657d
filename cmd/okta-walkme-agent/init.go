package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/configs"
)

// setup is what init needs to know. What is empty is asked for.
type setup struct {
	org, app          string
	oktaAuth          string // authToken or authServiceApp
	clientID, keyID   string
	region, baseURL   string
	groups            []string
	instance          string
	references        string // inCredentials or inFiles
	beside            bool   // the state lies beside the configuration
	live              bool
	writeSecrets      bool
	overwrite, noTest bool
}

// The ways to sign in to Okta.
const (
	authToken      = "token"
	authServiceApp = "service-app"
)

// Where the secrets come from.
const (
	inCredentials = "credential" // systemd's, from LoadCredential= in the unit
	inFiles       = "file"       // beside the configuration, for commands by hand
)

func (c *cli) initCommand() *cobra.Command {
	var s setup
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first configuration",
		Long: `Asks for the few things that have no default, writes the configuration to the
place that --config says, and checks it. What is given by a flag is not asked
for; a wrong answer is asked for again. The configuration starts as a dry run:
the service plans and sends nothing until dry_run is set to false.

Secrets are never written to the configuration. With --write-secrets they are
asked for, too, and written beside it, each to a file of its own that only its
owner can read; that is where the systemd units look for them.

It may be called again: with the same answers nothing changes, with others the
file is written anew. One that somebody has edited stays, unless --force.`,
		Example: `  okta-walkme-agent init
  okta-walkme-agent init --okta-org https://acme.okta.com --okta-app 0oa1b2c3d4e5f6g7h8i9 --region eu \
      --group "WalkMe Editors" --write-secrets`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.init(cmd.Context(), s) },
	}
	f := cmd.Flags()
	f.StringVar(&s.org, "okta-org", "", "address of the Okta org, such as https://acme.okta.com")
	f.StringVar(&s.app, "okta-app", "", "the WalkMe app in Okta: its id (0oa…), or its name, which is looked up with the secrets")
	f.StringVar(&s.oktaAuth, "okta-auth", authToken, "how to sign in to Okta: "+authToken+", or "+authServiceApp+" (OAuth 2.0, private key)")
	f.StringVar(&s.clientID, "client-id", "", "client id of the service app")
	f.StringVar(&s.keyID, "key-id", "", "id (kid) of the service app's key")
	f.StringVar(&s.region, "region", "", "where the WalkMe account lives: us, eu or ca")
	f.StringVar(&s.baseURL, "base-url", "", "SCIM base URL of WalkMe, instead of --region")
	f.StringArrayVar(&s.groups, "group", nil, "push the Okta group of that `NAME`; may be repeated")
	f.StringVar(&s.instance, "instance", "", "`NAME` of the unit's instance, as in okta-walkme-agent@NAME")
	f.StringVar(&s.references, "secrets", inCredentials, "where the secrets come from: "+inCredentials+" (systemd's), or "+inFiles+" (beside the configuration; the packaged service cannot read them)")
	f.BoolVar(&s.writeSecrets, "write-secrets", false, "ask for the secrets and write them beside the configuration")
	f.BoolVar(&s.live, "live", false, "without the dry run")
	f.BoolVar(&s.overwrite, "force", false, "replace a configuration that somebody has edited")
	f.BoolVar(&s.noTest, "no-check", false, "do not check the configuration")
	return cmd
}

func (c *cli) init(ctx context.Context, s setup) error {
	path := c.file()
	if s.instance != "" && c.configPath == "" {
		path = filepath.Join(filepath.Dir(defaultConfig), s.instance, "agent.yaml")
	}
	if err := s.validate(); err != nil {
		return err
	}
	s.beside = s.references == inFiles && s.instance == "" && filepath.Dir(path) != filepath.Dir(defaultConfig) && mayMoveState(path)
	if err := replaceable(path, s.overwrite); err != nil {
		return err
	}
	ask := c.newAsker(ctx)
	fmt.Fprint(c.folded(c.stderr), s.needs())
	files, err := s.gather(ctx, filepath.Dir(path), ask)
	if err == nil {
		files, err = s.finish(path, files)
	}
	if err != nil {
		fmt.Fprint(c.stderr, s.resume(c.configPath, err))
		return wrongAnswers(err)
	}
	if err := writeSetup(files); err != nil {
		return err
	}
	err = c.checkSetup(ctx, path, s)
	fmt.Fprint(c.folded(c.stderr), s.lastScreen(path, files))
	return err
}

// gather asks for what is missing: the answers, the secrets where they are to be
// written, and the id of an app that was given by its name. The secrets come back as
// files.
func (s *setup) gather(ctx context.Context, dir string, ask *asker) (files []setupFile, err error) {
	if err := s.complete(ask, dir); err != nil {
		return nil, err
	}
	if s.writeSecrets {
		if files, err = s.askSecrets(ask, dir); err != nil {
			return nil, err
		}
	}
	if isAppID(s.app) {
		return files, nil
	}
	return files, s.findApp(ctx, dir, files, ask)
}

// finish adds the configuration to the files. What the answers cannot be is an
// error.
func (s *setup) finish(path string, files []setupFile) ([]setupFile, error) {
	text, err := s.starter().Render()
	if err != nil {
		return nil, err
	}
	if _, err := configs.Parse(path, text, configs.Env{Dir: filepath.Dir(path)}); err != nil {
		return nil, err
	}
	return append(files, setupFile{path: path, data: text, mode: 0o644}), nil // the service's user must be able to read it
}

// unitInstance is what systemd takes behind the @ without an escape (systemd.unit(5)),
// where it is a folder's name, too.
var unitInstance = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9:_.-]*$`)

// validate checks the choices among the flags.
func (s *setup) validate() error {
	switch {
	case s.region != "" && s.baseURL != "":
		return usage("--region and --base-url say the same thing; one of them is enough")
	case s.oktaAuth != authToken && s.oktaAuth != authServiceApp:
		return usage("--okta-auth is %s or %s, not %q", authToken, authServiceApp, s.oktaAuth)
	case s.references != inCredentials && s.references != inFiles:
		return usage("--secrets is %s or %s, not %q", inCredentials, inFiles, s.references)
	case s.oktaAuth != authServiceApp && s.clientID+s.keyID != "":
		return usage("--client-id and --key-id go with --okta-auth %s", authServiceApp)
	case s.instance != "" && !unitInstance.MatchString(s.instance):
		return usage("--instance is a name of letters, digits and : _ . -, not %q", s.instance)
	}
	s.region = strings.ToLower(s.region)
	return nil
}

// replaceable refuses to write where nothing can be written, and over a configuration
// that a person has worked on: one that is neither empty, nor the sample, which the
// package installs, nor as init writes it.
func replaceable(path string, overwrite bool) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return mayWrite(path)
	case err != nil:
		return unwritten(path, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s cannot be written: it is no ordinary file", path)
	}
	data, err := os.ReadFile(path)
	switch {
	case err != nil:
		return unwritten(path, err)
	case overwrite, len(bytes.TrimSpace(data)) == 0, bytes.Equal(data, configs.Sample()), configs.IsStarter(data):
		return mayWrite(path)
	}
	return &exit{exitConfig, fmt.Errorf("%s is there already and somebody has edited it; --force replaces it", path)}
}

// mayWrite says before anything is asked that a file could not be made, nor the folders
// that it is to be in.
func mayWrite(path string) error {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		f, err := os.CreateTemp(dir, ".init-*")
		if err == nil {
			return errors.Join(f.Close(), os.Remove(f.Name()))
		}
		if !errors.Is(err, os.ErrNotExist) || dir == filepath.Dir(dir) {
			return unwritten(path, err)
		}
	}
}

// mayMoveState is false of a configuration whose state lies somewhere else already.
func mayMoveState(path string) bool {
	data, err := os.ReadFile(path)
	return err != nil || bytes.Contains(data, []byte("\n  path: state.db\n"))
}

// setupFile is a file that init writes: a secret, or the configuration.
type setupFile struct {
	path string
	data []byte
	mode os.FileMode
	kept bool // it was there already, just like this
}

// writeSetup writes the secrets first: a configuration that is there can be checked.
func writeSetup(files []setupFile) error {
	for i, f := range files {
		if files[i].kept = isThere(f); files[i].kept {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil { // the service's user must be able to read the configuration
			return unwritten(f.path, err)
		}
		if err := writeFile(f.path, f.data, f.mode); err != nil {
			return err
		}
	}
	return nil
}

func isThere(f setupFile) bool {
	info, err := os.Stat(f.path)
	if err != nil || info.Mode().Perm() != f.mode {
		return false
	}
	data, err := os.ReadFile(f.path)
	return err == nil && bytes.Equal(data, f.data)
}

// writeFile replaces a file as a whole, or leaves it as it was.
func writeFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".init-*")
	if err != nil {
		return unwritten(path, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // after the rename it is not there
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Close()); err != nil {
		return unwritten(path, err)
	}
	return unwritten(path, os.Rename(f.Name(), path))
}

// checkSetup checks what was written, as far as the secrets are there.
func (c *cli) checkSetup(ctx context.Context, path string, s setup) error {
	if s.noTest {
		return nil
	}
	dir := filepath.Dir(path)
	for _, secret := range s.secrets() {
		if _, err := os.Stat(filepath.Join(dir, secret.name)); err != nil {
			fmt.Fprintf(c.stderr, "Not checked yet: %s is missing.\n", filepath.Join(dir, secret.name))
			return nil
		}
	}
	fmt.Fprintln(c.stderr, "\nThe check:")
	checker := &cli{environment: c.environment, configPath: path, color: c.color, display: c.display}
	checker.getenv = func(key string) string {
		if value := c.getenv(key); value != "" || key != credentialsVar {
			return value
		}
		return dir
	}
	return checker.check(ctx, false)
}

// credentialsVar is where systemd hands the credentials over.
const credentialsVar = "CREDENTIALS_DIRECTORY"

// secrets lists what has to be kept beside the configuration, with the question for
// each.
func (s *setup) secrets() []question {
	out := []question{{name: "walkme-username", text: "WalkMe SCIM user name"}, {name: "walkme-password", text: "WalkMe SCIM password", hidden: true}}
	if s.oktaAuth == authServiceApp {
		return append([]question{{name: "okta-private-key", text: "file with the service app's private key (PEM)", file: true}}, out...)
	}
	return append([]question{{name: "okta-api-token", text: "Okta API token", hidden: true}}, out...)
}
