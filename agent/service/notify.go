package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/state"
)

// Topic is what a notification is about.
type Topic string

// The topics.
const (
	TopicHold      Topic = "hold"      // changes wait for a decision
	TopicFailing   Topic = "failing"   // runs fail, or the service has slowed down
	TopicRecovered Topic = "recovered" // they succeed again
	TopicEmptied   Topic = "emptied"   // mapped values were emptied in WalkMe
	TopicDecided   Topic = "decided"   // a person approved or rejected a hold
)

// Topics lists them all, in the order in which a run tells of them.
func Topics() []Topic {
	return []Topic{TopicHold, TopicFailing, TopicRecovered, TopicEmptied, TopicDecided}
}

// Recipient is one who is told, through one service of shoutrrr.
type Recipient struct {
	Ref     string // of the URL, by which the recipient is known from run to run
	URL     string // a secret: it must be in no log, error or report
	Problem error  // why there is no URL; nil: there is one
	On      []Topic
	Details bool // messages may name people
}

// Notifier tells people how runs went. One notifier is used by one run at a time.
type Notifier struct {
	binding    agent.Binding
	recipients []*recipient
	now        func() time.Time
}

type recipient struct {
	Recipient
	name string // its place in the list, and its kind
	id   string // for the memory
	busy sync.Mutex
}

// NewNotifier returns a notifier for the configuration's list, that speaks of this app
// and tenant.
func NewNotifier(about agent.Binding, list []Recipient) *Notifier {
	n := &Notifier{binding: about, now: time.Now}
	seen := map[string]int{}
	for i, r := range list {
		name := fmt.Sprintf("notify[%d]", i)
		if r.Problem == nil {
			name += " (" + kindOf(r.URL) + ")"
		}
		seen[r.Ref]++
		n.recipients = append(n.recipients, &recipient{Recipient: r, name: name, id: fmt.Sprint(r.Ref, " ", seen[r.Ref])})
	}
	return n
}

// Delivery is what became of a message, or of a look at a recipient.
type Delivery struct {
	Recipient string // by its place in the list, and its kind
	On        []Topic
	Err       error // why it was not delivered, in words that hold no secret; nil: it was
}

// Check looks at each recipient, without a message.
func (n *Notifier) Check() []Delivery {
	var out []Delivery
	for _, r := range n.recipients {
		_, err := r.open()
		out = append(out, Delivery{Recipient: r.name, On: r.On, Err: err})
	}
	return out
}

// unreachable names those whose services cannot be told as they are configured. That
// stops no run.
func (n *Setup) unreachable() (out []string) {
	if n.Notify == nil {
		return nil
	}
	for _, d := range n.Notify.Check() {
		if d.Err != nil {
			out = append(out, fmt.Sprintf("%s is told of nothing: %v", d.Recipient, d.Err))
		}
	}
	return out
}

func (n *Setup) logUnreachable() {
	for _, text := range n.unreachable() {
		n.Logger.Warn(text)
	}
}

// Test sends a message to each recipient, whatever it wants to hear of.
func (n *Notifier) Test(ctx context.Context) []Delivery {
	out := make([]Delivery, len(n.recipients))
	var all sync.WaitGroup
	for i, r := range n.recipients {
		all.Go(func() {
			out[i] = Delivery{Recipient: r.name, On: r.On, Err: r.send(ctx, testMessage.title, testMessage.text(r.Details))}
		})
	}
	all.Wait()
	return out
}

// AfterRun tells what there is to tell after a run that was to send, and once more what
// could not be told before. The result has only what could not be told now. Whatever
// happens here, the run is what it was.
func (n *Notifier) AfterRun(ctx context.Context, db *state.DB, r *agent.Report, runErr error) (failed []Delivery) {
	if len(n.recipients) == 0 || r == nil || r.Run.Outcome == agent.RunStopped {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	memory, err := readTold(ctx, db)
	if err != nil {
		return []Delivery{{Recipient: "notify", Err: err}}
	}
	now := n.now()
	f, err := readFacts(ctx, db, r, runErr, now, memory.news(now))
	if err != nil {
		return []Delivery{{Recipient: "notify", Err: err}}
	}
	f.where = where(n.binding, r)
	memory.post(memory.observe(f), n.recipients, f.now)
	if err := memory.save(ctx, db); err != nil { // before anything is sent: a message is lost or told once more, never a run
		return []Delivery{{Recipient: "notify", Err: err}}
	}
	if len(memory.Outbox) == 0 {
		return nil
	}
	memory.Outbox, failed = n.deliver(ctx, memory.Outbox)
	if err := memory.save(ctx, db); err != nil {
		failed = append(failed, Delivery{Recipient: "notify", Err: err})
	}
	return failed
}

// LogUndelivered logs what AfterRun could not tell.
func LogUndelivered(log *slog.Logger, failed []Delivery) {
	for _, d := range failed {
		log.Warn("not notified; it is tried again with the next run, for a day", "recipient", d.Recipient, "err", d.Err)
	}
}

// deliver sends what waits, side by side for several recipients, and returns what could
// not be sent, with the reason once for each recipient.
func (n *Notifier) deliver(ctx context.Context, outbox []parcel) (left []parcel, failed []Delivery) {
	lefts, errs := make([][]parcel, len(n.recipients)), make([]error, len(n.recipients))
	var all sync.WaitGroup
	for i, r := range n.recipients {
		all.Go(func() {
			for _, p := range outbox {
				if p.To != r.id {
					continue
				}
				if errs[i] == nil {
					errs[i] = r.send(ctx, p.Title, p.Text)
				}
				if errs[i] != nil {
					lefts[i] = append(lefts[i], p)
				}
			}
		})
	}
	all.Wait()
	for i, r := range n.recipients {
		if errs[i] != nil {
			failed = append(failed, Delivery{Recipient: r.name, Err: errs[i]})
		}
	}
	return slices.Concat(lefts...), failed
}

// wants says whether a recipient is to hear of a topic.
func (r *recipient) wants(t Topic) bool { return slices.Contains(r.On, t) }

// errBusy says that an earlier message has not come to an end.
var errBusy = errors.New("it has not answered to an earlier message yet")
