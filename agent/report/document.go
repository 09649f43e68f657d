package report

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
)

// document is a plan, or a run, in the order of reading. Its strings are raw;
// the formats escape them.
type document struct {
	plan     *plan.Plan
	run      *agent.RunReport // nil: a plan
	settled  []apply.Settlement
	failures []string // the errors of failed changes, each once
	alerts   []alert
	impact   *impact // nil: no change comes from the mapping
	sections []section
	tally    tally
	seen     seen
	err      error // why changes could not be read
}

// seen is what is known of all changes of a document, also of those that are not held.
type seen struct {
	more       map[plan.Action]int // changes behind those that are held
	names      map[plan.Action]column
	attributes map[plan.Action]column
	valued     map[plan.Action]bool // some of these show a value
	actions    map[plan.Action]int
	causes     map[plan.Cause]int
}

// alert is something that a reader must not miss.
type alert struct {
	text    string
	details []string
}

// section is a list of changes that have one thing in common.
type section struct {
	kind     string // an action, or one of the kinds below
	title    string
	note     string         // half a sentence after the title; may be empty
	approve  string         // the command that releases the changes; may be empty
	changes  []*plan.Change // see document.all
	more     int            // changes that are not in memory, behind those that a brief report shows
	rejected []plan.Rejection
	settled  []apply.Settlement
	common   string   // what the changes failed with, where that is the same for all
	advice   []Advice // about what they failed with
}

func (s *section) size() int { return len(s.changes) + s.more + len(s.rejected) + len(s.settled) }

// isBrief is true where text shows names alone: nothing came of the changes.
func (s *section) isBrief() bool { return s.kind == kindFailed || s.kind == kindUntried }

// The kinds of section that are no actions: what was settled comes before the
// actions, the others come after them in this order.
const (
	kindSettled     = "settled"
	kindWaiting     = "waiting"
	kindUnconfirmed = "unconfirmed"
	kindDisabled    = "disabled"
	kindPaused      = "paused"
	kindUntried     = "untried"
	kindRejected    = "rejected"
	kindFailed      = "failed"
	kindHeld        = "held"
	kindUndone      = "undone"
)

// approveCommand releases a hold of the plan: the run that finds again what is held. What
// a refresh or a resync has found, only another one finds.
func approveCommand(p *plan.Plan, id string) string {
	words := []string{"okta-walkme-agent", "sync"}
	switch {
	case p.Resync != nil:
		words = append([]string{"okta-walkme-agent", "resync"}, p.Resync.Flags()...)
	case p.Unmanaged != nil:
		words = append(words, "--refresh")
	}
	return strings.Join(append(words, "--approve", id), " ")
}

// arrangeRun sorts a run into sections.
func arrangeRun(r *agent.Report, o Options) *document {
	d := &document{plan: &r.Plan, run: &r.Run, settled: r.Settled}
	d.arrange(d.place(), o.Advise)
	return d
}

// arrangePlan sorts a plan into sections.
func arrangePlan(p *plan.Plan) *document {
	d := &document{plan: p}
	d.arrange(d.place(), nil)
	return d
}

// briefly is how many changes of one kind a document holds, of those that are not in memory
// as it is. A brief report shows fewer; a full one reads the others again.
const briefly = 2000

// place sorts the changes by where they are shown, and collects what the mapping does.
func (d *document) place() map[place][]*plan.Change {
	byPlace := map[place][]*plan.Change{}
	d.seen = seen{
		more: map[plan.Action]int{}, names: map[plan.Action]column{}, attributes: map[plan.Action]column{},
		valued: map[plan.Action]bool{}, actions: map[plan.Action]int{}, causes: map[plan.Cause]int{},
	}
	var touched touched
	inMemory := 0
	for c, err := range d.plan.All() {
		if err != nil {
			d.err = err
			break
		}
		touched.add(c)
		d.seen.actions[c.Action]++
		d.seen.causes[c.Cause]++
		at := placeOf(c, d.run != nil)
		if inMemory < len(d.plan.Changes) && c == d.plan.Changes[inMemory] {
			inMemory++
		} else if at.isAction() && len(byPlace[at]) >= briefly {
			d.seen.pass(c)
			continue
		}
		byPlace[at] = append(byPlace[at], c)
	}
	d.impact = touched.impact(d.plan)
	return byPlace
}

// pass notes a change that is not held; what is shown of an action are changes of that action.
func (s *seen) pass(c *plan.Change) {
	s.more[c.Action]++
	names, attributes := s.names[c.Action], s.attributes[c.Action]
	names.fit(name(c.Name, c.OktaID))
	for _, a := range attributeLines(c) {
		attributes.fit(a.Path)
		s.valued[c.Action] = true
	}
	s.names[c.Action], s.attributes[c.Action] = names, attributes
}

