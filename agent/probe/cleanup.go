package probe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// removal bounds what one object may take in the clean-up, and how many in a row may go
// without an answer before the server counts as dead.
const (
	removalTime = 15 * time.Second
	deadAfter   = 2
)

// cleaning is the clean-up of a run.
type cleaning struct {
	*session
	silent atomic.Int32 // objects in a row about which nothing was answered
}

// errUnanswered is the end of the time for one object.
var errUnanswered = fmt.Errorf("no answer within %s", removalTime)

// hopeless is why the next object need not be tried, empty if it may help.
func (c *cleaning) hopeless(ctx context.Context) string {
	switch {
	case ctx.Err() != nil:
		return "not tried: there was no time left"
	case c.silent.Load() >= deadAfter:
		return "not tried: the server answers no more"
	}
	return ""
}

// about does something about one object in the time that it may take, and notes whether
// the server still answers.
func (c *cleaning) about(ctx context.Context, do func(context.Context) *Exchange) {
	bounded, cancel := context.WithTimeoutCause(ctx, removalTime, errUnanswered)
	defer cancel()
	switch x := do(bounded); {
	case x == nil:
	case x.Err == nil, errors.Is(x.Err, walkme.ErrNotSent):
		c.silent.Store(0)
	default:
		c.silent.Add(1)
	}
}

// cleanUp removes what the run made, the latest first, and returns what it could not
// remove. In a hurry several go at once.
func (s *session) cleanUp(ctx context.Context) []Leftover {
	s.conduit.mu.Lock()
	all := slices.Clone(s.conduit.ledger.all)
	s.conduit.mu.Unlock()
	c := &cleaning{session: s}
	lost := c.resolve(ctx, all)
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
		if why := c.hopeless(ctx); why != "" {
			left[i] = o.leftover(why)
			<-slots
			continue
		}
		wave.Go(func() {
			defer func() { <-slots }()
			c.about(ctx, func(ctx context.Context) (last *Exchange) {
				left[i], last = s.remove(ctx, o)
				return last
			})
		})
	}
	wave.Wait()
	c.emptied(ctx, all, left)
	out := lost
	for _, l := range left {
		if l != nil {
			out = append(out, *l)
		}
	}
	return out
}

// emptied tries the groups again that were not to be deleted while they had members: the
// run's own members are gone now.
func (c *cleaning) emptied(ctx context.Context, all []*creation, left []*Leftover) {
	for i, o := range all {
		if left[i] == nil || o.kind != scim.Group || o.deleted || c.hopeless(ctx) != "" {
			continue
		}
		c.about(ctx, func(ctx context.Context) (last *Exchange) {
			left[i], last = c.remove(ctx, o)
			return last
		})
	}
}

// resolve finds by its exact name what was created without an answer, or without an
// id in it. It returns what may be there and cannot be found.
func (c *cleaning) resolve(ctx context.Context, all []*creation) []Leftover {
	var lost []Leftover
	for _, o := range all {
		c.conduit.mu.Lock()
		known := o.id != "" || c.conduit.ledger.resolved(o.kind, o.name)
		c.conduit.mu.Unlock()
		if known {
			continue
		}
		asked := false
		if c.hopeless(ctx) == "" {
			c.about(ctx, func(ctx context.Context) *Exchange {
				t := c.trial(ctx, &Check{})
				asked = c.locate(t, o)
				return t.last()
			})
		}
		switch {
		case o.id != "" || o.refused:
		case o.accepted && asked:
			lost = append(lost, *o.leftover("its POST was answered 201, and no look-up finds it"))
		case !asked:
			lost = append(lost, *o.leftover("its POST may have made it, and the server does not say"))
		}
	}
	return lost
}

// locate gives a creation the id under which its exact name is there. It returns whether
// the server could be asked.
func (s *session) locate(t *trial, o *creation) bool {
	id, err := s.idByName(t.ctx, o)
	s.conduit.mu.Lock()
	defer s.conduit.mu.Unlock()
	if id != "" && id != o.id && !s.conduit.ledger.owned[resourceID{o.kind, id}] {
		o.id = id
	}
	return err == nil
}

