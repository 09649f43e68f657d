package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// Config is what the agent decides by.
type Config struct {
	Mapping      plan.Mapping
	Policy       plan.Policy
	Limits       plan.Limits
	GroupSources []okta.GroupSource

	// GroupFullRead is how often the members of every pushed group are read.
	// Between full reads only groups that Okta says have changed are read.
	// Zero reads all of them in every run.
	GroupFullRead time.Duration

	// ConfirmRemovals asks Okta for each absent person's assignment before the
	// account is deactivated.
	ConfirmRemovals bool

	// Grace is how long a deactivation waits after the person was first seen to
	// be absent. Zero does not wait.
	Grace time.Duration

	// VerifyEvery is how old the last sighting of a managed account may be when a run
	// that sends begins; then one is read. Zero never reads one. With VerifyByTest,
	// Okta's own test of the credentials takes the place of the read.
	VerifyEvery  time.Duration
	VerifyByTest bool

	// KeepHistory is how long journal and runs are kept. Zero keeps them.
	KeepHistory time.Duration

	// Target is WalkMe's SCIM base URL and WireProfile oin or aiw, as plans
	// show them.
	Target      string
	WireProfile string

	// SeeEverybody decodes and compares every person in every run, and trusts no mark of an
	// earlier one. The plan is the same.
	SeeEverybody bool

	// Strict keeps to what Okta's engine is known to send, also while planning.
	Strict bool

	// Workers is how many changes are under way at once. Twice the client's
	// requests in flight keeps the wire full while journal entries are written.
	// Zero means 16.
	Workers int
}

// Agent connects the two sides. All fields but Logger and Now are required. An agent
// that only plans, or reads, takes an empty state, too (state.OpenOrEmpty).
type Agent struct {
	Okta   *okta.Client
	WalkMe *walkme.Client
	State  *state.DB
	Config Config
	Logger *slog.Logger     // nil: silent
	Now    func() time.Time // nil: time.Now
	// Build is the version of the program. Whom another one has found in step is looked at
	// anew.
	Build string
	// Progress, if set, hears of each change that ended, from many goroutines.
	Progress func(done, total int, c *plan.Change)
	// Stopping, if set, hears how many changes are under way when a run is told to stop
	// while it applies.
	Stopping func(underWay int)
	// Missed, if set, hears of an approval that releases nothing, and why.
	Missed func(holdID, why string)

	// Spill, if set, makes a file for the plain updates of Plan and PlanOffline, when there
	// are more than SpillFrom of them; see plan.Updates. The plan is to be read before
	// the file is closed, and its changes through Plan.All.
	Spill     func() (plan.UpdateStore, error)
	SpillFrom int

	// VerifyFirst has the first run look for an account, however fresh the last sighting
	// is: a service has just started.
	VerifyFirst bool

	verified bool // a run of this agent has made sure that WalkMe is there
}

func (a *Agent) log() *slog.Logger {
	if a.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return a.Logger
}

func (a *Agent) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

func (a *Agent) workers() int {
	if a.Config.Workers <= 0 {
		return 16
	}
	return a.Config.Workers
}

func (a *Agent) applier() *apply.Applier {
	return &apply.Applier{
		WalkMe: a.WalkMe, State: a.State, Policy: a.Config.Policy, MappingDigest: a.Config.Mapping.Digest(),
		Workers: a.workers(), Logger: a.log(), Now: a.now, Progress: a.Progress, Stopping: a.Stopping,
	}
}

