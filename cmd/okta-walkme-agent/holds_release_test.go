package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// The command that a report prints beside what it holds releases that, at 40 columns,
// too: a run of the kind that has found it.
func TestPrintedCommandReleases(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, found string
		want        agent.HoldView
		follow      string // what holds approve says comes next
	}{
		{"resync", "resync --group WalkMe_Editors", agent.HoldView{Resync: true}, "next resync of the same"},
		{"refresh", "sync --refresh", agent.HoldView{Refresh: true}, "next sync --refresh"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c, out := editorsWithOneMore(t, tc.name == "resync")
			find := strings.Fields(tc.found)
			for i, word := range find {
				find[i] = strings.ReplaceAll(word, "_", " ")
			}
			report := c.must(exitHeld, find...).out
			h := c.holds().Holds[0]
			if h.Resync != tc.want.Resync || h.Refresh != tc.want.Refresh {
				t.Errorf("hold = %+v, want resync %t, refresh %t", h, tc.want.Resync, tc.want.Refresh)
			}
			command := "  " + programName + " " + strings.ReplaceAll(tc.found, "WalkMe_Editors", "'WalkMe Editors'") + " --approve " + h.ID
			if !slices.Contains(strings.Split(report, "\n"), command) {
				t.Errorf("the report lacks the line %q:\n%s", command, report)
			}
			if text := c.must(exitOK, "sync", "--approve", h.ID).err; !strings.Contains(text, "it is of a "+tc.name) {
				t.Errorf("a sync that releases nothing says %q", text)
			}
			c.must(exitOK, "sync") // another run does not take the hold away
			if text := unfold(c.must(exitOK, "holds", "approve", h.ID).out); !strings.Contains(text, tc.follow) {
				t.Errorf("holds approve says %q, want %q", text, tc.follow)
			}
			c.must(exitOK, "sync") // nor the decision
			c.must(exitOK, find...)
			if g, _ := c.tenant.Group("WalkMe Editors"); slices.Contains(g.Members, out) {
				t.Error("the approved removal was not made")
			}
		})
	}
}

// editorsWithOneMore has a pushed group into which somebody was put in WalkMe by hand: a
// stranger, or a managed person. It returns the account's id.
func editorsWithOneMore(t *testing.T, stranger bool) (*company, string) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"limits": "member_removals: {count: 0}\n", "push_groups": "sources: [{name: WalkMe Editors}]\n",
	})
	c.env["COLUMNS"] = "40"
	for _, name := range []string{"Ann", "Bob"} {
		c.hire(name, "Example")
	}
	c.group("editors", "WalkMe Editors", "ann")
	c.must(exitOK, "sync")
	bob, _ := c.tenant.User("bob@example.com")
	ann, _ := c.tenant.User("ann@example.com")
	more := bob.ID
	if stranger {
		more = c.tenant.AddUser(walkmetest.User{UserName: "zed@example.com", Active: true})
	}
	editors, _ := c.tenant.Group("WalkMe Editors")
	if !c.tenant.SetMembers(editors.ID, ann.ID, more) {
		t.Fatal(fmt.Errorf("no group %+v", editors))
	}
	return c, more
}

func unfold(text string) string { return strings.Join(strings.Fields(text), " ") }
