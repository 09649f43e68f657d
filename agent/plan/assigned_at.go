package plan

import "time"

// AssignedAt is when Okta assigned the person whose account the change makes, links
// or activates, by Okta's clock. It is zero for other changes: Okta does not say
// when a profile was changed, or an assignment taken away.
func (c *Change) AssignedAt() time.Time {
	switch c.Action {
	case Create, Link, Reactivate:
		if c.Want != nil && c.Cause == CauseOkta {
			return c.Want.AssignedAt
		}
	}
	return time.Time{}
}