// arrange makes the sections. The changes inside one keep their order.
func (d *document) arrange(byPlace map[place][]*plan.Change, advise func(*plan.Change) (Advice, bool)) {
	p := d.plan
	d.tally = count(byPlace, p)
	for a, n := range d.seen.more {
		d.tally.actions[a] += n
	}
	d.failures = failureTexts(byPlace[place{kind: kindFailed}])
	d.add(section{kind: kindSettled, title: "Settled", note: "left open by an earlier run", settled: d.settled})
	for _, a := range actions() {
		d.add(d.actionSection(a, byPlace[place{kind: string(a)}]))
	}
	d.add(section{kind: kindWaiting, title: "Waiting", note: "failed before, tried again later",
		changes: byPlace[place{kind: kindWaiting}]})
	d.add(section{kind: kindUnconfirmed, title: "Not confirmed", note: "not trusted, so nothing is sent",
		changes: byPlace[place{kind: kindUnconfirmed}]})
	for _, at := range placesOf(kindDisabled, byPlace) {
		d.add(section{kind: kindDisabled, title: "Disabled by configuration", note: at.detail + " is off", changes: byPlace[at]})
	}
	for _, at := range placesOf(kindPaused, byPlace) {
		d.add(section{kind: kindPaused, title: "Paused by configuration", note: at.detail, changes: byPlace[at]})
	}
	for _, s := range d.alike(byPlace[place{kind: kindUntried}]) {
		s.kind, s.title = kindUntried, "Not tried"
		d.add(s)
	}
	d.add(section{kind: kindRejected, title: "Rejected", note: "left in WalkMe as they are", rejected: p.Rejected})
	for _, s := range d.alike(byPlace[place{kind: kindFailed}]) {
		s.kind, s.title, s.advice = kindFailed, "Failed", adviceOn(s.changes, advise)
		d.add(s)
	}
	for _, at := range placesOf(kindUndone, byPlace) {
		d.add(undoneSection(byPlace[at]))
	}
	for _, at := range placesOf(kindHeld, byPlace) {
		d.add(heldSection(p, at.detail, byPlace[at]))
	}
	d.alert()
}

// all yields the changes of a section, also those that are not held, one at a time. When
// they cannot be read it ends, and the document has the error.
func (d *document) all(s *section) iter.Seq[*plan.Change] {
	if s.more == 0 {
		return slices.Values(s.changes)
	}
	return func(yield func(*plan.Change) bool) {
		for c, err := range d.plan.All() {
			if err != nil {
				d.err = err
				return
			}
			if placeOf(c, d.run != nil).kind == s.kind && !yield(c) {
				return
			}
		}
	}
}

// place is where a change is shown.
type place struct {
	kind   string
	detail string // the configuration key or the hold
}

// isAction says that it is one of what is, or was, sent.
func (p place) isAction() bool { return slices.Contains(actions(), plan.Action(p.kind)) }

func placeOf(c *plan.Change, ran bool) place {
	if b := c.Block; b != nil {
		switch b.Kind {
		case plan.BlockHeld, plan.BlockDoubted:
			return place{kindHeld, b.Hold}
		case plan.BlockRejected:
			return place{kindUndone, b.Hold}
		case plan.BlockDisabled:
			return place{kindDisabled, b.Detail}
		case plan.BlockPaused:
			return place{kindPaused, b.Detail}
		case plan.BlockWaiting:
			return place{kind: kindWaiting}
		}
		return place{kind: kindUnconfirmed}
	}
	switch {
	case ran && c.Outcome == plan.Failed:
		return place{kind: kindFailed}
	case ran && c.Outcome != plan.Applied:
		return place{kind: kindUntried}
	}
	return place{kind: string(c.Action)}
}

func placesOf(kind string, byPlace map[place][]*plan.Change) []place {
	places := slices.DeleteFunc(slices.Collect(maps.Keys(byPlace)), func(p place) bool { return p.kind != kind })
	slices.SortFunc(places, func(a, b place) int { return strings.Compare(a.detail, b.detail) })
	return places
}

func (d *document) add(s section) {
	if s.size() > 0 {
		if s.kind != kindHeld && s.kind != kindUndone && !(place{kind: s.kind}).isAction() {
			s.title += ": " + nouns(s)
		}
		d.sections = append(d.sections, s)
	}
}

// title names the whole document.
func (d *document) title() string {
	label := name(d.plan.App.Label, "WalkMe")
	if d.run == nil {
		return "Plan for " + label
	}
	return "Run for " + label
}

// fact is one line of the head of a document.
type fact struct{ name, value, note string }

// facts say what the document is about. The time of the read is left to the
// format, as when.
func (d *document) facts(when string) []fact {
	p := d.plan
	var out []fact
	if p.ID != "" {
		read := plural(p.Source.Users, "person") + " and " + plural(p.Source.Groups, "group") + ", read " + when
		out = append(out,
			fact{"Okta", "app " + p.App.ID, read},
			fact{"WalkMe", p.Target, "wire profile " + p.WireProfile},
			fact{"Plan", p.ID, "made " + absolute(p.CreatedAt)})
	}
	if l := p.LookUps; l != nil && d.run == nil {
		out = append(out, fact{"Look-ups", "a run makes " + plural(l.Count, "look-up") + ", one a person", "walkme.matching: list would take " + plural(l.WithList, "request") + " instead"})
	}
	if u := p.Unmanaged; u != nil {
		out = append(out, fact{"Others", plural(u.Users, "user") + " and " + plural(u.Groups, "group") + " in WalkMe", "not managed, left alone"})
	}
	if unseen := notShown(p); unseen != "" {
		out = append(out, fact{"Unseen", unseen, "could not be compared"})
	}
	for _, s := range p.Strangers[:min(maxListed, len(p.Strangers))] {
		out = append(out, strangersFact(s))
	}
	if left := len(p.Strangers) - maxListed; left > 0 {
		out = append(out, fact{"Kept", "others in " + plural(left, "more group"), "--format json names them"})
	}
	if r := d.run; r != nil {
		out = append(out, fact{"Run", r.ID, "started by " + r.Trigger + ", " + elapsed(r.FinishedAt.Sub(r.StartedAt))})
	}
	return out
}
