package agent

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// showStrangers reads the groups whose members are to be exactly ours, and lists
// whoever else is in them among the removals: our people by their Okta ids, the
// others by WalkMe's. So they are seen before, and limits count them. A group that
// cannot be read waits.
func (a *Agent) showStrangers(ctx context.Context, plan *Plan, v *view) error {
	records := newRegistry(v.recorded)
	var pushes []*Change
	for _, c := range plan.Changes {
		if c.replaces && !c.Blocked() {
			pushes = append(pushes, c)
		}
	}
	strangers := make([][]walkme.Member, len(pushes))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(a.workers())
	for i, c := range pushes {
		g.Go(func() error {
			shown, err := a.WalkMe.Group(gctx, c.WalkMeID)
			switch {
			case err == nil:
				strangers[i] = records.strangers(c, shown.Members)
			case ctx.Err() != nil, errors.Is(err, scim.ErrUnauthorized):
				return err
			case !errors.Is(err, scim.ErrNotFound): // which the push deals with
				c.Unconfirmed = "WalkMe does not show who would be taken out: " + err.Error()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, c := range pushes {
		for _, m := range strangers[i] {
			id := cmp.Or(records.ownerID(scim.User, m.ID), m.ID)
			c.Members.Remove = append(c.Members.Remove, id)
			if plan.People[id] == "" {
				plan.People[id] = cmp.Or(m.Display, id)
			}
		}
		c.Members.Remove = scim.SortedSet(c.Members.Remove)
	}
	return nil
}

// strangers returns the members of a group who are not among those whom a push
// leaves in it, nor recorded as ours.
func (g *registry) strangers(c *Change, shown []walkme.Member) []walkme.Member {
	rec, _ := g.record(scim.Group, c.OktaID)
	_, ours := g.provisioned(applyMembers(rec.Members, MemberChange{Add: c.Members.Add}))
	known := make(map[string]bool, len(ours))
	for _, m := range ours {
		known[m.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(shown), func(m walkme.Member) bool { return known[m.ID] })
}

// pushNow overwrites the membership with exactly ours, as Okta's button does.
func (r *runner) pushNow(ctx context.Context, c *Change, rec state.Record) error {
	ids, members := r.provisioned(applyMembers(rec.Members, c.Members))
	var refused MemberChange
	var reasons []string
	err := r.write(ctx, c, &c.Members, func(ctx context.Context) (written, error) {
		result, err := r.a.WalkMe.ReplaceMembers(ctx, walkme.MembersUpdate{
			GroupID: rec.ID, Name: rec.Name, Rename: r.sendsName(c, rec), Managed: members, Linked: rec.Origin == state.Linked,
		})
		if err != nil {
			return written{}, err
		}
		rec.Members, rec.Partial, rec.UpdatedAt = ids, false, r.a.now()
		if reasons = r.refusals(&rec, result.Rejected, &refused); len(reasons) == 0 {
			r.recovered(&rec, c)
		}
		return written{record: &rec}, nil
	})
	if err != nil || len(reasons) == 0 {
		return err
	}
	return r.noteRefused(ctx, c, refused, reasons)
}
