package console

import (
	"cmp"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

// leftSection is what a run left undone for one reason.
type leftSection struct {
	Title, Note string
	Link, See   string // the hold's page
	Lines       []changeLine
	More        int // that are not listed
}

// leftKind is a kind of leftover, in the words of the reports.
type leftKind struct {
	kind        agent.LeftoverKind
	state       string // value of the filter
	title, note string
}

// leftKinds are in the order in which a person wants to see them.
func leftKinds() []leftKind {
	return []leftKind{
		{agent.LeftoverKind(plan.BlockHeld), "held", "Held", "until a person decides"},
		{agent.LeftRejection, "rejected", "Rejected", "left in WalkMe as they are"},
		{agent.LeftUntried, "untried", "Not tried", ""},
		{agent.LeftoverKind(plan.BlockRejected), "undone", "Left undone", "a person has rejected it"},
		{agent.LeftoverKind(plan.BlockUnconfirmed), "unconfirmed", "Not confirmed", "not trusted, so nothing is sent"},
		{agent.LeftoverKind(plan.BlockWaiting), "waiting", "Waiting", "failed before, tried again later"},
		{agent.LeftoverKind(plan.BlockPaused), "paused", "Paused by configuration", ""},
		{agent.LeftoverKind(plan.BlockDisabled), "disabled", "Disabled by configuration", ""},
	}
}

// leave takes up what a run has left undone, as far as the filter meets it. On later
// pages of a long run it is counted alone.
func (p *runPage) leave(l agent.Leftovers, show bool) {
	p.counts, p.NotShown = l.Counts, report.NotShownWords(l.NotShown, l.Paths)
	for _, kind := range leftKinds() {
		n := l.Counts[kind.kind]
		p.All += n
		if n == 0 || !p.wants(kind) {
			continue
		}
		lines := p.linesOf(l, kind.kind)
		met := len(lines)
		if p.Query == "" && p.Action == "" {
			met = n // more than are on record by name
		}
		p.Total += met
		if show && len(lines) > 0 {
			p.Left = append(p.Left, sectionsByHold(l, kind, lines, met)...)
		}
	}
}

// wants says whether the filter lets a kind of leftover through.
func (p *runPage) wants(kind leftKind) bool { return p.State == "" || p.State == kind.state }

// leftAlone says that the filter is for leftovers alone.
func (p *runPage) leftAlone() bool {
	for _, kind := range leftKinds() {
		if p.State == kind.state {
			return true
		}
	}
	return false
}

func (p *runPage) linesOf(l agent.Leftovers, kind agent.LeftoverKind) []agent.Leftover {
	words := queryWords(strings.ToLower(p.Query))
	var out []agent.Leftover
	for _, one := range l.Lines {
		met := one.Kind == kind && (p.Action == "" || string(one.Action) == p.Action)
		if met && meets(words, one.Name+" "+one.OktaID) {
			out = append(out, one)
		}
	}
	return out
}

// sectionsByHold makes a section of each hold, and one of what no hold holds.
func sectionsByHold(l agent.Leftovers, kind leftKind, lines []agent.Leftover, met int) []leftSection {
	var out []leftSection
	at := map[string]int{}
	for _, one := range lines {
		i, ok := at[one.Hold]
		if !ok {
			i = len(out)
			at[one.Hold] = i
			out = append(out, newLeftSection(l, kind, one.Hold, met))
		}
		out[i].Lines = append(out[i].Lines, leftLine(&one))
	}
	out[len(out)-1].More = met - len(lines)
	return out
}

func newLeftSection(l agent.Leftovers, kind leftKind, hold string, met int) leftSection {
	s := leftSection{Title: kind.title, Note: kind.note}
	if hold == "" {
		s.Title += ": " + count(met, "change")
		if kind.kind == agent.LeftRejection {
			s.Title = kind.title + ": " + peopleOrGroups(met)
		}
		return s
	}
	s.Link, s.See = addressOf("holds", hold), "See the decision"
	if kind.kind == agent.LeftoverKind(plan.BlockHeld) {
		s.See = "See whom it concerns, and decide"
	}
	for _, h := range l.Holds {
		if h.ID == hold {
			s.Title, s.Note = kind.title+": "+report.HoldWords(h.Kind, h.Count), cmp.Or(h.Reason, s.Note)
		}
	}
	return s
}

func leftLine(one *agent.Leftover) changeLine {
	c := changeLine{
		Sign: "!", Tone: "bad", Name: cmp.Or(one.Name, one.OktaID), OktaID: one.OktaID, Link: objectLink(one.Type, one.OktaID), Why: one.Why,
	}
	if one.Action != "" {
		c.Sign, c.Tone, c.Label = report.ActionSign(one.Action), report.ActionTone(one.Action), report.ActionLabel(one.Action)
	}
	return c
}

// choices are the outcomes that the filter offers, with what is there of them.
func (p *runPage) choices(sent int) []choice {
	var out []choice
	for _, c := range []choice{{"applied", "applied", p.Run.Applied}, {"failed", "failed", p.Run.Failed}} {
		if c.Count > 0 || c.Value == p.State {
			out = append(out, c)
		}
	}
	if p.Run.Applied+p.Run.Failed < sent {
		out = append(out, choice{"pending", "outcome not known yet", 0}, choice{"abandoned", "not in WalkMe", 0})
	}
	for _, kind := range leftKinds() {
		if n := p.counts[kind.kind]; n > 0 || kind.state == p.State {
			out = append(out, choice{kind.state, strings.ToLower(kind.title[:1]) + kind.title[1:], n})
		}
	}
	return out
}
