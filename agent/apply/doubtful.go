package apply

import (
	"errors"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// A member whom WalkMe took, and does not show, is no member on record: the push is tried
// again. But the list may have been old, or a part. So it is remembered who may be in the
// group, and a person who leaves it in Okta is taken out all the same.

// mayHold says whether a person is in a group, or may be.
func mayHold(rec *state.Record, oktaID string) bool {
	return scim.Contains(rec.Members, oktaID) || scim.Contains(rec.Doubtful, oktaID)
}

// notShown says that a change was accepted, and that what WalkMe shows afterwards lacks it.
func notShown(err error) bool {
	var unapplied *walkme.NotAppliedError
	return errors.As(err, &unapplied)
}

// mayBeIn says whether a person may be in a group although the push was refused: it was
// accepted and is not shown, or WalkMe calls it a conflict, as servers do of members.
func mayBeIn(err error) bool { return notShown(err) || errors.Is(err, scim.ErrConflict) }

// doubt notes who may be in a group although their push has failed with err. The record is
// written together with the failure.
func (r *runner) doubt(groupID string, joining []string, err error) {
	var name *walkme.NameSentError
	var refused *walkme.AllRefusedError
	var in []string
	switch {
	case errors.As(err, &name): // no member was sent
		return
	case errors.As(err, &refused):
		for _, m := range refused.Refused {
			if oktaID := r.ownerID(scim.User, m.Member.ID); oktaID != "" && !m.Remove && mayBeIn(m.Err) {
				in = append(in, oktaID)
			}
		}
	case mayBeIn(err):
		in = joining
	}
	rec, known := r.recorded(scim.Group, groupID)
	if in = plan.ApplyMembers(in, plan.MemberChange{Remove: rec.Members}); !known || len(in) == 0 {
		return
	}
	rec.Doubtful = plan.ApplyMembers(rec.Doubtful, plan.MemberChange{Add: in})
	r.remember(rec)
}