// view is everything that was read before a plan is made.
type view struct {
	snap       *okta.Snapshot // without the people in step
	inStep     *plan.InStep   // nil: all people are in snap
	translated int            // of snap, who are in desired and no longer there
	sieve      *sieve         // that has parted the two; or nil
	fullGroups bool
	recorded   []state.Record // without those of the people in step
	generation int64
	desired    plan.Desired
	groups     []plan.GroupWant
	managed    plan.Counts
	health     plan.Health
	counts     plan.ListLengths // for the next comparison
	earlier    map[string]map[string]string
	newMapping bool // the latest run had another one

	shown  plan.Shown           // what WalkMe has ever shown; loaded by a refresh, or before the first write
	absent map[string]time.Time // see plan.WaitForGrace
	ended  map[int64][]string   // see plan.Ended

	// After a refresh: what was acknowledged, by object key, and the rest.
	pushed    map[string]state.Record
	unmanaged *plan.Unmanaged
	strangers []plan.Strangers
	unseen    []notShown     // what was pushed and cannot be compared
	gone      []state.Record // of people who should have an account, and have none
	back      []state.Record // noted as gone by an earlier refresh, and there
}

// listed is how many people Okta listed.
func (v *view) listed() int { return v.inStep.Len() + v.translated + len(v.snap.Users) }

// read takes a snapshot of Okta and of the state. keep, if not nil, sees every
// assignment with its full profile, but for those that sieve knows.
func (a *Agent) read(ctx context.Context, sieve *sieve, keep func(okta.User) error) (*view, error) {
	v := &view{sieve: sieve}
	groups, full, err := a.groupRequest(ctx)
	if err != nil {
		return nil, err
	}
	projection := a.Config.Mapping.Projection()
	v.fullGroups = full
	v.snap, err = a.Okta.Snapshot(ctx, okta.SnapshotRequest{
		Keep: &projection, Each: keep, Sieve: sieve.okta(), Groups: groups,
	})
	if err != nil {
		return nil, cmp.Or(sieve.failure(), err)
	}
	if v.inStep, err = sieve.seal(v.snap.Users); err != nil {
		return nil, err
	}
	if err := a.complete(ctx, v); err != nil {
		return nil, err
	}
	forgiveUnmatched(v.snap)
	v.dropGone()
	v.assess(v.listed())
	return v, compareCounts(ctx, a.State, v)
}

// complete derives what Okta wants from a snapshot, and reads what the state has.
func (a *Agent) complete(ctx context.Context, v *view) error {
	if v.sieve != nil {
		a.log().Debug("people read", "listed", v.listed(), "in_step", v.inStep.Len(), "not_decoded", v.sieve.stood.Len())
	}
	a.translate(v)
	if err := a.unshare(ctx, v); err != nil {
		return err
	}
	v.dropUsers() // before the records take their place
	return a.readState(ctx, v)
}

// dropUsers lets go of the assignments, which the mapping has used up. In a big org they
// are as much as the records.
func (v *view) dropUsers() { v.translated, v.snap.Users = v.translated+len(v.snap.Users), nil }

// forgiveUnmatched drops the remark that a rule matches no group: groups come and
// go, and those that it matched before were asked for one by one.
func forgiveUnmatched(snap *okta.Snapshot) {
	snap.Problems = slices.DeleteFunc(snap.Problems, func(p okta.SourceProblem) bool { return p.Unmatched })
}

// dropGone forgets the groups that Okta has deleted and of which nothing is left here.
func (v *view) dropGone() { v.groups = plan.DropGone(v.snap, v.groups, v.recorded) }

// translate derives what Okta wants.
func (a *Agent) translate(v *view) {
	if v.sieve != nil {
		v.desired = plan.DesiredOf(v.sieve.looked.people, v.snap.Users)
	} else {
		v.desired = a.Config.Mapping.Desired(v.snap, a.Config.Policy.Desire)
	}
	v.groups = plan.DesiredGroups(v.snap)
}

// assess judges the snapshot, in which Okta listed so many people, against the records.
func (v *view) assess(listed int) {
	v.managed = plan.CountManaged(v.recorded)
	v.managed.Users += v.inStep.Len()
	v.health = plan.Assess(v.snap, listed, v.managed)
}

