package apply

import (
	"context"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// pushNow overwrites the membership with exactly ours, as Okta's button does.
func (r *runner) pushNow(ctx context.Context, c *job, rec state.Record) error {
	ids, members := r.provisioned(plan.ApplyMembers(rec.Members, c.Members))
	_, acknowledged := r.provisioned(rec.Members)
	_, doubtful := r.provisioned(rec.Doubtful)
	var refused plan.MemberChange
	var reasons []string
	err := r.write(ctx, c, &c.Members, func(ctx context.Context) (written, error) {
		result, err := r.a.WalkMe.ReplaceMembers(ctx, walkme.MembersUpdate{
			GroupID: rec.ID, Name: rec.Name, Rename: r.sendsName(c, rec), Managed: members,
			Acknowledged: acknowledged, Doubtful: doubtful, Linked: rec.Origin == state.Linked,
		})
		if err != nil {
			r.doubt(c.OktaID, ids, err)
			return written{}, err
		}
		r.seeMembers(c, result)
		rec.Members, rec.Doubtful, rec.Partial, rec.UpdatedAt = ids, nil, false, r.a.Now()
		if reasons = r.takeBack(&rec, result.Refused, &refused); len(reasons) == 0 {
			r.recovered(&rec, c)
		}
		return written{record: &rec}, nil
	})
	if err != nil || len(reasons) == 0 {
		return err
	}
	return r.noteRefused(ctx, c, refused, reasons, len(members)+len(c.Members.Remove))
}
