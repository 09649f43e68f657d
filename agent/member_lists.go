package agent

import (
	"context"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// memberLists reads the members that were left in the state.
func memberLists(ctx context.Context, db *state.DB) plan.MemberLists {
	read := func(members func(context.Context, string) ([]string, error)) func(string) ([]string, error) {
		return func(oktaID string) ([]string, error) { return members(ctx, oktaID) }
	}
	return plan.MemberLists{Wanted: read(db.SourceMembers), Pushed: read(db.PushedMembers)}
}

// digestUnread completes the groups whose members were left in the state: each list is read,
// and let go again.
func digestUnread(v *view) error {
	wants := map[string]*plan.GroupWant{}
	for i := range v.groups {
		wants[v.groups[i].OktaID] = &v.groups[i]
	}
	for i := range v.snap.Groups {
		g := &v.snap.Groups[i]
		if g.Unread == 0 {
			continue
		}
		one := *wants[g.ID]
		if err := v.lists.ReadWanted(&one); err != nil {
			return err
		}
		wants[g.ID].SourceDigest = plan.DigestGroup(g, one.Members)
	}
	return nil
}

// readDecided reads the members of the groups that decisions are about.
func (v *view) readDecided(decisions []state.Decision) error {
	decided := map[string]bool{}
	for i := range decisions {
		for _, item := range decisions[i].Hold.Items {
			group, _, _ := strings.Cut(item.Key, "/")
			decided[group] = decisions[i].Hold.Kind == plan.HoldMemberRemovals || decided[group]
		}
	}
	for i := range v.groups {
		if want := &v.groups[i]; decided[want.OktaID] {
			if err := v.lists.ReadWanted(want); err != nil {
				return err
			}
		}
	}
	return v.readPushed(func(oktaID string) bool { return decided[oktaID] })
}

// readPushed reads the members on record of some groups, by Okta id.
func (v *view) readPushed(which func(oktaID string) bool) error {
	for i := range v.recorded {
		if r := &v.recorded[i]; r.Type == scim.Group && which(r.SourceID) {
			if err := v.lists.ReadPushed(r); err != nil {
				return err
			}
		}
	}
	return nil
}
