package main

import (
	"testing"

	"github.com/spf13/cobra"
)

// TestFormatsAreCompleted finds no command whose --format the shell cannot complete.
func TestFormatsAreCompleted(t *testing.T) {
	c := &cli{environment: environment{getenv: func(string) string { return "" }}}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Flags().Lookup("format") != nil {
			complete, ok := cmd.GetFlagCompletionFunc("format")
			if !ok {
				t.Fatalf("%s --format has no completion", cmd.CommandPath())
			}
			values, _ := complete(cmd, nil, "")
			for _, value := range values {
				if err := cmd.Flags().Set("format", value); err != nil {
					t.Errorf("%s --format %s: %v", cmd.CommandPath(), value, err)
				}
			}
			if len(values) < 2 {
				t.Errorf("%s --format completes %q", cmd.CommandPath(), values)
			}
		}
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	walk(c.root())
}
