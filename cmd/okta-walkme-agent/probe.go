package main

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/walkme"
)

// exitInterrupted is the shell's code of a process that Ctrl-C ended.
const exitInterrupted = 130

// probeFlags are what probe may be told.
type probeFlags struct {
	probe.Options
	auth, dialect, format string
	strict, list          bool
	yes, full             bool
}

func (c *cli) probeCommand() *cobra.Command {
	f := probeFlags{}
	cmd := &cobra.Command{
		Use:   "probe URL",
		Short: "Judge any SCIM server by what Okta does with it",
		Long: `Runs the checks of Okta's own suites and of its manual test plan, the requests
that Okta sends in production, in both of its dialects, and what has broken real
servers. Each result says what was asked and answered, what Okta would do with it
and its admin would see, the remedy, and the switch of this agent that lives with
it. It ends with a configuration of the agent that fits the server.

URL is the SCIM base URL, the part before /Users. --auth names where the value is
that one types into Okta's API Token field: "Bearer …", "Basic …", or the bare
token, which is sent as Bearer. With --config the address and the credentials are
those of the agent's configuration.

Without --allow-writes nothing but GET is sent. With it accounts and groups are made
(400 at most, named after --prefix, addresses under --domain), changed and removed
again, also after Ctrl-C; nothing else is touched. What could not be removed is
named. A server that invites new accounts by e-mail writes to those addresses.

  suite      what is in it
  spec       Okta's SPEC suite, request by request
  crud       the life of an account: made, changed, deactivated, back again
  plan       the cases of Okta's manual test plan that a program can do
  wire       Okta's requests in its two dialects: oin (apps of the catalogue,
             PATCH) and aiw (apps of its wizard, PUT)
  quirks     what broke real servers: odd names, paging, lost updates
  discovery  what a server says about itself; Okta never asks

Exit codes: 0 every required check passed, with --strict every recommended one, too;
3 one did not; 1 the server could not be judged; 64 wrong usage; 130 interrupted.`,
		Example: `  export SCIM_TOKEN='Bearer …'
  okta-walkme-agent probe https://example.com/scim/v2 --auth env:SCIM_TOKEN
  okta-walkme-agent probe https://example.com/scim/v2 --auth env:SCIM_TOKEN --allow-writes
  okta-walkme-agent probe … --allow-writes --format junit > probe.xml
  okta-walkme-agent probe … --only 'wire.oin.*' --trace wire.har`,
		Args: probeArgs(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.probe(cmd, strings.Join(args, ""), f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.auth, "auth", "", "where the credential is: `env:NAME` or file:PATH")
	flags.StringSliceVar(&f.Suites, "suite", nil, "only these `SUITES`: "+strings.Join(probe.Suites(), ", ")+", all (default all)")
	flags.StringSliceVar(&f.Only, "only", nil, "only the checks with these `IDS`; * stands for any characters")
	flags.StringSliceVar(&f.Skip, "skip", nil, "not the checks with these `IDS`")
	flags.StringVar(&f.dialect, "dialect", "both", "Okta's `DIALECT`: oin, aiw or both")
	flags.BoolVar(&f.AllowWrites, "allow-writes", false, "make accounts and groups on the server, and remove them again")
	flags.BoolVar(&f.yes, "yes", false, "do not ask for the host to be typed")
	flags.BoolVar(&f.strict, "strict", false, "a recommended check that does not hold fails, too")
	flags.StringVar(&f.format, "format", "text", "text, json, junit, markdown or html")
	flags.BoolVar(&f.full, "full", false, "text: list also what holds")
	flags.BoolVar(&f.list, "list", false, "list the checks with their ids, and ask nobody")
	flags.StringVar(&f.Prefix, "prefix", probe.DefaultPrefix, "`TEXT` that the names of everything that is made begin with")
	flags.StringVar(&f.Domain, "domain", probe.DefaultDomain, "`DOMAIN` of the e-mail addresses that are made")
	flags.DurationVar(&f.Timeout, "timeout", probe.DefaultTimeout, "of the whole run, its clean-up aside")
	flags.Float64Var(&f.RequestsPerSecond, "requests-per-second", 10, "at most so many `REQUESTS` a second; 0: no limit (default on loopback)")
	for name, words := range map[string][]string{
		"suite": append(probe.Suites(), "all"), "dialect": {"oin", "aiw", "both"}, "format": probeFormats(),
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // the flags are there
	}
	for _, name := range []string{"only", "skip"} {
		_ = cmd.RegisterFlagCompletionFunc(name, completeCheckIDs) // the same
	}
	return cmd
}

// completeCheckIDs lists the ids of all checks. No other command pays for the catalogue.
func completeCheckIDs(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var ids []cobra.Completion
	for _, c := range probe.Catalogue([]walkme.Profile{walkme.OIN, walkme.AIW}) {
		ids = append(ids, c.ID)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}

func probeArgs(f *probeFlags) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case f.list && len(args) == 0, cmd.Flags().Changed("config") && len(args) == 0, len(args) == 1:
			return nil
		case len(args) == 0:
			return usage("probe wants the SCIM base URL of the server, or --config FILE")
		}
		return usage("probe wants one base URL, not %d", len(args))
	}
}

