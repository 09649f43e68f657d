package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/probe/scenario"
	"okta-walkme-agent/walkme"
)

func (c *cli) scenarioCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "scenario",
		Short: "Play a life of an org from a file, and hold it to its expectations",
		Long: `A scenario is a YAML file: people and groups in Okta, steps that change them
and let the agent run, and expectations on its requests, on the accounts and
groups in the end, on its exit code and its words. "scenario example" prints
one, "scenario schema" the JSON schema with which editors complete it;
docs/scenarios holds what Okta's documentation says, a sentence each.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.scenarioRunCommand(),
		c.printed("example", "Print a scenario that shows most of what one can say", scenario.Example),
		c.printed("schema", "Print the JSON schema of scenarios, for editors", scenario.Schema))
	return cmd
}

// printed is a command that prints a text.
func (c *cli) printed(name, short string, text []byte) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := c.stdout.Write(text)
			return err
		},
	}
}

// scenarioRun is scenario run with its flags.
type scenarioRun struct {
	target, auth string
	wireProfile  string
	verbose      bool
}

func (c *cli) scenarioRunCommand() *cobra.Command {
	var s scenarioRun
	cmd := &cobra.Command{
		Use:   "run FILE…",
		Short: "Play scenarios; - is standard input",
		Long: `Plays each file with a fake Okta org in this process, against the built-in
tenant or against --target. An expectation that does not hold is said with its
line and both values; then the exit code is 3.

Against --target accounts and groups are made on that server, and deleted in the
end: use a tenant made for tests. Steps that change the tenant behind the
agent's back need the built-in one.`,
		Example: `  okta-walkme-agent scenario example > first.yaml
  okta-walkme-agent scenario run first.yaml
  okta-walkme-agent scenario run --wire-profile aiw docs/scenarios/*.yaml
  okta-walkme-agent scenario run first.yaml --target https://scim.example.com/v2 --auth env:SCIM_AUTH`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("scenario run wants a file, or several; - is standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return c.runScenarios(cmd.Context(), &s, args) },
	}
	f := cmd.Flags()
	f.StringVar(&s.target, "target", "", "SCIM base `URL` of a server to play against, in place of the built-in tenant")
	f.StringVar(&s.auth, "auth", "", "its credential, as one types it into Okta's API Token field: env:NAME or file:PATH")
	f.StringVar(&s.wireProfile, "wire-profile", "", "oin, aiw or both, whatever the files say")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "show the output and the requests of every command")
	return cmd
}

func (s *scenarioRun) options(c *cli) (scenario.Options, error) {
	opts := scenario.Options{Target: strings.TrimRight(s.target, "/"), Program: c.program}
	if self, err := os.Executable(); err == nil {
		opts.Executable = []string{self}
	}
	if s.verbose {
		opts.Verbose = c.stdout
	}
	switch {
	case s.wireProfile != "" && s.wireProfile != "oin" && s.wireProfile != "aiw" && s.wireProfile != "both":
		return opts, usage("--wire-profile is oin, aiw or both, not %q", s.wireProfile)
	case s.target == "" && s.auth != "":
		return opts, usage("--auth is for --target")
	case s.target != "" && s.auth == "":
		return opts, usage("--target wants --auth: env:NAME or file:PATH with what one types into Okta's API Token field")
	case s.target == "":
		return opts, nil
	}
	credential, err := c.secret("--auth", s.auth)
	if err != nil {
		return opts, err
	}
	opts.Authorization, opts.Transport = asTyped(credential), walkme.NewTransport()
	return opts, nil
}

// program is this program as a function, for commands of a scenario.
func (c *cli) program(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return run(ctx, args, environment{getenv: c.getenv, stdin: strings.NewReader(""), stdout: stdout, stderr: stderr})
}

func (c *cli) runScenarios(ctx context.Context, s *scenarioRun, paths []string) error {
	opts, err := s.options(c)
	if err != nil {
		return err
	}
	var files []*scenario.File
	for _, path := range paths {
		f, err := c.loadScenario(path)
		if err != nil {
			return &exit{exitUsage, err}
		}
		if s.wireProfile != "" {
			f.WireProfile = s.wireProfile
		}
		files = append(files, f)
	}
	failed := 0
	var unplayed []error
	wrong := false
	for _, f := range files {
		results, err := scenario.Play(ctx, f, opts)
		for _, r := range results {
			failed += len(r.Failures)
			if err := c.printResult(r); err != nil {
				return err
			}
		}
		var format *scenario.FormatError
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted: %w", err)
		case errors.As(err, &format):
			wrong = true
			unplayed = append(unplayed, err)
		default:
			unplayed = append(unplayed, fmt.Errorf("%s: %w", f.Path, err))
		}
	}
	switch {
	case wrong:
		return &exit{exitUsage, errors.Join(unplayed...)}
	case len(unplayed) > 0:
		return errors.Join(unplayed...)
	case failed > 0:
		return &exit{exitProblems, fmt.Errorf("%s not hold", counted(failed, "expectation does", "expectations do"))}
	}
	return nil
}

func (c *cli) loadScenario(path string) (*scenario.File, error) {
	if path != "-" {
		return scenario.Load(path)
	}
	data, err := io.ReadAll(io.LimitReader(c.stdin, 4<<20))
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return scenario.Parse("-", data)
}

// printResult prints a line for a scenario, and one for each expectation that does not
// hold, which begins with the file and the line of it.
func (c *cli) printResult(r scenario.Result) error {
	word := "ok    "
	if len(r.Failures) > 0 {
		word = "FAILED"
	}
	line := fmt.Sprintf("%s  %s (%s)", word, r.File.Path, r.WireProfile)
	if r.File.Title != "" {
		line += ": " + r.File.Title
	}
	_, err := fmt.Fprintln(c.stdout, line)
	for _, f := range r.Failures {
		if err == nil {
			_, err = fmt.Fprintf(c.stdout, "  %s:%d: %s\n", r.File.Path, f.Line, f.Text)
		}
	}
	return err
}
