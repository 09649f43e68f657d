package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
)

func (c *cli) groupsCommand() *cobra.Command {
	var format string
	var available bool
	cmd := &cobra.Command{
		Use:   "groups",
		Short: "Show the pushed groups, and those of WalkMe that can be linked",
		Long: `Shows each group that push_groups.sources names: its group in WalkMe, how the push
stands, how many members WalkMe has acknowledged, the last push, and what is wrong.

  active      pushed
  waiting     not pushed yet, or not whole: a later run does it
  paused      in Okta, or by paused: true at its source; nothing is sent
  error       the last push failed, or it cannot be pushed
  unreadable  Okta did not give it; WalkMe's group stays as it is

It reads the state, also while the service runs; Okta only where no run has read the
groups of this configuration yet. --available reads WalkMe and lists the groups that
a source can link to.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"text", "json"}, format) {
				return usage("--format is text or json, not %q", format)
			}
			var list *agent.GroupList
			err := c.reading(cmd.Context(), "groups", func(ctx context.Context, _ *configs.Config, a *agent.Agent) (err error) {
				list, err = a.GroupList(ctx, available)
				return err
			})
			switch {
			case err != nil:
				return err
			case format == "json":
				return report.JSON(c.stdout, "groups", list)
			}
			return c.writeGroups(list, available)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	cmd.Flags().BoolVar(&available, "available", false, "list WalkMe's groups that can be linked, too")
	return cmd
}

// reading opens a session that writes nothing and has do read in it.
func (c *cli) reading(ctx context.Context, name string, do func(context.Context, *configs.Config, *agent.Agent) error) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	s, err := c.open(ctx, cfg, purpose{name: name, dry: true}, c.logger(cfg, false))
	if err != nil {
		return explained(err)
	}
	defer func() { err = s.end(err) }()
	err = do(ctx, cfg, s.agent)
	c.display.clear()
	return explained(err)
}

func (c *cli) sheet() *report.Sheet {
	o := c.reportOptions(c.stdout, false)
	o.Width = c.probeWidth()
	return report.NewSheet(o)
}

var groupTones = map[agent.GroupStatus]report.Tone{
	agent.GroupActive: report.Good, agent.GroupWaiting: report.Mild, agent.GroupPaused: report.Muted,
	agent.GroupError: report.Bad, agent.GroupUnreadable: report.Bad,
}

func (c *cli) writeGroups(list *agent.GroupList, available bool) error {
	s := c.sheet()
	s.Heading("Pushed groups", count(len(list.Groups), "group", "groups"))
	if len(list.Groups) == 0 {
		s.Paragraph(2, report.Muted, "none: push_groups.sources names no group, or no group that exists")
	}
	for _, g := range list.Groups {
		s.Item(2, groupTones[g.Status], fmt.Sprintf("%-10s", g.Status), groupLine(&g))
		if g.Error != "" {
			s.Paragraph(13, groupTones[g.Status], g.Error)
		}
	}
	if available {
		s.Blank()
		s.Heading("WalkMe's groups that can be linked", count(len(list.Available), "group", "groups"))
		for _, g := range list.Available {
			members := "members not shown"
			if g.Members != nil {
				members = count(*g.Members, "member", "members")
			}
			s.Item(2, report.Plain, "-", fmt.Sprintf("%s, %s, id %s", g.Name, members, g.WalkMeID))
		}
		if len(list.Available) > 0 {
			s.Blank()
			s.Paragraph(2, report.Muted, "To use one: link: NAME at a source under push_groups.sources.")
		}
	}
	_, err := io.WriteString(c.folded(c.stdout), s.String())
	return err
}

// groupLine is one pushed group in words.
func groupLine(g *agent.PushedGroup) string {
	line := cmp.Or(g.Name, g.OktaID)
	if g.WalkMeName != "" && g.WalkMeName != g.Name {
		line += ` → ` + g.WalkMeName
	}
	if g.WalkMeID != "" {
		line += ", " + count(g.Members, "member", "members")
	}
	if g.LastPushAt != nil {
		line += ", last push " + g.LastPushAt.Local().Format("2006-01-02 15:04")
	}
	return line
}
