package service

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/state"
)

const (
	// remindEvery is how often what still waits is told of. A daily schedule is never
	// exactly a day apart.
	remindEvery = 23 * time.Hour

	// outboxAge is how long a message that could not be sent is tried.
	outboxAge = 24 * time.Hour

	// outboxSize bounds what a recipient that is out of reach lets pile up.
	outboxSize = 100
)

// told is what people were told of, and what could not be told yet.
type told struct {
	Things  map[string]thing `json:"things"`  // that still hold, by what they are
	Outbox  []parcel         `json:"outbox"`  // the oldest first
	Decided time.Time        `json:"decided"` // of the latest decision that was told of
}

// thing is something that people were told of once, and are reminded of.
type thing struct {
	Since time.Time `json:"since"`
	Told  time.Time `json:"told"`
}

// parcel is a message on its way to one recipient.
type parcel struct {
	To    string    `json:"to"`
	Title string    `json:"title"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
}

func readTold(ctx context.Context, db *state.DB) (*told, error) {
	m := &told{}
	text, err := agent.Notified.Load(ctx, db)
	if err == nil && text != nil {
		err = json.Unmarshal(text, m)
	}
	if m.Things == nil {
		m.Things = map[string]thing{}
	}
	return m, err
}

func (m *told) save(ctx context.Context, db *state.DB) error {
	text, err := json.Marshal(m)
	if err == nil {
		err = agent.Notified.Save(ctx, db, text)
	}
	return err
}

// post addresses messages to those who want to hear of them, and gives up what is older
// than a day, or lies in the future.
func (m *told) post(messages []message, to []*recipient, now time.Time) {
	m.Outbox = slices.DeleteFunc(m.Outbox, func(p parcel) bool {
		known := slices.ContainsFunc(to, func(r *recipient) bool { return r.id == p.To })
		return !known || now.Sub(p.At) > outboxAge || p.At.After(now)
	})
	for _, msg := range messages {
		for _, r := range to {
			if r.wants(msg.topic) {
				m.Outbox = append(m.Outbox, parcel{To: r.id, Title: msg.title, Text: msg.text(r.Details), At: now})
			}
		}
	}
	m.Outbox = m.Outbox[max(0, len(m.Outbox)-outboxSize*len(to)):]
}

// facts are what a run has left for people to know.
type facts struct {
	now       time.Time
	where     string // the app and the tenant
	run       agent.RunReport
	err       error
	failed    int       // runs in a row, this one included
	since     time.Time // when the first of them began
	slow      agent.Quarantine
	waiting   []held
	decisions []decision
	emptied   map[string][]string // attribute path → names of people
}

// held is a set of changes that waits.
type held struct {
	id, kind, reason string
	count            int
	names            []string
	since            time.Time
}

// decision is what a person has decided about a hold.
type decision struct {
	kind, verdict, by, reason string
	count                     int
	at                        time.Time
}

// observe compares what is with what people were told of, and returns what they have not
// heard yet: one message for one thing, and once a day what still waits.
func (m *told) observe(f facts) []message {
	return slices.Concat(m.holds(f), m.failing(f), m.emptied(f), m.decided(f))
}

// tell says whether a thing is to be told of now, and whether for the first time.
func (m *told) tell(key string, f facts) (first, again bool) {
	t, known := m.Things[key]
	switch {
	case !known || t.Told.After(f.now): // a clock that was wrong
		m.Things[key] = thing{Since: f.now, Told: f.now}
		return true, false
	case f.now.Sub(t.Told) < remindEvery:
		return false, false
	}
	t.Told = f.now
	m.Things[key] = t
	return false, true
}

// holds tells of each kind of hold, however its set changes meanwhile.
func (m *told) holds(f facts) (out []message) {
	byKind := map[string][]held{}
	for _, h := range f.waiting {
		byKind[h.kind] = append(byKind[h.kind], h)
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		if first, again := m.tell("hold "+kind, f); first || again {
			out = append(out, holdMessage(byKind[kind], again, f))
		}
	}
	maps.DeleteFunc(m.Things, func(key string, _ thing) bool {
		kind, ok := strings.CutPrefix(key, "hold ")
		return ok && byKind[kind] == nil
	})
	return out
}

// keyFailing is the thing that runs fail or are slowed.
const keyFailing = "failing"

// failing tells of the second failed run in a row, and of a service that has slowed
// down; then that runs succeed again.
func (m *told) failing(f facts) (out []message) {
	if f.failed >= 2 || f.slow.Level > 0 {
		first, again := m.tell(keyFailing, f)
		if since := firstOf(f.since, f.slow.Since); first && !since.IsZero() {
			m.Things[keyFailing] = thing{Since: since, Told: f.now}
		}
		if first || again {
			out = append(out, failingMessage(m.Things[keyFailing].Since, f))
		}
		return out
	}
	if before, known := m.Things[keyFailing]; known && f.failed == 0 {
		delete(m.Things, keyFailing)
		out = append(out, recoveredMessage(before.Since, f))
	}
	return out
}

// firstOf is the earlier of two times, of which one may be zero.
func firstOf(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// emptied tells of attributes that were emptied, each once a day.
func (m *told) emptied(f facts) []message {
	fresh := map[string][]string{}
	for path, names := range f.emptied {
		if first, again := m.tell("emptied "+path, f); first || again {
			fresh[path] = names
		}
	}
	maps.DeleteFunc(m.Things, func(key string, t thing) bool {
		return strings.HasPrefix(key, "emptied ") && f.now.Sub(t.Told) >= remindEvery
	})
	if len(fresh) == 0 {
		return nil
	}
	return []message{emptiedMessage(fresh, f)}
}

// news is the time after which decisions are news: without a memory, a day.
func (m *told) news(now time.Time) time.Time {
	if m.Decided.IsZero() || m.Decided.After(now) {
		return now.Add(-remindEvery)
	}
	return m.Decided
}

// decided tells of each decision once, the oldest first.
func (m *told) decided(f facts) (out []message) {
	m.Decided = m.news(f.now)
	for _, d := range f.decisions {
		out = append(out, decidedMessage(d, f))
		if d.at.After(m.Decided) {
			m.Decided = d.at
		}
	}
	return out
}
