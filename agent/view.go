package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

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
	lists      plan.MemberLists // of groups and recorded
	managed    plan.Counts
	health     plan.Health
	counts     plan.ListLengths // for the next comparison
	earlier    map[string]map[string]string
	newMapping bool // the latest run had another one

	sights *sights              // nil: no refresh
	shown  plan.Shown           // what WalkMe has ever shown
	absent map[string]time.Time // see plan.WaitForGrace
	ended  map[int64][]string   // see plan.Ended

	// After a refresh: what was acknowledged, by object key, and the rest.
	pushed    map[string]state.Record
	unmanaged *plan.Unmanaged
	strangers []plan.Strangers
	unseen    []string       // Okta ids of groups of which not all pushed members are shown
	gone      []state.Record // of people who should have an account, and have none
	back      []state.Record // noted as gone by an earlier refresh, and there
}

// listed is how many people Okta listed.
func (v *view) listed() int { return v.inStep.Len() + v.translated + len(v.snap.Users) }

// read takes a snapshot of Okta and of the state. keep, if not nil, sees every
// assignment with its full profile, but for those that sieve knows.
func (a *Agent) read(ctx context.Context, sieve *sieve, keep func(okta.User) error) (*view, error) {
	v := &view{sieve: sieve, lists: memberLists(ctx, a.State)}
	groups, full, err := a.groupStore().request(ctx)
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
	if err := a.translate(v); err != nil {
		return err
	}
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
func (a *Agent) translate(v *view) error {
	if v.sieve != nil {
		v.desired = plan.DesiredOf(v.sieve.looked.people, v.snap.Users)
	} else {
		v.desired = a.Config.Mapping.Desired(v.snap, a.Config.Policy.Desire)
	}
	v.groups = plan.DesiredGroups(v.snap)
	return digestUnread(v)
}

// assess judges the snapshot, in which Okta listed so many people, against the records.
func (v *view) assess(listed int) {
	v.managed = plan.CountManaged(v.recorded)
	v.managed.Users += v.inStep.Recorded()
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
	if v.shown, err = everShown.Load(ctx, a.State); err != nil {
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
