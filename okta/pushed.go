package okta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// GroupRequest says which groups are pushed, and what is known of them.
type GroupRequest struct {
	Sources []GroupSource

	// Full asks for everything to be read again: names, rules, all members.
	// Only a full read notices that a group was deleted in Okta, unless its
	// members are read.
	Full bool

	// Since is Snapshot.Watermark of the snapshot that Known comes from. Groups
	// without a change since then, less an overlap of ten minutes, are taken
	// from Known. Zero means Full.
	Since time.Time

	// Known is Snapshot.Groups of the last snapshot, with all fields, the
	// unreadable ones included; Members must tell nil (unknown, will be read)
	// from empty, and be sorted. On a full read nothing is taken from it, but what it
	// holds and Okta does not show any more is doubted.
	Known []Group

	// Members reads the members of a group of Known that is Unread. Nil where none is. It may
	// be called from several goroutines.
	Members func(ctx context.Context, groupID string) ([]string, error)
}

const (
	// overlap makes up for the lag of Okta's search index.
	overlap = 10 * time.Minute

	// quietTime is how long before a read a membership change must lie for the
	// read to have seen it for sure: Okta's times are cut to the second.
	quietTime = time.Minute

	// readers is how many groups are read at a time.
	readers = 3

	// maxStreak is how many groups in a row may fail before it is Okta that
	// fails and not they. Each has been retried by then.
	maxStreak = 10
)

// pushed collects the groups that the sources name.
type pushed struct {
	client *Client

	// assignedToApp says whether the snapshot has an assignment of a person.
	assignedToApp func(userID string) bool

	request GroupRequest
	full    bool
	known   map[string]Group       // by id
	changed map[string]groupObject // by id, all groups of the org that changed; nil on a full read
	all     []groupObject          // every group of the org, once a rule has asked for it

	assigned []appGroupObject
	mappings []PushMapping
	fetched  map[string]fetch // by id: groups that were asked for one by one

	groups   map[string]*Group // by id: the result
	linkedBy map[string]string // by id: the source whose link holds
	unsolved []unsolved
	problems []SourceProblem
	streak   atomic.Int64 // groups that failed since one was read

	mayRead, mayReadMembers permission
	others                  func() []string // see listOthers
}

// fetch is the answer to GET /groups/{id}: a group, or why there is none.
type fetch struct {
	group  groupObject
	reason string
	gone   bool // Okta says that it is this group that does not exist
}

// groups resolves the sources and reads the members, all or nothing per group.
func (c *Client) groups(ctx context.Context, req GroupRequest, assignedToApp func(string) bool) ([]Group, []SourceProblem, error) {
	if len(req.Sources) == 0 {
		return nil, nil, nil
	}
	p := &pushed{
		client: c, assignedToApp: assignedToApp, request: req, full: req.Full || req.Since.IsZero() || len(req.Known) == 0,
		known: map[string]Group{}, fetched: map[string]fetch{}, groups: map[string]*Group{}, linkedBy: map[string]string{},
	}
	for _, g := range req.Known {
		p.known[g.ID] = g
	}
	p.others = sync.OnceValue(func() []string { return p.listOthers(ctx) })
	if err := p.readLists(ctx); err != nil {
		return nil, nil, err
	}
	if err := p.fetchAll(ctx, p.idsToFetch()); err != nil {
		return nil, nil, err
	}
	for _, s := range req.Sources {
		if err := p.resolve(ctx, s); err != nil {
			return nil, nil, err
		}
	}
	p.leaveAlone()
	if err := p.findVanished(ctx); err != nil {
		return nil, nil, err
	}
	if err := p.findReplaced(ctx); err != nil {
		return nil, nil, err
	}
	if err := p.readMembers(ctx); err != nil {
		return nil, nil, err
	}
	if err := cmp.Or(p.mayRead.missing(), p.mayReadMembers.missing()); err != nil {
		return nil, nil, err
	}
	return p.result(), sortProblems(p.problems), nil
}

// readLists reads what several sources need: the groups that changed, the
// groups assigned to the app and Okta's mappings.
func (p *pushed) readLists(ctx context.Context) (err error) {
	if !p.full {
		if err := p.readChanged(ctx); err != nil {
			return err
		}
	}
	if p.uses(func(s GroupSource) bool { return s.AssignedGroups }) {
		if p.assigned, err = p.client.appGroups(ctx); err != nil {
			return err
		}
		p.doubtEmpty(GroupSource{AssignedGroups: true}, len(p.assigned))
	}
	if p.uses(func(s GroupSource) bool { return s.OktaMappings }) {
		return p.readMappings(ctx)
	}
	return nil
}

