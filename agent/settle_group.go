package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

func (a *Agent) settleGroupCreate(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	if rec.ID != "" {
		return again("a later change has settled it"), nil
	}
	g, err := a.WalkMe.FindGroup(ctx, e.Name)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return again("WalkMe has not made the group"), nil
	case err != nil:
		return finding{}, err
	}
	rec = state.Record{
		Resource: scim.Resource{
			Type: scim.Group, SourceID: e.SourceID, ID: g.ID, Active: true,
			Attributes: scim.Attributes{{Path: scim.PathDisplayName, Value: g.DisplayName}},
		},
		Name: g.DisplayName, Origin: state.Created, UpdatedAt: a.now(), Partial: true,
		SourceDigest: journalled(e.Change).SourceDigest,
	}
	// The members of the POST are not taken on trust: the second write, which
	// Partial asks for, carries them all again.
	if rec.Members, err = a.shown(ctx, g, journalled(e.Change).Members.Add); err != nil {
		return finding{}, err
	}
	f := applied("WalkMe had made the group; it is recorded", rec)
	f.target = g.ID
	return f, nil
}

func (a *Agent) settleMembers(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	g, err := a.WalkMe.Group(ctx, rec.ID)
	switch {
	case rec.ID == "" || errors.Is(err, scim.ErrNotFound):
		return again("WalkMe does not know the group"), nil
	case err != nil:
		return finding{}, err
	case !g.MembersShown || len(g.Members) == 0 && len(rec.Members) > 0:
		return again("WalkMe does not show the members"), nil // some servers never do: nothing follows from that
	}
	change := journalled(e.Change)
	intended := applyMembers(rec.Members, change.Members)
	candidates := applyMembers(rec.Members, MemberChange{Add: change.Members.Add})
	if rec.Members, err = a.shown(ctx, g, candidates); err != nil {
		return finding{}, err
	}
	// What the group lacks is a difference to the next plan: nothing is cut
	// short any more.
	rec.Partial, rec.SourceDigest = false, change.SourceDigest
	healthy(&rec)
	if !slices.Equal(rec.Members, intended) {
		return again("the members are not as they were to be, and are recorded as WalkMe shows them", rec), nil
	}
	return applied("WalkMe had changed the members; they are recorded", rec), nil
}

// shown returns those of the Okta ids whose accounts the group shows as members.
func (a *Agent) shown(ctx context.Context, g *walkme.Group, oktaIDs []string) ([]string, error) {
	have := make(map[string]bool, len(g.Members))
	for _, m := range g.Members {
		have[m.ID] = true
	}
	var out []string
	for _, id := range oktaIDs {
		user, err := a.State.Record(ctx, scim.User, id)
		if err != nil && !errors.Is(err, state.ErrNoRecord) {
			return nil, &stateError{err}
		}
		if user.ID != "" && have[user.ID] {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, nil
}

func (a *Agent) settleDelete(ctx context.Context, e state.Entry) (finding, error) {
	_, err := a.WalkMe.Group(ctx, e.TargetID)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		f := applied("WalkMe had deleted the group")
		f.forget = true
		return f, nil
	case err != nil:
		return finding{}, err
	}
	return again("the group is still there"), nil
}

func (a *Agent) settleRename(ctx context.Context, e state.Entry, rec state.Record) (finding, error) {
	g, err := a.WalkMe.Group(ctx, e.TargetID)
	switch {
	case rec.ID != e.TargetID || errors.Is(err, scim.ErrNotFound):
		return again("WalkMe does not know the group"), nil
	case err != nil:
		return finding{}, err
	}
	rec.Name = g.DisplayName
	rec.Attributes = scim.Attributes{{Path: scim.PathDisplayName, Value: g.DisplayName}}
	if g.DisplayName != e.Name {
		return again(fmt.Sprintf("the name in WalkMe is %q", g.DisplayName), rec), nil
	}
	healthy(&rec)
	return applied("WalkMe had renamed the group; it is recorded", rec), nil
}
