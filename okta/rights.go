package okta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
)

// isFatal tells an error that concerns everything from one that concerns one group, by
// whose id it came. A group that does not exist says nothing about the others. A 403 may
// be about one group, which a custom admin role leaves out: it is where another group may
// be read.
func (p *pushed) isFatal(ctx context.Context, err error, groupID string, may *permission, reads func(context.Context, string) error) bool {
	if ctx.Err() != nil || errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrDPoP) || errors.Is(err, ErrProof) {
		return true
	}
	if errors.Is(err, ErrForbidden) {
		may.refused.CompareAndSwap(nil, &err)
		may.proof.Do(func() { p.prove(ctx, groupID, may, reads) })
		if may.granted.Load() {
			return false
		}
		if len(p.others()) > 0 { // a later one may be granted
			return may.refusals.Add(1) > maxRefused
		}
	}
	return !errors.Is(err, ErrNotFound) && p.streak.Add(1) > maxStreak
}

// permission is what Okta's answers say of the right to read something of groups.
type permission struct {
	granted  atomic.Bool           // for one at least
	refused  atomic.Pointer[error] // the first 403
	refusals atomic.Int64          // before anything was granted
	proof    sync.Once             // see prove
}

// missing returns the 403 where nothing was granted: what is lacking concerns all groups.
func (m *permission) missing() error {
	if err := m.refused.Load(); err != nil && !m.granted.Load() {
		return fmt.Errorf("okta: read groups: %w", *err)
	}
	return nil
}

// prove reads other groups than the one that was refused, until one is granted: of the
// pushed ones whose members need not be read in this run the smallest, then some of the
// org's. It is asked once in a run, after a 403 before anything was granted.
func (p *pushed) prove(ctx context.Context, refused string, may *permission, reads func(context.Context, string) error) {
	if may.granted.Load() {
		return
	}
	if id := p.smallestKnown(); id != "" && id != refused && reads(ctx, id) == nil {
		may.granted.Store(true)
		return
	}
	for _, id := range p.others() {
		if id != refused && reads(ctx, id) == nil {
			may.granted.Store(true)
			return
		}
	}
}

// readsGroup reads a group, whatever it is.
func (p *pushed) readsGroup(ctx context.Context, id string) error {
	_, _, err := readAt[groupObject](ctx, p.client, nil, "groups", id)
	return err
}

// readsMember reads one member of a group, whoever that is.
func (p *pushed) readsMember(ctx context.Context, id string) error {
	path, err := apiPath(url.Values{"limit": {"1"}}, "groups", id, "users")
	if err == nil {
		_, err = readPage[memberObject](ctx, p.client, path)
	}
	return err
}

// smallestKnown is the smallest of the groups whose members are taken from what is known;
// "" for none.
func (p *pushed) smallestKnown() string {
	var least *Group
	for id, g := range p.groups {
		k, known := p.known[id]
		if !known || g.Paused || g.Unreadable != "" || !p.isCurrent(k, *g) {
			continue
		}
		if least == nil || cmp.Or(cmp.Compare(len(k.Members)+k.Unread, len(least.Members)+least.Unread), cmp.Compare(id, least.ID)) < 0 {
			least = &k
		}
	}
	if least == nil {
		return ""
	}
	return least.ID
}

const (
	// provingGroups is how many groups of the org are tried, at most, after a 403.
	provingGroups = 4

	// maxRefused is how many groups may be refused before one is granted, where Okta lists
	// groups to these credentials.
	maxRefused = 100
)

// listOthers are a few groups that Okta lists to these credentials; none where it does not.
func (p *pushed) listOthers(ctx context.Context) []string {
	path, err := apiPath(url.Values{"limit": {fmt.Sprint(provingGroups)}}, "groups")
	if err != nil {
		return nil
	}
	listed, err := readPage[groupObject](ctx, p.client, path)
	if err != nil {
		return nil
	}
	return listed.ids()
}
