package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// manCommand is for the packages: a manual page made from the commands cannot say
// anything else than they do.
func (c *cli) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "man [" + configPage + "]",
		Short:     "Print a manual page, in roff: the program's, or the configuration file's",
		Hidden:    true,
		Args:      cobra.MatchAll(cobra.MaximumNArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{configPage},
		RunE: func(cmd *cobra.Command, args []string) error {
			var page bytes.Buffer
			if len(args) > 0 {
				writeConfigMan(&page)
			} else {
				writeMan(&page, cmd.Root())
			}
			_, err := page.WriteTo(c.stdout)
			return err
		},
	}
}

// configPage names the page of the configuration file.
const configPage = "agent.yaml"

// buildDay is the day of the build, so that one commit gives one page.
func buildDay() string {
	if t, err := time.Parse(time.RFC3339, date); err == nil {
		return t.Format(time.DateOnly)
	}
	return date
}

// writeMan writes the page in the form of man(7).
func writeMan(w io.Writer, root *cobra.Command) {
	m := manual{w}
	m.printf(".TH OKTA-WALKME-AGENT 8 %q %q\n.nh\n.ad l\n", buildDay(), programName+" "+buildVersion())
	m.section("NAME", programName+` \- `+roff(lowerFirst(root.Short)))
	m.section("SYNOPSIS", ".B "+programName+"\n[\\fIflags\\fR] \\fIcommand\\fR")
	m.section("DESCRIPTION", paragraphs(root.Long))
	m.section("COMMANDS", "")
	m.commands(root)
	m.section("OPTIONS", "All commands have these.")
	m.flags(root.PersistentFlags())
	m.table("EXIT STATUS", exitStatus)
	m.table("ENVIRONMENT", manEnvironment)
	m.table("FILES", manFiles)
	m.section("SEE ALSO", ".BR okta-walkme-agent.yaml (5),\n.BR systemd.exec (5),\n.BR systemd-creds (1)")
}

// exitStatus is what scripts depend on.
var exitStatus = [][2]string{
	{"0", "Done."},
	{"1", "The run failed: nothing or only part was done. The last line on standard error says why."},
	{"2", "plan --detailed-exitcode: there are changes."},
	{"3", "Finished, but some objects failed or were rejected."},
	{"4", "Finished, but some removals wait for approval."},
	{"64", "Wrong usage."},
	{"78", "Wrong configuration; for run also a state file that this release cannot use. The service is not started again."},
	{"130", "probe was interrupted, and has removed what it had made."},
}

var manEnvironment = [][2]string{
	{configVar, "The configuration, where --config is not given."},
	{credentialsVar, "Where the secrets are that the configuration calls credential:NAME. Systemd sets it; for a command by hand set it to the folder that holds them."},
	{"HTTPS_PROXY, NO_PROXY", "The proxy for requests to Okta and WalkMe."},
	{"NO_COLOR", "No colours."},
}

var manFiles = [][2]string{
	{defaultConfig, "The configuration; okta-walkme-agent.yaml(5) explains every key."},
	{"/etc/okta-walkme-agent/okta-api-token, walkme-username, walkme-password", "The secrets, as the unit loads them. Mode 0600, owned by root."},
	{"/var/lib/okta-walkme-agent/state.db", "The state: which accounts and groups are the agent's own, and the history."},
}

type manual struct{ w io.Writer }

func (m manual) printf(format string, args ...any) { fmt.Fprintf(m.w, format, args...) }

func (m manual) section(title, text string) {
	m.printf(".SH %s\n", title)
	if text != "" {
		m.printf("%s\n", text)
	}
}

func (m manual) table(title string, rows [][2]string) {
	m.section(title, "")
	for _, row := range rows {
		m.printf(".TP\n.B %s\n%s\n", roff(row[0]), roff(row[1]))
	}
}

// commands describes what stands below a command, in the order of the help.
func (m manual) commands(parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		if !cmd.IsAvailableCommand() {
			continue
		}
		if cmd.Name() == "completion" {
			m.printf(".SS completion bash|zsh|fish|powershell\n%s.\n", roff(cmd.Short))
			continue
		}
		if cmd.HasAvailableSubCommands() && !cmd.Runnable() {
			m.commands(cmd)
			continue
		}
		m.printf(".SS %s\n%s\n", roff(strings.TrimPrefix(cmd.UseLine(), programName+" ")), paragraphs(longest(cmd)))
		m.flags(cmd.LocalNonPersistentFlags())
		if cmd.Example != "" {
			m.printf(".PP\n.nf\n.RS\n%s\n.RE\n.fi\n", roff(cmd.Example))
		}
	}
}

func longest(cmd *cobra.Command) string {
	if cmd.Long != "" {
		return cmd.Long
	}
	return cmd.Short + "."
}

// flagWidth leaves room for the indentation on a terminal of 80 columns.
const flagWidth = 66

func (m manual) flags(flags interface{ FlagUsagesWrapped(columns int) string }) {
	if text := flags.FlagUsagesWrapped(flagWidth); text != "" {
		m.printf(".PP\n.nf\n%s.fi\n", roff(text))
	}
}

// paragraphs sets text for filling; blocks that are indented stay as they are.
func paragraphs(text string) string {
	blocks := strings.Split(text, "\n\n")
	for i, block := range blocks {
		blocks[i] = roff(block)
		if strings.HasPrefix(block, " ") {
			blocks[i] = ".nf\n" + blocks[i] + "\n.fi"
		}
	}
	return strings.Join(blocks, "\n.PP\n")
}

// roff escapes what the formatter would take for its own.
func roff(text string) string {
	lines := strings.Split(strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
