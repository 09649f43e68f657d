package apply

import (
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// seeUser notes which of the values that were sent an answer shows. A server that said
// nothing has shown nothing, and has not left anything out either.
func (r *runner) seeUser(c *job, u *walkme.User) {
	if u.Silent || !r.a.Policy.UpdateUserAttributes && c.Action != plan.Create {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c.NotShown = nil
	for _, a := range c.Want.Attributes {
		if scim.Equal(a.Value, nil) {
			continue
		}
		if value, ok := u.Attribute(a.Path); ok && !scim.Equal(value, nil) {
			r.shown.See(a.Path)
		} else {
			c.NotShown = append(c.NotShown, a.Path)
		}
	}
}

// seeMembers does so for the members of a group.
func (r *runner) seeMembers(c *job, result *walkme.MembersResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shown.Members = r.shown.Members || result.Seen
	switch {
	case result.Unseen, result.Part:
		c.NotShown, c.partly = []string{plan.PathMembers}, result.Part
	case result.Seen && !c.partly:
		c.NotShown = nil
	}
}

// sayNotShown leaves with each change that was applied what WalkMe does not show of
// any of them. What it shows of others it has merely left out of one answer.
func (r *runner) sayNotShown() {
	for _, j := range r.jobs {
		j.NotShown = slices.DeleteFunc(scim.SortedSet(j.NotShown), func(path string) bool {
			return path == plan.PathMembers && j.Type == scim.Group && r.shown.Members && !j.partly || r.shown.Has(path)
		})
		if j.Outcome != plan.Applied || len(j.NotShown) == 0 {
			j.NotShown = nil
		}
	}
}
