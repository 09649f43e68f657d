package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

const (
	// SoughtAccounts is how many accounts are asked for, one after the other, until
	// one is there.
	SoughtAccounts = 6

	// absentAccounts is how many have to be absent, and all that were asked for, before
	// the tenant is taken for another one.
	absentAccounts = 3
)

// sighting is the last time WalkMe showed an account of the agent's.
type sighting struct {
	At time.Time `json:"at"`

	// Salt and Mark tell whether the credentials are still the same.
	Salt string `json:"salt"`
	Mark string `json:"mark"`
}

// TenantError says that WalkMe shows none of the accounts that the agent manages: the
// credentials are those of another tenant.
type TenantError struct {
	Absent  []string // userNames that were asked for, in the order of asking
	Managed int      // active accounts on record
}

func (e *TenantError) Error() string {
	return fmt.Sprintf("WalkMe shows none of the accounts that the agent manages: %d of %d were asked for, newest first, and each is missing by its id and by its name; this is another tenant than before",
		len(e.Absent), e.Managed)
}

// verifyTenant reads an account of the agent's when none was seen for a while, when
// the credentials are others, or when a service has just started. What looks healthy
// is healthy only with evidence: dead credentials, and a tenant that is another one,
// would stay unseen until a person changes.
func (a *Agent) verifyTenant(ctx context.Context) error {
	if a.Config.VerifyEvery <= 0 {
		return nil
	}
	last, err := lastSighting.Load(ctx, a.State)
	if err != nil {
		return err
	}
	age := a.now().Sub(last.At)
	fresh := age >= 0 && age < a.Config.VerifyEvery && last.Mark == a.WalkMe.CredentialMark(last.Salt)
	if fresh && (a.verified || !a.VerifyFirst) {
		return nil
	}
	if a.Config.VerifyByTest {
		if err := a.WalkMe.TestCredentials(ctx, false); err != nil {
			return fmt.Errorf("test of WalkMe's credentials: %w", err)
		}
		return a.seen(ctx)
	}
	newest, managed, err := a.State.NewestAccounts(ctx, SoughtAccounts)
	if err != nil {
		return fmt.Errorf("records of the state: %w", err)
	}
	found, err := LookForAccounts(ctx, a.WalkMe, newest, managed)
	if err != nil {
		return err
	}
	if len(found.Absent) > 0 && found.Shown == "" {
		a.log().Warn("WalkMe does not show the accounts that were asked for", "absent", len(found.Absent))
	}
	return a.seen(ctx)
}

// seen notes that WalkMe has shown an account, or that there is none to show.
func (a *Agent) seen(ctx context.Context) error {
	a.verified = true
	salt := rand.Text()
	return lastSighting.Save(ctx, a.State, sighting{At: a.now().UTC().Truncate(time.Second), Salt: salt, Mark: a.WalkMe.CredentialMark(salt)})
}

// noteSighting takes every account that WalkMe has written, or shown, in a run for a
// sighting. A look-up without a hit shows none.
func (a *Agent) noteSighting(ctx context.Context, changes []*plan.Change) error {
	shown := func(c *plan.Change) bool {
		return c.Type == scim.User && c.Outcome == plan.Applied && c.HTTPStatus >= 200 && c.HTTPStatus < 300
	}
	if a.Config.VerifyEvery <= 0 || !slices.ContainsFunc(changes, shown) {
		return nil
	}
	return a.seen(ctx)
}

// Sought is what came of looking for accounts that the agent manages.
type Sought struct {
	Shown  string   // userName of the one that is there; "": none
	Absent []string // userNames of those that were not, in the order of asking
}