// idByName looks an object up, and where the server finds nothing goes through the
// list. An error means that the server could not be asked.
func (s *session) idByName(ctx context.Context, o *creation) (string, error) {
	client := s.careful
	if o.kind == scim.Group {
		g, err := client.FindGroup(ctx, o.name)
		if err == nil && g.DisplayName == o.name {
			return g.ID, nil
		}
		return "", unlessNotFound(err)
	}
	u, err := client.FindUser(ctx, o.name)
	if err == nil && s.ours(u.UserName) {
		return u.ID, nil
	}
	if err = unlessNotFound(err); err != nil && ctx.Err() != nil || errors.Is(err, scim.ErrUnauthorized) || s.idless(ctx, o) {
		return "", err
	}
	for u, err := range client.Users(ctx) {
		if err != nil {
			return "", err
		}
		if u.UserName == o.name {
			return u.ID, nil
		}
	}
	return "", nil
}

func unlessNotFound(err error) error {
	if errors.Is(err, scim.ErrNotFound) {
		return nil
	}
	return err
}

// idless tells whether the list needs no reading: the POST was refused in so many
// words, and the look-up had nothing against it.
func (s *session) idless(ctx context.Context, o *creation) bool {
	return ctx.Err() != nil || o.refused
}

// remove deletes one object; an account that cannot be deleted is deactivated.
func (s *session) remove(ctx context.Context, o *creation) (*Leftover, *Exchange) {
	t := s.trial(ctx, &Check{})
	before := o.deleted
	var x *Exchange
	for range maxRemovals {
		x = t.send(http.MethodDelete, resource(o.endpoint(), o.id), "", nil)
		if x.Status == http.StatusNotFound && before || x.ok() && s.vanished(t, o) || before && s.goneBefore(t, o, x) {
			return nil, x
		}
		if x.ok() {
			break
		}
		if x.Status == http.StatusNotFound {
			moved, asked := s.elsewhere(t, o)
			if moved {
				continue
			}
			if asked && !o.inactive { // nothing could hide it
				return nil, x
			}
		}
		if x.Err == nil && x.Status < 500 || errors.Is(x.Err, walkme.ErrNotSent) {
			break
		}
		if again := t.get(resource(o.endpoint(), o.id)); again.Status == http.StatusNotFound || again.Status == http.StatusGone {
			return nil, again // it was applied all the same
		}
	}
	left := o.leftover("DELETE " + x.answered())
	switch {
	case x.ok():
		left.State += " and had no effect"
	case x.Status == http.StatusNotFound:
		left.State += ": gone, or hidden"
	}
	if _, foreign := s.conduit.whose(resourceID{o.kind, o.id}); o.kind == scim.User && !foreign {
		left.State += ", " + s.retire(t, o)
	}
	return left, x
}

// goneBefore tells whether an object whose DELETE was taken before is not there any more,
// on a server that does not answer 404 to the next one.
func (s *session) goneBefore(t *trial, o *creation, x *Exchange) bool {
	if x.Err != nil || x.Status/100 != 4 || x.Status == http.StatusUnauthorized || x.Status == http.StatusTooManyRequests {
		return false
	}
	again := t.get(resource(o.endpoint(), o.id))
	return again.Err == nil && again.Status/100 == 4 && again.Status != http.StatusUnauthorized && again.Status != http.StatusTooManyRequests
}

// vanishing is how long an object may be seen after its DELETE.
const vanishing = 5 * time.Second

// vanished tells whether a DELETE that was answered 2xx had its effect. The first of each
// kind shows whether the server's word is good; if not, the others are looked at, too.
func (s *session) vanished(t *trial, o *creation) bool {
	s.conduit.mu.Lock()
	word := s.removals[o.kind]
	s.conduit.mu.Unlock()
	if word == yes {
		return true
	}
	there := func() bool {
		x := t.get(resource(o.endpoint(), o.id))
		return x.ok() && s.ours(x.object().text(o.nameAttribute()))
	}
	left := there()
	for end := time.Now().Add(vanishing); left && word == unknown && !s.conduit.rush.Load() && time.Now().Before(end); left = there() {
		select {
		case <-time.After(vanishing / 10):
		case <-t.ctx.Done():
			return false
		}
	}
	if word == unknown {
		s.conduit.mu.Lock()
		defer s.conduit.mu.Unlock()
		s.removals[o.kind] = supported(!left)
	}
	return !left
}

// elsewhere gives an object the id under which its name is there, when that is another one
// than its POST gave. It returns whether it did, and whether the server could be asked.
func (s *session) elsewhere(t *trial, o *creation) (moved, asked bool) {
	was := o.id
	asked = s.locate(t, o)
	return o.id != was, asked
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
