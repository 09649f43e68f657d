package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/internal/har"
)

// Exit codes. Scripts depend on them.
const (
	exitOK       = 0
	exitFailed   = 1  // the run failed: nothing or only part was done
	exitChanges  = 2  // plan --detailed-exitcode: there are changes
	exitProblems = 3  // finished, but some objects failed or were rejected
	exitHeld     = 4  // finished, but some changes wait for approval
	exitUsage    = 64 // EX_USAGE
	exitConfig   = 78 // EX_CONFIG
)

const (
	programName   = "okta-walkme-agent"
	configVar     = "OKTA_WALKME_AGENT_CONFIG"
	defaultConfig = "/etc/okta-walkme-agent/agent.yaml"
)

// environment is what a command takes from the process around it.
type environment struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// exit is an error with its exit code. Without a message nothing is printed: the
// report has said it all.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}
func (e *exit) Unwrap() error { return e.err }

// run is the whole program. The last line on standard error says why it failed.
func run(ctx context.Context, args []string, env environment) int {
	c := &cli{environment: env, display: newDisplay(env.stderr, isTerminal(env.stderr))}
	return c.execute(ctx, args)
}

func (c *cli) execute(ctx context.Context, args []string) int {
	c.args = args
	root := c.root()
	root.SetArgs(args)
	root.SetIn(c.stdin)
	root.SetErr(c.stderr)
	err := root.ExecuteContext(ctx)
	c.display.close()
	c.endTrace(err == nil)
	code := exitCode(err)
	if isInterrupt(ctx, err) {
		err = errors.New(c.display.interrupted())
	}
	var e *exit
	if err != nil && (!errors.As(err, &e) || e.err != nil) {
		c.say(err)
	}
	return code
}

// mostLines is how many lines of one error are printed: a file of the wrong kind has a
// problem in each of its lines.
const mostLines = 30

// say prints an error. A script reads the last line, so that one stays whole where no
// terminal shows it, and is always there.
func (c *cli) say(err error) {
	lines := slices.Collect(strings.Lines(err.Error()))
	if more := len(lines) - mostLines; more > 0 {
		lines = slices.Replace(lines, mostLines-1, len(lines)-1, report.Number(more)+" more are not shown; the last one:")
	}
	for i, line := range lines {
		w := c.stderr
		if isTerminal(w) || i < len(lines)-1 {
			w = c.folded(w)
		}
		fmt.Fprintf(w, "%s: %s\n", programName, report.Escape(strings.TrimRight(line, "\n")))
	}
}

// isInterrupt says whether an error is nothing but the signal that ended the command.
func isInterrupt(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

func exitCode(err error) int {
	var e *exit
	var bad *configs.Errors
	var binding *agent.BindingError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
		return e.code
	case errors.As(err, &bad), errors.As(err, &binding):
		return exitConfig
	}
	return exitFailed
}

// cli holds the flags that all commands share.
type cli struct {
	environment
	configPath string
	color      string
	tracePath  string
	display    *display
	args       []string
	viewing    bool          // for a member of service.ViewGroup: nothing but looks
	columns    int           // that the reader has; 0: as wide as the output
	trace      *har.Recorder // nil until something is sent

	traffic *service.Traffic // nil: it is not looked at
}

func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   programName,
		Short: "Provision WalkMe from Okta, as Okta's own engine would",
		Long: `Reads who is assigned to the WalkMe app in Okta and which groups are pushed,
compares that with its own state, and makes the SCIM calls to WalkMe that
Okta's provisioning engine would make.`,
		Example: `  okta-walkme-agent demo            see it work, without any account
  okta-walkme-agent check           test configuration and credentials
  okta-walkme-agent plan            show what a run would do
  okta-walkme-agent sync            do it once
  okta-walkme-agent run             do it on schedule, as a service`,
		Version:       versionText(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"auto", "always", "never"}, c.color) {
				return usage("--color is auto, always or never, not %q", c.color)
			}
			return noEmptyFlag(cmd)
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	flags := root.PersistentFlags()
	flags.StringVar(&c.color, "color", "auto", "colours: auto, always or never")
	if !c.viewing { // which has no say in files
		flags.StringVarP(&c.configPath, "config", "c", "", "configuration `FILE` (default $"+configVar+", then "+defaultConfig+")")
		flags.StringVar(&c.tracePath, "trace", "", "record each exchange with Okta and WalkMe in `FILE`, a new one (HAR 1.2, without secrets)")
	}
	root.AddCommand(
		c.runCommand(), c.reloadCommand(), c.initCommand(), c.syncCommand(), c.planCommand(), c.applyCommand(), c.resyncCommand(),
		c.explainCommand(), c.groupsCommand(), c.accountsCommand(), c.checkCommand(), c.consoleCommand(), c.probeCommand(),
		c.notifyCommand(), c.statusCommand(), c.historyCommand(), c.holdsCommand(), c.stateCommand(), c.versionCommand(), c.manCommand(),
		c.demoCommand(), c.serveCommand(), c.scenarioCommand(), c.traceCommand(),
	)
	root.SetOut(c.stdout) // before cobra's own command takes it for its own
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	refuseTopics(root)
	nameShells(root)
	usageArgs(root)
	c.foldHelp(root)
	c.completeNames(root)
	completeChoices(root)
	if c.viewing {
		c.lookAlone(root)
	} else {
		c.askInstead(root)
	}
	return root
}

// file returns the path of the configuration.
func (c *cli) file() string {
	switch {
	case c.configPath != "":
		return c.configPath
	case c.getenv(configVar) != "":
		return c.getenv(configVar)
	}
	return defaultConfig
}

func (c *cli) load() (*configs.Config, error) {
	cfg, err := configs.Load(c.file(), configs.Env{Getenv: c.getenv})
	if _, missing := os.Stat(c.file()); err != nil && errors.Is(missing, fs.ErrNotExist) {
		return nil, &explainedError{diagnosis{"the agent is not set up here yet, or its configuration is another file",
			"write a first one with " + programName + " init; or name yours with --config FILE, or in $" + configVar}, err}
	}
	if err != nil && isForbidden(c.file()) {
		return nil, &explainedError{diagnosis{"the user who runs this command may not read the file, or not its folder",
			"run it as root; or, since there are no secrets in it: chmod 644 " + c.file()}, err}
	}
	return cfg, err
}

func isForbidden(path string) bool {
	f, err := os.Open(path)
	if err == nil {
		_ = f.Close()
	}
	return errors.Is(err, fs.ErrPermission)
}

// colored says whether a stream gets colours.
func (c *cli) colored(w io.Writer) bool {
	switch c.color {
	case "always":
		return true
	case "never":
		return false
	}
	return c.getenv("NO_COLOR") == "" && c.getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is that of the terminal, or 0.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
