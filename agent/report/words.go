package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"okta-walkme-agent/agent/plan"
)

// wording is how an action is spoken of.
type wording struct {
	sign       string // one ASCII character
	do, did    string // a title before and after the run: "Create" 3 users
	todo, done string // in a summary: 3 "to create"
	label      string // in a list of many actions
}

func words(a plan.Action) wording {
	switch a {
	case plan.Deactivate:
		return wording{"-", "Deactivate", "Deactivated", "to deactivate", "deactivated", "deactivate"}
	case plan.Create:
		return wording{"+", "Create", "Created", "to create", "created", "create"}
	case plan.Link:
		return wording{"=", "Link", "Linked", "to link", "linked", "link"}
	case plan.Reactivate:
		return wording{">", "Reactivate", "Reactivated", "to reactivate", "reactivated", "reactivate"}
	case plan.Update:
		return wording{"~", "Update", "Updated", "to update", "updated", "update"}
	case plan.GroupCreate:
		return wording{"+", "Create", "Created", "to create", "created", "create group"}
	case plan.GroupLink:
		return wording{"=", "Link", "Linked", "to link", "linked", "link group"}
	case plan.GroupRename:
		return wording{"~", "Rename", "Renamed", "to rename", "renamed", "rename group"}
	case plan.GroupMembers:
		return wording{"~", "Change the members of", "Changed the members of", "to change", "changed", "change members"}
	case plan.GroupDelete:
		return wording{"-", "Delete", "Deleted", "to delete", "deleted", "delete group"}
	case plan.GroupUnlink:
		return wording{"/", "Stop managing", "Stopped managing", "to unlink", "unlinked", "unlink group"}
	}
	return wording{"?", string(a), string(a), string(a), string(a), string(a)}
}

// actions lists the actions in the order of a run, users before groups.
func actions() []plan.Action {
	return []plan.Action{
		plan.Deactivate, plan.Create, plan.Link, plan.Reactivate, plan.Update,
		plan.GroupCreate, plan.GroupLink, plan.GroupRename, plan.GroupMembers, plan.GroupDelete, plan.GroupUnlink,
	}
}

// holdKind says what a hold holds, for n of them.
func holdKind(kind string, n int) string {
	switch kind {
	case plan.HoldDeactivations:
		return plural(n, "deactivation")
	case plan.HoldMemberRemovals:
		return plural(n, "member removal")
	case plan.HoldGroupDeletes:
		return plural(n, "group delete")
	case plan.HoldEmptiedValues:
		return "values of " + plural(n, "person")
	case plan.HoldLikelySlip:
		return "a likely slip, " + plural(n, "person")
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

// moment writes a time, and how far it is from now unless now is zero.
func moment(t, now time.Time) string {
	if now.IsZero() {
		return absolute(t)
	}
	return absolute(t) + inParentheses(Distance(t, now))
}

// Distance says how far a time is from now: "in 12 min", "3 h ago". What has been
// within the last minute is "just now".
func Distance(t, now time.Time) string {
	d := t.Sub(now).Round(time.Second)
	switch {
	case d > 0:
		return "in " + span(d)
	case d > -time.Minute:
		return "just now"
	}
	return span(-d) + " ago"
}

// span writes a duration in its largest unit, rounded to the nearest one.
func span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		next time.Duration // from here on the next larger unit says it
		name string
	}{{time.Second, time.Minute, "s"}, {time.Minute, time.Hour, "min"}, {time.Hour, 48 * time.Hour, "h"}} {
		if n := d.Round(unit.size); n < unit.next {
			return number(int(n/unit.size)) + " " + unit.name
		}
	}
	return plural(int(d.Round(24*time.Hour)/(24*time.Hour)), "day")
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
