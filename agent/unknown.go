package agent

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// mistyped says that a run was asked for somebody, or for the approval of something, that
// nobody knows. That is no failure of a run, and is kept on no record: nothing was tried.
func mistyped(err error) bool {
	var unknown *plan.UnknownError
	return errors.As(err, &unknown) || errors.Is(err, state.ErrNoHold)
}

// unknown is the error for a name that neither Okta nor the state knows, with those of
// people and groups that may have been meant.
func (a *Agent) unknown(ctx context.Context, v *view, name string) error {
	names := map[scim.Type][]string{}
	for i := range v.desired.People {
		names[scim.User] = append(names[scim.User], v.desired.People[i].Name())
	}
	for i := range v.groups {
		names[scim.Group] = append(names[scim.Group], v.groups[i].Name)
	}
	for _, t := range []scim.Type{scim.User, scim.Group} { // also of those in step, who are in no list
		err := a.State.EachName(ctx, t, func(_, recorded string) error {
			names[t] = append(names[t], recorded)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return &plan.UnknownError{Names: []string{strconv.Quote(name)}, Near: cmp.Or(
		plan.NearName(scim.User, name, names[scim.User]), plan.NearName(scim.Group, name, names[scim.Group]))}
}
