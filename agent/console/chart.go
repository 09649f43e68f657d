package console

import (
	"fmt"
	"strings"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// The kinds of change that a picture tells apart, by their pattern as well as by
// their colour.
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

func (d day) total() (n int) {
	for _, c := range d.Changes {
		n += c
	}
	return n
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

// A picture is drawn in a frame of these units, and stretched to its place.
const (
	frameWidth  = 900
	frameHeight = 100
)

// bar is one rectangle.
type bar struct {
	X, Y, W, H float64
	Class      string
}

// picture is one figure: a drawing, what its top means, and its words.
type picture struct {
	Bars   []bar
	Line   string // points of a line
	Second string // points of another
	Top    string // what the upper edge is
	Alt    string // the picture in a sentence
	Legend []legend
}

// legend says what one look of a picture stands for.
type legend struct{ Class, Text string }

// figure is a picture in its place on a page.
type figure struct {
	ID, Title, From, To string
	Picture             picture
}

func newFigure(id, title string, p picture, from, to string) figure {
	return figure{ID: id, Title: title, From: from, To: to, Picture: p}
}

var kindClass = [kinds]string{"k-new", "k-mod", "k-bad", "k-fail"}

func changesPicture(days []day) picture {
	top, sums := 0, [kinds]int{}
	for _, d := range days {
		top = max(top, d.total())
		for k, n := range d.Changes {
			sums[k] += n
		}
	}
	p := picture{Top: count(top, "change"), Legend: []legend{{"l-new", "new"}, {"l-mod", "changed"}, {"l-bad", "removed"}, {"l-fail", "failed"}}, Alt: fmt.Sprintf("In %d days %s: %s new, %s changed, %s removed, and %s failed.",
		len(days), count(sums[0]+sums[1]+sums[2], "change"), number(sums[kindNew]), number(sums[kindChanged]), number(sums[kindRemoved]), number(sums[kindFailed]))}
	width := float64(frameWidth) / float64(len(days))
	for i, d := range days {
		y := float64(frameHeight)
		for k, n := range d.Changes {
			if n == 0 {
				continue
			}
			h := max(float64(n)/float64(max(top, 1))*frameHeight, 1.5)
			y -= h
			p.Bars = append(p.Bars, bar{float64(i)*width + 1, max(y, 0), width - 2, h, kindClass[k]})
		}
	}
	return p
}

func durationPicture(days []day) picture {
	var top time.Duration
	bad := 0
	for _, d := range days {
		top, bad = max(top, d.Longest), bad+d.Bad
	}
	p := picture{Top: elapsed(top), Legend: []legend{{"l-time", "longest run"}, {"l-fail", "a run failed as a whole"}}, Alt: fmt.Sprintf("The longest run took %s; %s failed as a whole.", elapsed(top), count(bad, "run"))}
	width := float64(frameWidth) / float64(len(days))
	for i, d := range days {
		x := float64(i)*width + 1
		if d.Runs > 0 {
			h := max(float64(d.Longest)/float64(max(top, 1))*frameHeight, 1.5)
			p.Bars = append(p.Bars, bar{x, frameHeight - h, width - 2, h, "k-time"})
		}
		if d.Bad > 0 {
			p.Bars = append(p.Bars, bar{x, 0, width - 2, frameHeight, "k-fail"})
		}
	}
	return p
}

func managedPicture(days []day) picture {
	top := 1
	for _, d := range days {
		top = max(top, d.People, d.Groups)
	}
	first, last := days[0], days[len(days)-1]
	return picture{
		Top: number(top), Legend: []legend{{"l-line", "people"}, {"l-second", "groups"}}, Line: points(days, top, func(d day) int { return d.People }), Second: points(days, top, func(d day) int { return d.Groups }),
		Alt: fmt.Sprintf("People from %s to %s, groups from %s to %s.", number(first.People), number(last.People), number(first.Groups), number(last.Groups)),
	}
}

func points(days []day, top int, of func(day) int) string {
	var b strings.Builder
	step := float64(frameWidth) / float64(max(len(days)-1, 1))
	for i, d := range days {
		fmt.Fprintf(&b, "%.1f,%.1f ", float64(i)*step, frameHeight-2-float64(of(d))/float64(top)*(frameHeight-4))
	}
	return strings.TrimSpace(b.String())
}
