package probe

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// creation is one account or group whose POST has left.
type creation struct {
	kind scim.Type
	name string
	id   string // empty: no answer gave one

	shown string // its name, as an answer has shown it last

	accepted bool // with 201
	refused  bool // with a 4xx
	deleted  bool // a DELETE of it was not refused
	inactive bool // a deactivation of it was sent: it may be hidden
}

func (o *creation) endpoint() string {
	if o.kind == scim.Group {
		return "/Groups"
	}
	return "/Users"
}

func (o *creation) nameAttribute() string {
	if o.kind == scim.Group {
		return scim.PathDisplayName
	}
	return scim.PathUserName
}

// ledger is everything that a run has created, in order. Its user holds the lock.
type ledger struct {
	run   string // prefix of every name of the run
	all   []*creation
	owned map[resourceID]bool
	seen  map[resourceID]bool // what an answer has shown with its name: whether that is another's
}

// see notes whose the resources are that a read shows.
func (l *ledger) see(x *Exchange) {
	kind := scim.User
	if strings.HasPrefix(x.Path, "/Groups") {
		kind = scim.Group
	} else if !strings.HasPrefix(x.Path, "/Users") {
		return
	}
	if l.seen == nil {
		l.seen = map[resourceID]bool{}
	}
	for _, o := range append(x.object().entries("Resources"), x.object()) {
		if name, id := o.text((&creation{kind: kind}).nameAttribute()), o.id(); name != "" && id != "" {
			l.seen[resourceID{kind, id}] = !bears(name, l.run)
		}
	}
}

// announce notes a request that may create something, before it leaves. It refuses
// one that would be too many.
func (l *ledger) announce(x *Exchange) (*creation, error) {
	o := &creation{}
	switch {
	case x.Method != http.MethodPost:
		return nil, nil
	case x.Path == "/Users":
		o.kind = scim.User
	case x.Path == "/Groups":
		o.kind = scim.Group
	default:
		return nil, nil
	}
	var body object
	if json.Unmarshal(x.Sent, &body) != nil {
		return nil, nil
	}
	if o.name = body.text(o.nameAttribute()); o.name == "" {
		return nil, nil
	}
	if len(l.all) >= maxObjects {
		return nil, fmt.Errorf("the limit of %d objects is reached: %w", maxObjects, walkme.ErrNotSent)
	}
	l.all = append(l.all, o)
	return o, nil
}

// forget notes a DELETE that has succeeded, or perhaps has.
func (l *ledger) forget(x *Exchange) {
	for _, o := range l.all {
		if o.id != "" && x.Path == resource(o.endpoint(), o.id) {
			o.deleted = true
		}
	}
}

// retire notes a write that deactivates, or perhaps does.
func (l *ledger) retire(x *Exchange) {
	if !bytes.Contains(x.Sent, []byte(`"active"`)) || !bytes.Contains(x.Sent, []byte("false")) {
		return
	}
	for _, o := range l.all {
		if o.kind == scim.User && o.id != "" && x.Path == resource(o.endpoint(), o.id) {
			o.inactive = true
		}
	}
}

// rename notes the names that the run's own resources have in an answer.
func (l *ledger) rename(x *Exchange) {
	for _, shown := range append(x.object().entries("Resources"), x.object()) {
		id := shown.id()
		for _, o := range l.all {
			if name := shown.text(o.nameAttribute()); id != "" && o.id == id && bears(name, l.run) && strings.HasPrefix(x.Path, o.endpoint()) {
				o.shown = name
			}
		}
	}
}

// leftover is what a report says of a creation that is still there.
func (o *creation) leftover(state string) *Leftover {
	return &Leftover{Type: string(o.kind), Name: cmp.Or(o.shown, o.name), ID: o.id, State: state}
}

// identify takes the id out of the answer. An answer about something else, or one that
// repeats an id, gives none: what the run did not make it must not remove. A name of the
// run's that is not the one sent will do: some servers show the e-mail address.
func (l *ledger) identify(o *creation, x *Exchange) {
	o.accepted, o.refused = x.Status == http.StatusCreated, x.Err == nil && x.Status/100 == 4
	if !x.ok() {
		return
	}
	answer := x.object()
	id, shown := answer.id(), answer.text(o.nameAttribute())
	key := resourceID{o.kind, id}
	foreign := l.seen[key] || shown != "" && !scim.SameName(shown, o.name) && !bears(shown, l.run)
	if id == "" || l.owned[key] || foreign {
		return
	}
	if l.owned == nil {
		l.owned = map[resourceID]bool{}
	}
	l.owned[key] = true
	o.id = id
}

// resolved tells whether an object of this kind and name is known by its id.
func (l *ledger) resolved(kind scim.Type, name string) bool {
	for _, o := range l.all {
		if o.kind == kind && o.name == name && o.id != "" {
			return true
		}
	}
	return false
}

// bears tells whether a name has the run's own part, whatever its case. Servers put their
// own before it, such as "deleted-" before that of a leaver.
func bears(name, run string) bool { return strings.Contains(scim.NameKey(name), scim.NameKey(run)) }
