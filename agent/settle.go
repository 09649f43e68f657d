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

// settle asks WalkMe what became of the changes that an earlier run left
// pending, because it was killed or got no answer, and brings the state up to
// that. What was not done needs no note: the next plan holds it again.
//
//	pending        │ WalkMe shows                        │ then
//	───────────────┼─────────────────────────────────────┼────────────────────────────
//	create         │ an account of that name             │ recorded as created
//	               │ none                                │ abandoned, planned again
//	group_create   │ a group of that name                │ recorded with the members it shows
//	               │ none                                │ abandoned, planned again
//	group_members  │ the group as it was to be           │ members recorded as shown
//	               │ the group otherwise                 │ the same, abandoned, planned again
//	               │ the group, members never shown      │ abandoned, planned again
//	group_delete   │ no such group                       │ forgotten
//	group_rename   │ the group                           │ name recorded as shown
//	update,        │ the account                         │ values recorded as shown
//	  reactivate   │ the account, inactive               │ abandoned, planned again
//	link           │ an active account that the change   │ recorded as linked, values as shown
//	               │ activated, or that has the Okta id  │
//	               │ another one                         │ abandoned, planned again
//	deactivate     │ the account, inactive               │ recorded as inactive
//	               │ the account, active                 │ abandoned, planned again
//	group_link,    │ –                                   │ abandoned: nothing was sent
//	  group_unlink │                                     │
//
// An entry about which WalkMe does not answer stays pending, and its object is
// left alone in this run. The result holds those objects, with the reason.
func (a *Agent) settle(ctx context.Context) (map[string]string, error) {
	pending, err := a.State.Pending(ctx)
	if err != nil {
		return nil, fmt.Errorf("pending changes: %w", err)
	}
	unsettled := map[string]string{}
	for _, e := range pending {
		if err := a.settleEntry(ctx, e); err != nil {
			var lost *stateError
			if errors.As(err, &lost) || errors.Is(err, scim.ErrUnauthorized) || ctx.Err() != nil {
				return nil, fmt.Errorf("pending %s of %s: %w", e.Action, e.SourceID, err)
			}
			unsettled[objectKey(e.Type, e.SourceID)] = "the outcome of its last request is unknown: " + err.Error()
			a.log().Warn("outcome still unknown", "action", e.Action, "okta_id", e.SourceID, "err", err)
		}
	}
	return unsettled, nil
}

func (a *Agent) settleEntry(ctx context.Context, e state.Entry) error {
	rec, err := a.State.Record(ctx, e.Type, e.SourceID)
	if err != nil && !errors.Is(err, state.ErrNoRecord) {
		return &stateError{err}
	}
	switch Action(e.Action) {
	case Create:
		return a.settleCreate(ctx, e, rec)
	case GroupCreate:
		return a.settleGroupCreate(ctx, e, rec)
	case GroupMembers:
		return a.settleMembers(ctx, e, rec)
	case GroupDelete:
		return a.settleDelete(ctx, e)
	case Link, Update, Deactivate, Reactivate:
		return a.settleUser(ctx, e, rec)
	case GroupRename:
		return a.settleRename(ctx, e, rec)
	}
	return a.abandon(ctx, e)
}

func (a *Agent) abandon(ctx context.Context, e state.Entry) error {
	return a.conclusion(ctx, e, state.Outcome{State: state.Abandoned, Error: e.Error})
}

func (a *Agent) conclusion(ctx context.Context, e state.Entry, out state.Outcome, recs ...state.Record) error {
	if err := a.State.Finish(ctx, e.ID, out, recs...); err != nil {
		return &stateError{fmt.Errorf("journal: %w", err)}
	}
	return nil
}

func (a *Agent) settleCreate(ctx context.Context, e state.Entry, rec state.Record) error {
	if rec.ID != "" {
		return a.abandon(ctx, e) // settled by a later change
	}
	u, err := a.WalkMe.FindUser(ctx, e.Name)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return a.abandon(ctx, e)
	case err != nil:
		return err
	case u.ExternalID != "" && u.ExternalID != e.SourceID:
		return a.abandon(ctx, e) // somebody else's account of that name: planned again as a link
	}
	rec = state.Record{
		Resource: scim.Resource{Type: scim.User, SourceID: e.SourceID, ID: u.ID, Active: true},
		Name:     u.UserName, Origin: state.Created, UpdatedAt: a.now(),
	}
	detail := journalled(e.Change)
	rec.SourceDigest, rec.MappingDigest = detail.SourceDigest, detail.MappingDigest
	for _, change := range detail.Attributes {
		rec.Attributes = append(rec.Attributes, scim.Attribute{Path: change.Path, Value: change.New})
	}
	rec.Attributes = scim.NewAttributes(rec.Attributes)
	return a.conclusion(ctx, e, state.Outcome{State: state.Applied, TargetID: u.ID}, rec)
}

func (a *Agent) settleGroupCreate(ctx context.Context, e state.Entry, rec state.Record) error {
	if rec.ID != "" {
		return a.abandon(ctx, e)
	}
	g, err := a.WalkMe.FindGroup(ctx, e.Name)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		return a.abandon(ctx, e)
	case err != nil:
		return err
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
		return err
	}
	return a.conclusion(ctx, e, state.Outcome{State: state.Applied, TargetID: g.ID}, rec)
}

func (a *Agent) settleMembers(ctx context.Context, e state.Entry, rec state.Record) error {
	g, err := a.WalkMe.Group(ctx, rec.ID)
	switch {
	case rec.ID == "" || errors.Is(err, scim.ErrNotFound):
		return a.abandon(ctx, e)
	case err != nil:
		return err
	case !g.MembersShown || len(g.Members) == 0 && len(rec.Members) > 0:
		return a.abandon(ctx, e) // some servers never show members: nothing follows from that
	}
	change := journalled(e.Change)
	intended := applyMembers(rec.Members, change.Members)
	candidates := applyMembers(rec.Members, MemberChange{Add: change.Members.Add})
	if rec.Members, err = a.shown(ctx, g, candidates); err != nil {
		return err
	}
	// What the group lacks is a difference to the next plan: nothing is cut
	// short any more.
	rec.Partial, rec.SourceDigest = false, change.SourceDigest
	healthy(&rec)
	out := state.Outcome{State: state.Applied}
	if !slices.Equal(rec.Members, intended) {
		out = state.Outcome{State: state.Abandoned, Error: e.Error}
	}
	return a.conclusion(ctx, e, out, rec)
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

func (a *Agent) settleDelete(ctx context.Context, e state.Entry) error {
	_, err := a.WalkMe.Group(ctx, e.TargetID)
	switch {
	case errors.Is(err, scim.ErrNotFound):
		if err := a.State.FinishAndForget(ctx, e.ID, state.Outcome{State: state.Applied}, e.Type, e.SourceID); err != nil {
			return &stateError{fmt.Errorf("journal: %w", err)}
		}
		return nil
	case err != nil:
		return err
	}
	return a.abandon(ctx, e)
}
