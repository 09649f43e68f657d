package main

import "github.com/spf13/cobra"

// choices are the values of flags that take one of a few, for completion by the shell.
// Where a command has other ones than its neighbours, it is named.
var choices = map[string][]string{
	"format":          {"text", "json"},
	"accounts format": {"text", "json", "csv"},
	"plan format":     formats,
	"sync format":     formats,
	"apply format":    formats,
	"resync format":   formats,
	"color":           {"auto", "always", "never"},
	"region":          {"us", "eu", "ca"},
	"okta-auth":       {authToken, authServiceApp},
	"secrets":         {inCredentials, inFiles},
}

// completeChoices has the shell complete the flags of a command, and of those below it,
// that take one of a few values and have no completion of their own.
func completeChoices(cmd *cobra.Command) {
	for name, values := range choices {
		if cmd.Flags().Lookup(name) == nil && cmd.PersistentFlags().Lookup(name) == nil {
			continue
		}
		if own := choices[cmd.Name()+" "+name]; own != nil {
			values = own
		}
		if _, known := cmd.GetFlagCompletionFunc(name); !known {
			_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
		}
	}
	for _, child := range cmd.Commands() {
		completeChoices(child)
	}
}
