package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// groupCreate looks for the group that a POST may have made. It may be another one
// than that on record, which is gone.
func (s *settler) groupCreate(ctx context.Context, e state.Entry) (finding, error) {
	if later, err := s.overtaken(ctx, e); later || err != nil {
		return replan("a later change has settled it"), err
	}
	g, err := s.a.WalkMe.FindGroup(ctx, e.Name)
	switch {
	case err != nil && s.a.noHit(ctx, scim.Group, err):
		return replan("WalkMe has not made the group"), nil
	case err != nil:
		return finding{}, err
	}
	if err := s.claim(scim.Group, g.ID, e.SourceID, ""); err != nil {
		return replan(err.Error()), nil
	}
	change := journalled(e.Change)
	rec := state.Record{
		Resource: scim.Resource{
			Type: scim.Group, SourceID: e.SourceID, ID: g.ID, Active: true,
			Attributes: scim.Attributes{{Path: scim.PathDisplayName, Value: g.DisplayName}},
		},
		Name: g.DisplayName, Origin: state.Created, UpdatedAt: s.a.Now(), SourceDigest: change.SourceDigest,
	}
	says := "WalkMe had made the group; it is recorded"
	if _, sent := s.provisioned(change.Members.Add); !g.Bears(e.Name, sent) {
		rec.Origin = state.Linked
		says = "WalkMe has a group of this name, which has not what was sent: it is recorded as linked"
	}
	// The members of the POST are not taken on trust: the second write, which
	// Partial asks for, carries them all again.
	rec.Members, _ = s.shown(g, change.Members.Add)
	rec.Partial = true
	f := applied(says).with(rec)
	f.target = g.ID
	return f, nil
}

func (s *settler) members(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	if rec.ID == "" || rec.ID != e.TargetID {
		return replan("the group is not the one on record"), nil
	}
	g, err := s.a.WalkMe.Group(ctx, rec.ID)
	switch {
	case errors.Is(err, scim.ErrNotFound) && s.a.groupGone(ctx, rec.ID, rec.Name):
		return replan("WalkMe does not know the group"), nil
	case err != nil:
		return finding{}, err
	}
	change := journalled(e.Change)
	intended := plan.ApplyMembers(rec.Members, change.Members)
	members, certain := s.shown(g, plan.ApplyMembers(rec.Members, plan.MemberChange{Add: change.Members.Add}))
	if _, stay := s.provisioned(plan.ApplyMembers(rec.Members, plan.MemberChange{Remove: change.Members.Remove})); g.Incomplete(stay) {
		members, certain = plan.ApplyMembers(rec.Members, plan.MemberChange{Add: change.Members.Add}), false
	}
	rec.Members, rec.Doubtful = members, plan.ApplyMembers(rec.Doubtful, plan.MemberChange{Remove: members})
	if !certain {
		rec.Partial = true
		return replan("WalkMe does not show all of the members, and everybody is recorded who may be one").with(rec), nil
	}
	// What the group lacks is a difference to the next plan: nothing is cut
	// short any more.
	rec.Partial, rec.SourceDigest = false, change.SourceDigest
	rec.ClearFailure()
	if !slices.Equal(rec.Members, intended) {
		return replan("the members are not as they were to be, and are recorded as WalkMe shows them").with(rec), nil
	}
	return applied("WalkMe had changed the members; they are recorded").with(rec), nil
}

// shown returns those of the candidates whose accounts the group shows as members.
// Some servers never show any: then it may be all of them, and what is recorded must
// let each of them be taken out again.
func (s *settler) shown(g *walkme.Group, candidates []string) (members []string, certain bool) {
	if !g.MembersShown || len(g.Members) == 0 && len(candidates) > 0 {
		return candidates, false
	}
	have := make(map[string]bool, len(g.Members))
	for _, m := range g.Members {
		have[m.ID] = true
	}
	ids, accounts := s.provisioned(candidates)
	for i, id := range ids {
		if have[accounts[i].ID] {
			members = append(members, id)
		}
	}
	slices.Sort(members)
	return members, true
}

func (s *settler) groupDelete(ctx context.Context, e state.Entry) (finding, error) {
	_, err := s.a.WalkMe.Group(ctx, e.TargetID)
	switch {
	case errors.Is(err, scim.ErrNotFound) && s.a.groupGone(ctx, e.TargetID, e.Name):
		f := applied("WalkMe had deleted the group")
		f.forget = true
		return f, nil
	case err != nil:
		return finding{}, err
	}
	return replan("the group is still there"), nil
}

func (s *settler) groupRename(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	if rec.ID != e.TargetID {
		return replan("the group is not the one on record"), nil
	}
	g, err := s.a.WalkMe.Group(ctx, e.TargetID)
	switch {
	case errors.Is(err, scim.ErrNotFound) && s.a.groupGone(ctx, e.TargetID, rec.Name):
		return replan("WalkMe does not know the group"), nil
	case err != nil:
		return finding{}, err
	}
	rec.Name = g.DisplayName
	rec.Attributes = scim.Attributes{{Path: scim.PathDisplayName, Value: g.DisplayName}}
	if g.DisplayName != e.Name {
		return replan(fmt.Sprintf("the name in WalkMe is %q", g.DisplayName)).with(rec), nil
	}
	rec.ClearFailure()
	return applied("WalkMe had renamed the group; it is recorded").with(rec), nil
}