// readMappings reads Okta's mappings. The credentials may see everything but them.
func (p *pushed) readMappings(ctx context.Context) (err error) {
	source := GroupSource{OktaMappings: true}
	p.mappings, err = p.client.PushMappings(ctx)
	if errors.Is(err, ErrProvisioningDisabled) || errors.Is(err, ErrForbidden) {
		p.cannot(source, "", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	p.doubtEmpty(source, len(p.mappings))
	return nil
}

func (p *pushed) uses(is func(GroupSource) bool) bool {
	return slices.ContainsFunc(p.request.Sources, is)
}

// readChanged makes the one search of an incremental read.
func (p *pushed) readChanged(ctx context.Context) error {
	t := p.request.Since.Add(-overlap).UTC().Format("2006-01-02T15:04:05.000Z")
	groups, err := p.search(ctx, fmt.Sprintf("lastMembershipUpdated gt %q or lastUpdated gt %q", t, t))
	if err != nil {
		return err
	}
	p.changed = make(map[string]groupObject, len(groups))
	for _, g := range groups {
		p.changed[g.ID] = g
	}
	return nil
}

// search is searchGroups, whose answer shows that groups may be read.
func (p *pushed) search(ctx context.Context, query string) ([]groupObject, error) {
	groups, err := p.client.searchGroups(ctx, query)
	if err == nil {
		p.mayRead.granted.Store(true)
	}
	return groups, err
}

// current is a group as of now, when that is known without a request: it
// changed and the search said how, or it did not change since it was known.
func (p *pushed) current(id string) (groupObject, bool) {
	if p.full {
		return groupObject{}, false
	}
	if g, ok := p.changed[id]; ok {
		return g, true
	}
	k, ok := p.known[id]
	if !ok || k.Name == "" {
		return groupObject{}, false
	}
	g := groupObject{ID: id, LastUpdated: k.LastUpdated, LastMembershipUpdated: k.LastMembershipUpdated}
	g.Profile.Name, g.Profile.Description = k.Name, k.Description
	return g, true
}

// idsToFetch are the ids that sources name and that have to be asked for: on a
// full read all, else those that are not known or could not be read last time.
func (p *pushed) idsToFetch() []string {
	var ids []string
	add := func(id string) {
		if _, ok := p.current(id); !ok || p.known[id].Unreadable != "" {
			ids = append(ids, id)
		}
	}
	for _, s := range p.request.Sources {
		if s.ID != "" {
			add(s.ID)
		}
	}
	for _, m := range p.mappings {
		add(m.GroupID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (p *pushed) fetchAll(ctx context.Context, ids []string) error {
	answers := make([]fetch, len(ids))
	err := eachOf(ctx, len(ids), func(ctx context.Context, i int) error {
		g, _, err := readAt[groupObject](ctx, p.client, nil, "groups", ids[i])
		switch {
		case err == nil && g.ID != ids[i]:
			answers[i].reason = "Okta answered with another group"
		case err == nil:
			p.streak.Store(0)
			p.mayRead.granted.Store(true)
			answers[i].group = g
		case p.isFatal(ctx, err, ids[i], &p.mayRead, p.readsGroup):
			return fmt.Errorf("okta: read group %s: %w", ids[i], err)
		default:
			answers[i].reason = unreadable(err)
			answers[i].gone = isGone(err, ids[i])
		}
		return nil
	})
	for i, id := range ids {
		p.fetched[id] = answers[i]
	}
	return err
}

// eachOf calls do for 0 to n-1, a few at a time, until one fails.
func eachOf(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i := range n {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i)
		})
	}
	return g.Wait()
}

func unreadable(err error) string {
	if errors.Is(err, ErrNotFound) {
		return "Okta has no group of this id: it was deleted, or the credentials may not see it"
	}
	return err.Error()
}

// isGone says whether Okta answered that it is this group that does not exist.
func isGone(err error, groupID string) bool {
	return errors.Is(aboutObject(err, groupID, "UserGroup"), ErrNotFound)
}

// asksFor says whether a source, or one of Okta's mappings, names a group by its id.
func (p *pushed) asksFor(groupID string) bool {
	return p.uses(func(s GroupSource) bool { return s.ID == groupID }) ||
		slices.ContainsFunc(p.mappings, func(m PushMapping) bool { return m.GroupID == groupID })
}

func (p *pushed) result() []Group {
	groups := make([]Group, 0, len(p.groups))
	for _, g := range p.groups {
		slices.Sort(g.Sources)
		g.Sources = slices.Compact(g.Sources)
		groups = append(groups, *g)
	}
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	return groups
}

func (p *pushed) problem(s GroupSource, groupID, reason string) {
	p.problems = append(p.problems, SourceProblem{Source: s.String(), GroupID: groupID, Reason: reason})
}

// unmatched tells that no group fits a rule.
func (p *pushed) unmatched(s GroupSource) {
	p.problems = append(p.problems, SourceProblem{Source: s.String(), Reason: "no group matches", Unmatched: true})
}

// nameGroups lists groups for a message: "Sales" (00g1), "sales" (00g2).
func nameGroups(groups []groupObject) string {
	var parts []string
	for _, g := range groups {
		parts = append(parts, fmt.Sprintf("%q (%s)", g.Profile.Name, g.ID))
	}
	return strings.Join(parts, ", ")
}
