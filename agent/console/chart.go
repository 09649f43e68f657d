package console

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// The kinds of change that have a lane of their own.
const (
	kindNew = iota
	kindChanged
	kindRemoved
	kindFailed
	kinds
)

func kindOf(a plan.Action) int {
	switch a {
	case plan.Create, plan.Link, plan.Reactivate, plan.GroupCreate, plan.GroupLink:
		return kindNew
	case plan.Deactivate, plan.GroupDelete, plan.GroupUnlink:
		return kindRemoved
	}
	return kindChanged
}

// day is one day in the pictures.
type day struct {
	Date    time.Time
	Changes [kinds]int
	Runs    int
	Bad     int // runs that failed as a whole
	Longest time.Duration
	People  int // managed at its end
	Groups  int
}

// daysOf puts together what is known of each of the last days, oldest first. How many
// were managed is worked out backwards from today.
func daysOf(today time.Time, runs []state.RunDay, changes map[time.Time]map[plan.Action]int, people, groups int) []day {
	byDay := map[time.Time]state.RunDay{}
	for _, r := range runs {
		byDay[r.Day] = r
	}
	out := make([]day, shownDays)
	for i := shownDays - 1; i >= 0; i-- {
		d := day{Date: today.AddDate(0, 0, i-shownDays+1), People: max(people, 0), Groups: max(groups, 0)}
		r := byDay[d.Date]
		d.Runs, d.Bad, d.Longest, d.Changes[kindFailed] = r.Runs, r.Failed, r.Longest, r.Failing
		for action, n := range changes[d.Date] {
			d.Changes[kindOf(action)] += n
			switch action {
			case plan.Create, plan.Link, plan.Reactivate:
				people -= n
			case plan.Deactivate:
				people += n
			case plan.GroupCreate, plan.GroupLink:
				groups -= n
			case plan.GroupDelete, plan.GroupUnlink:
				groups += n
			}
		}
		out[i] = d
	}
	return out
}

// A lane is drawn in a frame of these units, and stretched to its place.
const (
	frameWidth  = 10 * shownDays
	frameHeight = 40
	leastHeight = 2.5 // of a bar that stands for anything at all
)

// lane is one figure of each day, with its words: what a lane is about is told by its
// place and its title, not by a colour.
type lane struct {
	Title string
	Sum   string
	Most  string
	Alt   string // the lane in a sentence
	Class string
	Bars  []bar
	Line  string // points
}

// bar is one day. One that is higher than its lane is cut off, and shows it.
type bar struct {
	X, Y, H float64
	Cut     bool
	Title   string
}

// lanesOf are the pictures of the past.
func lanesOf(days []day) []lane {
	kind := func(k int) func(day) int { return func(d day) int { return d.Changes[k] } }
	return []lane{
		countLane("New", "k-new", days, kind(kindNew)),
		countLane("Changed", "k-mod", days, kind(kindChanged)),
		countLane("Removed", "k-bad", days, kind(kindRemoved)),
		countLane("Not accepted", "k-fail", days, kind(kindFailed)),
		countLane("Failed runs", "k-fail", days, func(d day) int { return d.Bad }),
		durationLane(days),
		managedLane("People", days, func(d day) int { return d.People }),
		managedLane("Groups", days, func(d day) int { return d.Groups }),
	}
}

func countLane(title, class string, days []day, of func(day) int) lane {
	values, sum := make([]float64, len(days)), 0
	for i, d := range days {
		values[i], sum = float64(of(d)), sum+of(d)
	}
	l := lane{Title: title, Sum: number(sum), Class: class}
	if sum == 0 {
		l.Alt = title + ": none in " + strconv.Itoa(len(days)) + " days."
		return l
	}
	most := busiest(values)
	l.Most = "most " + number(of(days[most])) + " on " + days[most].date()
	l.Alt = fmt.Sprintf("%s: %s in %d days, %s.", title, l.Sum, len(days), l.Most)
	l.bars(days, values, func(d day) string { return number(of(d)) })
	return l
}

func durationLane(days []day) lane {
	values := make([]float64, len(days))
	for i, d := range days {
		values[i] = d.Longest.Seconds()
	}
	l, most := lane{Title: "Longest run", Class: "k-time"}, busiest(values)
	if values[most] == 0 {
		l.Alt = "No run has taken any time."
		return l
	}
	l.Sum, l.Most = elapsed(days[most].Longest), "on "+days[most].date()
	l.Alt = "The longest run took " + l.Sum + ", " + l.Most + "."
	l.bars(days, values, func(d day) string { return elapsed(d.Longest) })
	return l
}

func managedLane(title string, days []day, of func(day) int) lane {
	least, most := of(days[0]), of(days[0])
	for _, d := range days {
		least, most = min(least, of(d)), max(most, of(d))
	}
	first, last := of(days[0]), of(days[len(days)-1])
	l := lane{Title: title, Sum: number(last), Most: "between " + number(least) + " and " + number(most), Class: "line"}
	if least == most {
		l.Most = "all the time"
	}
	l.Alt = fmt.Sprintf("%s that are managed: %s now, %s %d days ago.", title, number(last), number(first), len(days)-1)
	var b strings.Builder
	for i, d := range days { // a step for each day
		share := 0.5
		if most > least {
			share = float64(of(d)-least) / float64(most-least)
		}
		y := frameHeight - 2 - share*(frameHeight-4)
		fmt.Fprintf(&b, "%d,%.1f %d,%.1f ", 10*i, y, 10*(i+1), y)
	}
	l.Line = strings.TrimSpace(b.String())
	return l
}

func busiest(values []float64) (at int) {
	for i, v := range values {
		if v > values[at] {
			at = i
		}
	}
	return at
}

// bars draws a bar for each day. Where a few days tower above all others (a first sync,
// a merger) they are cut off, so that the others can be told apart.
func (l *lane) bars(days []day, values []float64, title func(day) string) {
	top := laneTop(values)
	for i, v := range values {
		if v == 0 {
			continue
		}
		h := max(min(v/top, 1)*frameHeight, leastHeight)
		l.Bars = append(l.Bars, bar{X: float64(10*i) + 1, Y: frameHeight - h, H: h, Cut: v > top, Title: days[i].date() + ": " + title(days[i])})
	}
}

// A day is cut off that is more than this many times the day in the middle.
const towers = 8

// laneTop is what the upper edge of a lane stands for.
func laneTop(values []float64) float64 {
	some := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v == 0 })
	slices.Sort(some)
	most, middle := some[len(some)-1], some[len(some)/2]
	if len(some) < 5 || most <= towers*middle {
		return most
	}
	return towers / 2 * middle
}

func (d day) date() string { return d.Date.Format(time.DateOnly) }
