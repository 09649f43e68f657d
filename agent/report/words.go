package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"okta-walkme-agent/agent"
)

// wording is how an action is spoken of.
type wording struct {
	sign       string // one ASCII character
	do, did    string // a title before and after the run: "Create" 3 users
	todo, done string // in a summary: 3 "to create"
	label      string // in a list of many actions
}

func words(a agent.Action) wording {
	switch a {
	case agent.Deactivate:
		return wording{"-", "Deactivate", "Deactivated", "to deactivate", "deactivated", "deactivate"}
	case agent.Create:
		return wording{"+", "Create", "Created", "to create", "created", "create"}
	case agent.Link:
		return wording{"=", "Link", "Linked", "to link", "linked", "link"}
	case agent.Reactivate:
		return wording{">", "Reactivate", "Reactivated", "to reactivate", "reactivated", "reactivate"}
	case agent.Update:
		return wording{"~", "Update", "Updated", "to update", "updated", "update"}
	case agent.GroupCreate:
		return wording{"+", "Create", "Created", "to create", "created", "create group"}
	case agent.GroupLink:
		return wording{"=", "Link", "Linked", "to link", "linked", "link group"}
	case agent.GroupRename:
		return wording{"~", "Rename", "Renamed", "to rename", "renamed", "rename group"}
	case agent.GroupMembers:
		return wording{"~", "Change the members of", "Changed the members of", "to change", "changed", "change members"}
	case agent.GroupDelete:
		return wording{"-", "Delete", "Deleted", "to delete", "deleted", "delete group"}
	case agent.GroupUnlink:
		return wording{"/", "Stop managing", "Stopped managing", "to unlink", "unlinked", "unlink group"}
	}
	return wording{"?", string(a), string(a), string(a), string(a), string(a)}
}

// actions lists the actions in the order of a run, users before groups.
func actions() []agent.Action {
	return []agent.Action{
		agent.Deactivate, agent.Create, agent.Link, agent.Reactivate, agent.Update,
		agent.GroupCreate, agent.GroupLink, agent.GroupRename, agent.GroupMembers, agent.GroupDelete, agent.GroupUnlink,
	}
}

// holdKind says what a hold holds, for n of them.
func holdKind(kind string, n int) string {
	switch kind {
	case agent.HoldDeactivations:
		return plural(n, "deactivation")
	case agent.HoldMemberRemovals:
		return plural(n, "member removal")
	case agent.HoldGroupDeletes:
		return plural(n, "group delete")
	}
	return plural(n, "change")
}

// number writes n with a comma between thousands.
func number(n int) string {
	s := strconv.Itoa(n)
	head := len(s) % 3
	if n < 0 || len(s) <= 3 {
		return s
	}
	parts := []string{}
	if head > 0 {
		parts = append(parts, s[:head])
	}
	for ; head < len(s); head += 3 {
		parts = append(parts, s[head:head+3])
	}
	return strings.Join(parts, ",")
}

func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case noun == "person":
		return number(n) + " people"
	}
	return number(n) + " " + noun + "s"
}

// is agrees the verb with n.
func is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func absolute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// moment writes a time as seen from now, or absolutely when now is zero.
func moment(t, now time.Time) string {
	if now.IsZero() {
		return absolute(t)
	}
	d := t.Sub(now).Round(time.Second)
	switch {
	case d > -time.Second && d < time.Second:
		return "now"
	case d < 0:
		return span(-d) + " ago"
	}
	return "in " + span(d)
}

// until writes a time to come: "in 5 minutes", or "at" and the time.
func until(t, now time.Time) string {
	if now.IsZero() {
		return "at " + absolute(t)
	}
	return moment(t, now)
}

// span writes a duration in its largest unit, rounded to the nearest one.
func span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int((d + unit.size/2) / unit.size); n >= 2 || d >= unit.size {
			return plural(n, unit.name)
		}
	}
	return plural(int(d/time.Second), "second")
}

// elapsed writes how long a run took.
func elapsed(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