// LookForAccounts asks for accounts, the newest of so many that are managed, until WalkMe
// shows one.
// Absent means a 404, and a look-up of the name that does not show the account. The error is a
// *TenantError when at least three were asked for and all of them are absent, or that
// of WalkMe when no answer says anything. Without an account to look for, the
// credentials are tested as Okta tests them.
func LookForAccounts(ctx context.Context, client *walkme.Client, newest []state.Record, managed int) (Sought, error) {
	var out Sought
	if len(newest) == 0 {
		if err := client.TestCredentials(ctx, false); err != nil {
			return out, fmt.Errorf("test of WalkMe's credentials: %w", err)
		}
		return out, nil
	}
	var unclear error
	for _, r := range newest {
		absent, err := isAbsent(ctx, client, r)
		var answer *scim.Error
		switch {
		case err == nil && !absent:
			out.Shown = r.Name
			return out, nil
		case err == nil:
			out.Absent = append(out.Absent, r.Name)
		case errors.As(err, &answer) && !errors.Is(err, scim.ErrUnauthorized):
			unclear = err // this one account may be the matter
		default:
			return out, fmt.Errorf("a look at whether WalkMe is still there: %w", err)
		}
	}
	switch {
	case unclear != nil:
		return out, fmt.Errorf("a look at whether WalkMe is still there: %w", unclear)
	case len(out.Absent) >= absentAccounts:
		return out, &TenantError{Absent: out.Absent, Managed: managed}
	}
	return out, nil
}

// isAbsent says whether a tenant has not the account: a 404, and a look-up of the name that
// shows nobody, or somebody else, as in another tenant with the same people.
func isAbsent(ctx context.Context, client *walkme.Client, r state.Record) (bool, error) {
	_, err := client.User(ctx, r.ID)
	if !errors.Is(err, scim.ErrNotFound) {
		return false, err
	}
	found, err := client.FindUser(ctx, r.Name)
	if errors.Is(err, scim.ErrNotFound) {
		return true, nil
	}
	return err == nil && found.ID != r.ID, err
}

// Missing is what the state knows and a tenant does not have.
type Missing struct{ Users, Groups []string } // names, sorted

// AdoptTenant takes the tenant of the credentials for that of the state, whatever it
// lacks, and returns what that is. Nothing is sent but reads. What is missing is made
// anew, or reported as gone, by the next runs, as the policies on missing accounts and
// groups say.
func (a *Agent) AdoptTenant(ctx context.Context) (Missing, error) {
	var out Missing
	recorded, err := a.State.Records(ctx)
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
		if err := a.State.PutRecords(ctx, changed...); err != nil {
			return out, fmt.Errorf("what the tenant lacks: %w", err)
		}
	}
	if err := a.forgetShown(ctx); err != nil {
		return out, err
	}
	return out, a.seen(ctx)
}

// forgetShown forgets what the earlier tenant has shown, and has not: what it did show
// would make drift of whatever the next one does not. Nor do the holds of a refresh of
// that one stay, which the next run would keep.
func (a *Agent) forgetShown(ctx context.Context) error {
	return errors.Join(everShown.Save(ctx, a.State, plan.Shown{}), LastUnshown.Save(ctx, a.State, Unshown{}), refreshHolds.Save(ctx, a.State, nil))
}

// presentIDs lists the ids of everything that the tenant shows.
func (a *Agent) presentIDs(ctx context.Context) (map[scim.Type]map[string]bool, error) {
	out := map[scim.Type]map[string]bool{scim.User: {}, scim.Group: {}}
	for u, err := range a.WalkMe.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe users: %w", err)
		}
		out[scim.User][u.ID] = true
	}
	for g, err := range a.WalkMe.Groups(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe groups: %w", err)
		}
		out[scim.Group][g.ID] = true
	}
	return out, nil
}

// isThere asks for an object that a list does not hold: lists may be cut.
func (a *Agent) isThere(ctx context.Context, r *state.Record) (bool, error) {
	var err error
	if r.Type == scim.User {
		_, err = a.WalkMe.User(ctx, r.ID)
	} else {
		_, err = a.WalkMe.Group(ctx, r.ID)
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
func (a *Agent) withoutObject(r state.Record) state.Record {
	recreate, gone := a.Config.Policy.RecreateMissing, goneFromWalkMe
	if r.Type == scim.Group {
		recreate, gone = a.Config.Policy.Groups.RecreateMissing, plan.GroupDeleted
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
