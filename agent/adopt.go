package agent

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

// Missing is what the state knows and a tenant does not have.
type Missing struct{ Users, Groups []string } // names, sorted

// AdoptTenant takes the tenant of the credentials for that of the state, whatever it
// lacks, and returns what that is. Nothing is sent but reads. What is missing is made
// anew, or reported as gone, by the next runs, as the policies on missing accounts and
// groups say.
func (a *Agent) AdoptTenant(ctx context.Context) (Missing, error) {
	missing, err := adoption{a.WalkMe, a.State, a.Config.Policy}.adopt(ctx)
	if err != nil {
		return missing, err
	}
	return missing, a.witness().seen(ctx)
}

// adoption compares the state with another tenant, and makes it be about that.
type adoption struct {
	walkme *walkme.Client
	state  *state.DB
	policy plan.Policy
}

func (a adoption) adopt(ctx context.Context) (Missing, error) {
	var out Missing
	recorded, err := a.state.Records(ctx)
	if err != nil {
		return out, fmt.Errorf("records of the state: %w", err)
	}
	present, err := a.presentIDs(ctx)
	if err != nil {
		return out, err
	}
	var changed []state.Record
	for _, r := range recorded {
		if r.ID == "" || !r.Active || present[r.Type][r.ID] {
			continue
		}
		there, err := a.isThere(ctx, &r)
		if err != nil {
			return out, err
		}
		if there {
			continue
		}
		if r.Type == scim.User {
			out.Users = append(out.Users, r.Name)
		} else {
			out.Groups = append(out.Groups, r.Name)
		}
		changed = append(changed, a.withoutObject(r))
	}
	slices.Sort(out.Users)
	slices.Sort(out.Groups)
	if len(changed) > 0 {
		if err := a.state.PutRecords(ctx, changed...); err != nil {
			return out, fmt.Errorf("what the tenant lacks: %w", err)
		}
	}
	return out, a.forgetShown(ctx)
}

// forgetShown forgets what the earlier tenant has shown, and has not: what it did show
// would make drift of whatever the next one does not. Nor do the holds of a refresh of
// that one stay, which the next run would keep.
func (a adoption) forgetShown(ctx context.Context) error {
	return errors.Join(everShown.Save(ctx, a.state, plan.Shown{}), LastUnshown.Save(ctx, a.state, Unshown{}), refreshHolds.Save(ctx, a.state, nil))
}

// presentIDs lists the ids of everything that the tenant shows.
func (a adoption) presentIDs(ctx context.Context) (map[scim.Type]map[string]bool, error) {
	out := map[scim.Type]map[string]bool{scim.User: {}, scim.Group: {}}
	for u, err := range a.walkme.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe users: %w", err)
		}
		out[scim.User][u.ID] = true
	}
	for g, err := range a.walkme.Groups(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe groups: %w", err)
		}
		out[scim.Group][g.ID] = true
	}
	return out, nil
}

// isThere asks for an object that a list does not hold: lists may be cut.
func (a adoption) isThere(ctx context.Context, r *state.Record) (bool, error) {
	var err error
	if r.Type == scim.User {
		_, err = a.walkme.User(ctx, r.ID)
	} else {
		_, err = a.walkme.Group(ctx, r.ID)
	}
	if errors.Is(err, scim.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s %s, which the list does not hold: %w", r.Type, r.Name, err)
	}
	return true, nil
}

// withoutObject is the record of what the tenant lacks.
func (a adoption) withoutObject(r state.Record) state.Record {
	recreate, gone := a.policy.RecreateMissing, goneFromWalkMe
	if r.Type == scim.Group {
		recreate, gone = a.policy.Groups.RecreateMissing, plan.GroupDeleted
	}
	if recreate {
		r.ID, r.Active = "", false
		r.ClearFailure()
		return r
	}
	r.Attempts, r.LastError, r.LastStatus = r.Attempts+1, gone, 0
	if r.Type == scim.User {
		r.Missing = state.MissingInRefresh
	}
	return r
}