// check finds what is wrong with the flags alone.
func (f *probeFlags) check() error {
	switch f.dialect {
	case "oin", "aiw":
		f.Dialects = []walkme.Profile{walkme.Profile(f.dialect)}
	case "both":
	default:
		return usage("--dialect is oin, aiw or both, not %q", f.dialect)
	}
	if !slices.Contains(probeFormats(), f.format) {
		return usage("--format is one of %s, not %q", strings.Join(probeFormats(), ", "), f.format)
	}
	switch {
	case f.Timeout <= 0:
		return usage("--timeout is more than 0s")
	case f.RequestsPerSecond < 0:
		return usage("--requests-per-second is 0 or more")
	case f.Prefix == "" || strings.ContainsFunc(f.Prefix, oddInName) || len(f.Prefix) > 40:
		return usage("--prefix is 1 to 40 letters, digits, hyphens and dots")
	case f.Domain == "" || strings.ContainsFunc(f.Domain, oddInName):
		return usage("--domain is a domain such as %s", probe.DefaultDomain)
	}
	return nil
}

func oddInName(r rune) bool {
	return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func (c *cli) probe(cmd *cobra.Command, target string, f probeFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.list {
		return c.listChecks(f)
	}
	if err := c.aim(cmd, target, &f); err != nil {
		return err
	}
	if err := c.probeConfirmed(cmd, target == "", &f); err != nil {
		return err
	}
	progress := c.probeProgress(&f)
	r, err := probe.Run(cmd.Context(), f.Options)
	progress()
	var selection *probe.SelectionError
	switch {
	case errors.As(err, &selection):
		return &exit{exitUsage, err}
	case r == nil && errors.Is(cmd.Context().Err(), context.Canceled):
		return &exit{exitInterrupted, probe.ErrInterrupted}
	case r == nil:
		return explainedProbe(err, cmd.Flags().Changed("config"))
	}
	if writeErr := c.writeProbe(r, f); writeErr != nil {
		return writeErr
	}
	if n := len(r.Left); n > 0 && err == nil { // the report may go to a file
		fmt.Fprintf(c.stderr, "%s left on the server, as the report says\n", count(n, "object is", "objects are"))
	}
	return probeVerdict(r, err, f.strict)
}

// explainedProbe is explained for any server, and for a command that may have no
// configuration.
func explainedProbe(err error, configured bool) error {
	var authority x509.UnknownAuthorityError
	if d, ok := diagnose(err); ok && errors.As(err, &authority) && !configured {
		d.remedy = "give the authority's certificate in the environment, as SSL_CERT_FILE=ca.pem"
		return &explainedError{d, err}
	}
	return explained(err)
}

// probeVerdict is the exit code.
func probeVerdict(r *probe.Report, err error, strict bool) error {
	left := ""
	if n := len(r.Left); n > 0 {
		left = fmt.Sprintf("; %s left on the server", count(n, "object is", "objects are"))
	}
	switch {
	case errors.Is(err, probe.ErrInterrupted):
		return &exit{exitInterrupted, fmt.Errorf("%w%s", err, left)}
	case err != nil && r.Holds(strict):
		return fmt.Errorf("%w%s", err, left)
	case err != nil:
		return &exit{exitProblems, fmt.Errorf("%w%s", err, left)}
	case !r.Holds(strict):
		return &exit{code: exitProblems}
	}
	return nil
}

// probeWidth is that of the terminal, or COLUMNS, or 80.
func (c *cli) probeWidth() int {
	columns, _ := strconv.Atoi(c.getenv("COLUMNS"))
	return cmp.Or(width(c.stdout), max(columns, 0), 80)
}

func probeFormats() []string { return []string{"text", "json", "junit", "markdown", "html"} }

func (c *cli) writeProbe(r *probe.Report, f probeFlags) error {
	switch f.format {
	case "json":
		return probe.JSON(c.stdout, r)
	case "junit":
		return probe.JUnit(c.stdout, r, f.strict)
	case "markdown":
		return probe.Markdown(c.stdout, r)
	case "html":
		return probe.HTML(c.stdout, r)
	}
	return probe.Text(c.stdout, r, report.Options{Color: c.colored(c.stdout), Width: c.probeWidth(), Full: f.full})
}

// listChecks prints the checks that --suite, --only and --skip leave; all without them.
func (c *cli) listChecks(f probeFlags) error {
	s := report.NewSheet(report.Options{Color: c.colored(c.stdout), Width: c.probeWidth()})
	checks, err := probe.Select(f.Options)
	if err != nil {
		return &exit{exitUsage, err}
	}
	for _, check := range checks {
		kind := string(check.Level)
		if check.Writes {
			kind += ", writes"
		}
		s.Field(0, 34, check.ID, check.Title+" ("+kind+")")
	}
	_, err = fmt.Fprint(c.stdout, s.String())
	return err
}

// probeProgress shows on a terminal which check runs. What it returns takes the line
// away.
func (c *cli) probeProgress(f *probeFlags) func() {
	if !isTerminal(c.stderr) {
		return func() {}
	}
	room := cmp.Or(width(c.stderr), 80) - 1
	last := time.Time{}
	f.Progress = func(done, all int, id string) {
		if time.Since(last) < 100*time.Millisecond {
			return
		}
		last = time.Now()
		line := fmt.Sprintf("%d of %d  %s", done, all, id)
		fmt.Fprintf(c.stderr, "\r\x1b[K%s", line[:min(len(line), room)])
	}
	return func() { fmt.Fprint(c.stderr, "\r\x1b[K") }
}
