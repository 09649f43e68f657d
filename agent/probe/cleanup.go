package probe

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// cleanUp removes what the run made, the latest first, and returns what it could not
// remove. In a hurry several go at once.
func (s *session) cleanUp(ctx context.Context) []Leftover {
	s.conduit.mu.Lock()
	all := slices.Clone(s.conduit.ledger.all)
	s.conduit.mu.Unlock()
	lost := s.resolve(ctx, all)
	slices.Reverse(all)
	workers := 1
	if s.conduit.rush.Load() {
		workers = 8
	}
	left := make([]*Leftover, len(all))
	var wave sync.WaitGroup
	slots := make(chan struct{}, workers)
	for i, o := range all {
		if o.id == "" {
			continue
		}
		slots <- struct{}{}
		wave.Go(func() {
			defer func() { <-slots }()
			left[i] = s.remove(ctx, o)
		})
	}
	wave.Wait()
	out := lost
	for _, l := range left {
		if l != nil {
			out = append(out, *l)
		}
	}
	return out
}

// resolve finds by its exact name what was created without an answer, or without an
// id in it. It returns what may be there and cannot be found.
func (s *session) resolve(ctx context.Context, all []*creation) []Leftover {
	var lost []Leftover
	for _, o := range all {
		s.conduit.mu.Lock()
		known := o.id != "" || s.conduit.ledger.resolved(o.kind, o.name)
		s.conduit.mu.Unlock()
		if known {
			continue
		}
		id := s.idByName(ctx, o)
		s.conduit.mu.Lock()
		if id != "" && !s.conduit.ledger.owned[resourceID{o.kind, id}] {
			o.id = id
		}
		s.conduit.mu.Unlock()
		if o.id == "" && o.accepted {
			lost = append(lost, Leftover{Type: string(o.kind), Name: o.name, State: "its POST was answered 201, and no look-up finds it"})
		}
	}
	return lost
}

// idByName looks an object up, and where the server finds nothing goes through the
// list.
func (s *session) idByName(ctx context.Context, o *creation) string {
	client := s.careful
	if o.kind == scim.Group {
		if g, err := client.FindGroup(ctx, o.name); err == nil && g.DisplayName == o.name {
			return g.ID
		}
		return ""
	}
	u, err := client.FindUser(ctx, o.name)
	if err == nil && s.ours(u.UserName) {
		return u.ID
	}
	if errors.Is(err, scim.ErrUnauthorized) || s.idless(ctx, o) {
		return ""
	}
	for u, err := range client.Users(ctx) {
		if err != nil {
			return ""
		}
		if u.UserName == o.name {
			return u.ID
		}
	}
	return ""
}

// idless tells whether the list needs no reading: the POST was refused in so many
// words, and the look-up had nothing against it.
func (s *session) idless(ctx context.Context, o *creation) bool {
	return ctx.Err() != nil || o.refused
}

// remove deletes one object; an account that cannot be deleted is deactivated.
func (s *session) remove(ctx context.Context, o *creation) *Leftover {
	t := s.trial(ctx, &Check{})
	before := o.deleted
	var x *Exchange
	for range maxRemovals {
		x = t.send(http.MethodDelete, resource(o.endpoint(), o.id), "", nil)
		if x.ok() || x.Status == http.StatusNotFound && before {
			return nil
		}
		if x.Status == http.StatusNotFound && s.elsewhere(ctx, o) {
			continue
		}
		if x.Err == nil && x.Status < 500 || errors.Is(x.Err, walkme.ErrNotSent) {
			break
		}
		if again := t.get(resource(o.endpoint(), o.id)); again.Status == http.StatusNotFound || again.Status == http.StatusGone {
			return nil // it was applied all the same
		}
	}
	left := &Leftover{Type: string(o.kind), Name: o.name, ID: o.id, State: "DELETE " + x.answered()}
	if _, foreign := s.conduit.whose(resourceID{o.kind, o.id}); o.kind == scim.User && !foreign {
		left.State += ", " + s.retire(t, o)
	}
	return left
}

// elsewhere gives an object the id under which its name is there, when that is another one
// than its POST gave.
func (s *session) elsewhere(ctx context.Context, o *creation) bool {
	id := s.idByName(ctx, o)
	s.conduit.mu.Lock()
	defer s.conduit.mu.Unlock()
	if id == "" || id == o.id || s.conduit.ledger.owned[resourceID{o.kind, id}] {
		return false
	}
	o.id = id
	return true
}

// maxRemovals is how often DELETE is tried on a server that fails, or does not answer.
const maxRemovals = 3

// retire deactivates an account, in whichever dialect the server takes.
func (s *session) retire(t *trial, o *creation) string {
	for _, p := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		if err := s.clients[p].SetActive(t.ctx, o.id, false); err == nil {
			return "deactivated"
		}
	}
	return "and it could not be deactivated either"
}
