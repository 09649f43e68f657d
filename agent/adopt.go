package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
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
	shown, err := a.shownIDs(ctx)
	if err != nil {
		return Missing{}, err
	}
	users, err := a.lacked(ctx, scim.User, shown[scim.User])
	if err != nil {
		return Missing{}, err
	}
	groups, err := a.lacked(ctx, scim.Group, shown[scim.Group])
	if err != nil {
		return Missing{}, err
	}
	if len(users)+len(groups) > 0 {
		if err := a.state.EditRecords(ctx, sourceIDs(users), sourceIDs(groups), a.loseObject); err != nil {
			return Missing{}, fmt.Errorf("what the tenant lacks: %w", err)
		}
	}
	return Missing{Users: names(users), Groups: names(groups)}, a.forgetShown(ctx)
}

// lacked returns the objects on record that the tenant does not have, by Okta id. shown is
// what its list holds: lists may be cut, so that each of the others is asked for.
func (a adoption) lacked(ctx context.Context, t scim.Type, shown idSet) ([]state.Object, error) {
	var out []state.Object
	err := a.state.EachObject(ctx, t, func(o state.Object) error {
		if !shown.has(o.TargetID) {
			out = append(out, o)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("records of the state: %w", err)
	}
	left := out[:0]
	for _, o := range out {
		there, err := a.isThere(ctx, t, o)
		if err != nil {
			return nil, err
		}
		if !there {
			left = append(left, o)
		}
	}
	return left, nil
}

func sourceIDs(objects []state.Object) []string {
	out := make([]string, len(objects))
	for i := range objects {
		out[i] = objects[i].SourceID
	}
	return out
}

// names returns the names of objects, sorted; nil for none.
func names(objects []state.Object) []string {
	var out []string
	for i := range objects {
		out = append(out, objects[i].Name)
	}
	slices.Sort(out)
	return out
}

// forgetShown forgets what the earlier tenant has shown, and has not: what it did show
// would make drift of whatever the next one does not. Nor do the holds of a refresh of
// that one stay, which the next run would keep.
func (a adoption) forgetShown(ctx context.Context) error {
	return errors.Join(everShown.Save(ctx, a.state, plan.Shown{}), LastUnshown.Save(ctx, a.state, Unshown{}), refreshHolds.Save(ctx, a.state, nil))
}

// shownIDs lists the ids of everything that the tenant shows.
func (a adoption) shownIDs(ctx context.Context) (map[scim.Type]idSet, error) {
	var users, groups idSet
	for u, err := range a.walkme.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe users: %w", err)
		}
		users.add(u.ID)
	}
	for g, err := range a.walkme.Groups(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe groups: %w", err)
		}
		groups.add(g.ID)
	}
	return map[scim.Type]idSet{scim.User: users.sorted(), scim.Group: groups.sorted()}, nil
}

// idSet are ids by their digests, which take a tenth of the memory that a map of texts does.
type idSet [][16]byte

func (s *idSet) add(id string) { *s = append(*s, digestOf(id)) }

// sorted makes the set fit for has.
func (s idSet) sorted() idSet {
	slices.SortFunc(s, compareDigests)
	return s
}

func (s idSet) has(id string) bool {
	_, found := slices.BinarySearchFunc(s, digestOf(id), compareDigests)
	return found
}

func digestOf(id string) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:])
}

func compareDigests(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) }

// isThere asks for an object.
func (a adoption) isThere(ctx context.Context, t scim.Type, o state.Object) (bool, error) {
	var err error
	if t == scim.User {
		_, err = a.walkme.User(ctx, o.TargetID)
	} else {
		_, err = a.walkme.Group(ctx, o.TargetID)
	}
	if errors.Is(err, scim.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("%s %s, which the list does not hold: %w", t, o.Name, err)
	}
	return true, nil
}

// loseObject makes a record that of what the tenant lacks.
func (a adoption) loseObject(r *state.Record) {
	recreate, gone := a.policy.RecreateMissing, goneFromWalkMe
	if r.Type == scim.Group {
		recreate, gone = a.policy.Groups.RecreateMissing, plan.GroupDeleted
	}
	if recreate {
		r.ID, r.Active = "", false
		r.ClearFailure()
		return
	}
	r.Attempts, r.LastError, r.LastStatus = r.Attempts+1, gone, 0
	if r.Type == scim.User {
		r.Missing = state.MissingInRefresh
	}
}
