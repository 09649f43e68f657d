package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
)

func (c *cli) accountsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "accounts",
		Short: "List WalkMe's accounts that the agent does not manage",
		Long: `Reads WalkMe and lists the accounts that the agent neither made nor linked: nobody
in Okta stands for them, or a later run links them. They are never changed. --format
csv is for a table that HR can go through.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"text", "json", "csv"}, format) {
				return usage("--format is text, json or csv, not %q", format)
			}
			var list *agent.AccountList
			fresh := false
			err := c.reading(cmd.Context(), "accounts", func(ctx context.Context, _ *configs.Config, a *agent.Agent) (err error) {
				fresh = a.State.IsEmpty()
				list, err = a.Unmanaged(ctx)
				return err
			})
			if err != nil {
				return err
			}
			if fresh {
				fmt.Fprintln(c.stderr, "No run has been made yet: accounts that the first sync would link are among these.")
			}
			return c.writeAccounts(list, format)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text, json or csv")
	return cmd
}

func (c *cli) writeAccounts(list *agent.AccountList, format string) error {
	switch format {
	case "json":
		return report.JSON(c.stdout, "accounts", list)
	case "csv":
		return accountsCSV(c.stdout, list.Accounts)
	}
	s := c.sheet()
	s.Heading("Accounts that the agent does not manage", count(len(list.Accounts), "account", "accounts"))
	if len(list.Accounts) == 0 {
		s.Paragraph(2, report.Muted, "none: each account of WalkMe is managed")
	}
	for _, a := range list.Accounts {
		tone := report.Plain
		if activeWord(a.Active) == "inactive" {
			tone = report.Muted
		}
		parts := []string{a.UserName}
		if a.Name != "" {
			parts = append(parts, a.Name)
		}
		s.Item(2, tone, fmt.Sprintf("%-8s", activeWord(a.Active)), strings.Join(append(parts, "id "+a.WalkMeID), ", "))
	}
	_, err := io.WriteString(c.folded(c.stdout), s.String())
	return err
}

func activeWord(active *bool) string {
	switch {
	case active == nil:
		return "unknown"
	case *active:
		return "active"
	}
	return "inactive"
}

// accountsCSV writes a table with a header (RFC 4180).
func accountsCSV(w io.Writer, accounts []agent.Account) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"walkme_id", "user_name", "name", "active"}}
	for _, a := range accounts {
		active := ""
		if a.Active != nil {
			active = strconv.FormatBool(*a.Active)
		}
		rows = append(rows, []string{cell(a.WalkMeID), cell(a.UserName), cell(a.Name), active})
	}
	return out.WriteAll(rows)
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsAny(text[:1], "=+-@\t\r") {
		return "'" + text
	}
	return text
}