func (a *Agent) readState(ctx context.Context, v *view) (err error) {
	if v.recorded, err = a.recordsFor(ctx, v); err != nil {
		return fmt.Errorf("records of the state: %w", err)
	}
	if v.generation, err = a.State.Generation(ctx); err != nil {
		return fmt.Errorf("generation of the state: %w", err)
	}
	latest, err := lastMapping.Load(ctx, a.State)
	if err != nil {
		return err
	}
	v.newMapping = latest != a.Config.Mapping.Digest()
	v.inStep.Correct(v.recorded, a.Config.Mapping)
	v.earlier = map[string]map[string]string{}
	for i := range v.recorded {
		digest := v.recorded[i].MappingDigest
		if _, ok := v.earlier[digest]; ok || digest == "" {
			continue
		}
		if v.earlier[digest], err = a.State.Mapping(ctx, digest); err != nil {
			return fmt.Errorf("earlier mapping: %w", err)
		}
	}
	return nil
}

// groupRequest asks for a full read of the groups when one is due, when the
// sources changed, or when nothing is stored.
func (a *Agent) groupRequest(ctx context.Context) (req okta.GroupRequest, full bool, err error) {
	req.Sources, req.Full = a.Config.GroupSources, true
	if len(req.Sources) == 0 {
		return req, true, nil
	}
	stored, err := a.State.SourceGroups(ctx)
	if err != nil {
		return req, true, fmt.Errorf("stored groups: %w", err)
	}
	for _, g := range stored {
		req.Known = append(req.Known, knownGroup(g))
	}
	if a.Config.GroupFullRead <= 0 {
		return req, true, nil
	}
	since, err1 := groupsSince.Load(ctx, a.State)
	fullAt, err2 := groupsFullAt.Load(ctx, a.State)
	sources, err3 := groupSources.Load(ctx, a.State)
	if err := errors.Join(err1, err2, err3); err != nil {
		return req, true, err
	}
	age := a.now().Sub(fullAt)
	if since.IsZero() || fullAt.IsZero() || age < 0 || age >= a.Config.GroupFullRead || sources != a.sourcesKey() {
		return req, true, nil
	}
	req.Full, req.Since = false, since
	return req, false, nil
}

func (a *Agent) sourcesKey() string {
	key, err := json.Marshal(a.Config.GroupSources)
	if err != nil {
		return "" // never equal to a stored key: a full read is the safe answer
	}
	return string(key)
}

// knownGroup keeps "no members" apart from "not read", which only a paused or
// unreadable group is stored with.
func knownGroup(g state.SourceGroup) okta.Group {
	if g.Members == nil && !g.Paused && g.Unreadable == "" {
		g.Members = []string{}
	}
	return okta.Group{
		ID: g.ID, Name: g.Name, Description: g.Description, LastUpdated: g.LastUpdated,
		LastMembershipUpdated: g.LastMembershipUpdated, Link: g.Link, Sources: g.Sources,
		Paused: g.Paused, PausedBy: g.PausedBy, Unreadable: g.Unreadable, Members: g.Members,
	}
}

// saveGroups stores the groups of a snapshot, so that the next one need not read
// their members again, and misses those that Okta fails to show. A group that could
// not be read is stored as such, with the members that it had.
func (a *Agent) saveGroups(ctx context.Context, v *view) error {
	if len(a.Config.GroupSources) == 0 {
		return nil
	}
	var stored []state.SourceGroup
	for _, g := range v.snap.Groups {
		stored = append(stored, state.SourceGroup{
			ID: g.ID, Name: g.Name, Description: g.Description, LastUpdated: g.LastUpdated,
			LastMembershipUpdated: g.LastMembershipUpdated, Link: g.Link, Sources: g.Sources,
			Paused: g.Paused, PausedBy: g.PausedBy, Unreadable: g.Unreadable, Members: g.Members,
		})
	}
	meta := map[string]string{
		groupsSince.key:  v.snap.Watermark.UTC().Format(time.RFC3339),
		groupSources.key: a.sourcesKey(),
	}
	if v.fullGroups {
		meta[groupsFullAt.key] = a.now().UTC().Format(time.RFC3339)
	}
	if err := a.State.SaveSourceGroups(ctx, stored, meta); err != nil {
		return fmt.Errorf("groups of the snapshot: %w", err)
	}
	return nil
}
