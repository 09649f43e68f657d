package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okta-walkme-agent/internal/near"
)

// usage is an error about how a command was called.
func usage(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

// nameShells lets completion for an unknown shell be wrong usage; cobra shows the help
// as if nothing was wrong.
func nameShells(root *cobra.Command) {
	completion := child(root, "completion")
	var shells []string
	for _, shell := range completion.Commands() {
		shells = append(shells, shell.Name())
	}
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return usage("completion is for one of %s, not %q", strings.Join(shells, ", "), args[0])
	}
}

// refuseTopics lets help for an unknown command be wrong usage, too.
func refuseTopics(root *cobra.Command) {
	help := child(root, "help")
	help.RunE = func(_ *cobra.Command, args []string) error {
		cmd, rest, err := root.Find(args)
		if err != nil {
			return &exit{exitUsage, err}
		}
		if len(rest) > 0 {
			return unknownCommand(cmd, rest[0])
		}
		cmd.InitDefaultHelpFlag()
		return cmd.Help()
	}
}

func child(cmd *cobra.Command, name string) *cobra.Command {
	all := cmd.Commands()
	return all[slices.IndexFunc(all, func(c *cobra.Command) bool { return c.Name() == name })]
}

// usageArgs gives wrong arguments, and unknown commands, the exit code of wrong
// usage.
func usageArgs(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		check = cobra.ArbitraryArgs
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		var own *exit
		switch {
		case err == nil, errors.As(err, &own):
			return err
		case len(args) > 0 && cmd.HasAvailableSubCommands():
			return unknownCommand(cmd, args[0])
		case len(args) > 0 && len(cmd.ValidArgs) == 0:
			return usage("%s takes no argument, and %q is one; %s", viewName(cmd), args[0], seeHelp(cmd))
		}
		return &exit{exitUsage, err}
	}
	for _, child := range cmd.Commands() {
		usageArgs(child)
	}
}

// one wants exactly one argument, which says something.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) != 1:
			return usage("%s wants one %s, not %d; quote what has blanks in it", cmd.Name(), what, len(args))
		case strings.TrimSpace(args[0]) == "":
			return usage("%s wants one %s, and what it was given is empty", cmd.Name(), what)
		}
		return nil
	}
}

// unknownCommand is about a word that is none of the commands below cmd.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return usage("there is no command %q; %s", strings.TrimSpace(viewName(cmd)+" "+word), cmp.Or(near.Question(word, names), seeHelp(cmd)))
}

func seeHelp(cmd *cobra.Command) string { return "see " + cmd.CommandPath() + " --help" }

// flagError says what is wrong with a flag in the words of this program.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var wrong *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "":
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, "--"+f.Name)
			}
		})
		given := "--" + unknown.GetSpecifiedName()
		return usage("%s has no flag %s; %s", cmp.Or(viewName(cmd), programName), given, cmp.Or(near.Question(given, names), seeHelp(cmd)))
	case errors.As(err, &wrong):
		if kind := valueKinds[wrong.GetFlag().Value.Type()]; kind != "" {
			return usage("--%s is %s, not %q", wrong.GetFlag().Name, kind, wrong.GetValue())
		}
	}
	return &exit{exitUsage, err}
}

// valueKinds are the types of flags, in words.
var valueKinds = map[string]string{
	"bool": "true or false", "int": "a number", "float64": "a number", "duration": "a duration such as 90m or 12h",
}

// mayBeEmpty are flags whose empty value says something: that there is none.
var mayBeEmpty = []string{"reason", "probe skip", "init client-id", "init key-id", "init okta-app", "init okta-org", "init region", "init base-url", "init instance", "init group"}

// noEmptyFlag refuses an empty value, which comes of a variable that is not set: resync
// --user "$LOGIN" would push everybody.
func noEmptyFlag(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		empty := f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			empty = len(list.GetSlice()) == 0 || slices.Contains(list.GetSlice(), "")
		}
		if empty && err == nil && f.Name != "format" && !slices.Contains(mayBeEmpty, f.Name) && !slices.Contains(mayBeEmpty, cmd.Name()+" "+f.Name) {
			err = usage("--%s was given without a value", f.Name)
		}
	})
	return err
}

// age is the value of a flag: a duration that may be in days or weeks, too.
type age struct{ of *time.Duration }

// Set implements pflag.Value.
func (a age) Set(text string) error {
	d, ok := parseDays(text)
	if !ok {
		return errors.New("no duration")
	}
	*a.of = d
	return nil
}

// String implements pflag.Value.
func (a age) String() string {
	if a.of == nil || *a.of == 0 {
		return "0"
	}
	return a.of.String()
}

// Type implements pflag.Value.
func (age) Type() string { return "duration" }

// foldHelp lets help keep to the columns of its reader, 80 where none is set.
func (c *cli) foldHelp(root *cobra.Command) {
	const narrowest = 60 // for flags beside their sentences
	columns := cmp.Or(c.room(c.stdout), 80)
	wrapped := fmt.Sprintf(".FlagUsagesWrapped %d ", max(columns, narrowest))
	root.SetUsageTemplate(strings.NewReplacer(
		".FlagUsages ", wrapped,
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`, `{{.CommandPath}} COMMAND --help says more about one.`,
	).Replace(root.UsageTemplate()))
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		for paragraph := range strings.SplitSeq(cmp.Or(cmd.Long, cmd.Short), "\n\n") {
			fmt.Fprintf(w, "%s\n\n", filled(strings.TrimRight(paragraph, "\n"), columns))
		}
		fmt.Fprint(w, cmd.UsageString())
	})
}

// filled breaks a paragraph anew; one with lines that are indented stays as it is.
func filled(paragraph string, columns int) string {
	if strings.HasPrefix(paragraph, " ") || strings.Contains(paragraph, "\n ") || strings.Contains(paragraph, "\t") {
		return paragraph
	}
	var out strings.Builder
	room := 0
	for i, word := range strings.Fields(paragraph) {
		length := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			room = columns + 1
		case length+1 > room:
			out.WriteByte('\n')
			room = columns + 1
		default:
			out.WriteByte(' ')
		}
		out.WriteString(word)
		room -= length + 1
	}
	return out.String()
}
