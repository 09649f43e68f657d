package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

const (
	// soughtAccounts is how many accounts are asked for, one after the other, until
	// one is there.
	soughtAccounts = 6

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

// Is matches apply.ErrAnotherTenant.
func (e *TenantError) Is(target error) bool { return target == apply.ErrAnotherTenant }

// witness makes sure that WalkMe is still there, and still the tenant of the state. What
// looks healthy is healthy only with evidence: dead credentials, and a tenant that is
// another one, would stay unseen until a person changes.
type witness struct {
	walkme *walkme.Client
	state  *state.DB
	every  time.Duration // see Config.VerifyEvery
	byTest bool          // see Config.VerifyByTest
	now    func() time.Time
	log    *slog.Logger
}

func (a *Agent) witness() *witness {
	return &witness{
		walkme: a.WalkMe, state: a.State, every: a.Config.VerifyEvery, byTest: a.Config.VerifyByTest, now: a.now, log: a.log(),
	}
}

// verify reads an account of the agent's when none was seen for a while, when the
// credentials are others, or when the caller does not trust an earlier sighting.
func (w *witness) verify(ctx context.Context, trust bool) error {
	if w.every <= 0 {
		return nil
	}
	last, err := lastSighting.Load(ctx, w.state)
	if err != nil {
		return err
	}
	age := w.now().Sub(last.At)
	if trust && age >= 0 && age < w.every && last.Mark == w.walkme.CredentialMark(last.Salt) {
		return nil
	}
	if w.byTest {
		if err := w.walkme.TestCredentials(ctx, false); err != nil {
			return fmt.Errorf("test of WalkMe's credentials: %w", err)
		}
		return w.seen(ctx)
	}
	newest, managed, err := Witnesses(ctx, w.state)
	if err != nil {
		return err
	}
	found, err := LookForAccounts(ctx, w.walkme, newest, managed)
	if err != nil {
		return err
	}
	if len(found.Absent) > 0 && found.Shown == "" {
		w.log.Warn("WalkMe does not show the accounts that were asked for", "absent", len(found.Absent))
	}
	return w.seen(ctx)
}

// seen notes that WalkMe has shown an account, or that there is none to show.
func (w *witness) seen(ctx context.Context) error {
	salt := rand.Text()
	return lastSighting.Save(ctx, w.state, sighting{At: w.now().UTC().Truncate(time.Second), Salt: salt, Mark: w.walkme.CredentialMark(salt)})
}

// distrust has the next run look again, however fresh the last sighting is, after one that
// has found another tenant: what is left to do may be nothing meanwhile.
func (w *witness) distrust(ctx context.Context, runErr error) error {
	if !errors.Is(runErr, apply.ErrAnotherTenant) {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	last, err := lastSighting.Load(ctx, w.state)
	if err != nil {
		return err
	}
	return lastSighting.Save(ctx, w.state, sighting{At: last.At}) // without a mark it is of no credentials
}

// note takes every account that WalkMe has changed in a run for a sighting. A look-up
// without a hit shows none; and one that was made, or found by its name, is no evidence
// of the tenant, unless there is too little of that as it is.
func (w *witness) note(ctx context.Context, planned *plan.Plan) error {
	if w.every <= 0 {
		return nil
	}
	answered := false
	for c, err := range planned.All() {
		if err != nil {
			return err
		}
		if c.Type != scim.User || c.Outcome != plan.Applied || c.HTTPStatus < 200 || c.HTTPStatus >= 300 {
			continue
		}
		if c.Action == plan.Update || c.Action == plan.Deactivate {
			return w.seen(ctx)
		}
		answered = true
	}
	if !answered {
		return nil
	}
	until, err := knownUntil(ctx, w.state)
	if err != nil {
		return err
	}
	_, before, err := w.state.NewestAccounts(ctx, absentAccounts, until)
	if err != nil || !until.IsZero() && before >= absentAccounts {
		return err
	}
	return w.seen(ctx)
}

// knownUntil is the time of the last sighting, zero if there was none. Accounts that are
// younger may have been made in another tenant.
func knownUntil(ctx context.Context, db *state.DB) (time.Time, error) {
	last, err := lastSighting.Load(ctx, db)
	if err != nil || last.At.IsZero() {
		return time.Time{}, err
	}
	return last.At.Add(time.Second), nil // it was cut to the second
}

// Witnesses returns the accounts by which the tenant of the state is known, newest first,
// and how many there are: those that were on record when WalkMe last showed one, or all
// where these are few.
func Witnesses(ctx context.Context, db *state.DB) (newest []state.Record, managed int, err error) {
	until, err := knownUntil(ctx, db)
	if err != nil {
		return nil, 0, err
	}
	newest, managed, err = db.NewestAccounts(ctx, soughtAccounts, until)
	if err == nil && managed < absentAccounts && !until.IsZero() {
		newest, managed, err = db.NewestAccounts(ctx, soughtAccounts, time.Time{})
	}
	if err != nil {
		return nil, 0, fmt.Errorf("records of the state: %w", err)
	}
	return newest, managed, nil
}

// sameTenant asks whether WalkMe is still the tenant of the state, before what it does not
// show is taken for gone. The error is a *TenantError, or says why that is not known.
// Where too few accounts are on record to tell, or nothing is to be verified, it is taken
// for the same.
func (w *witness) sameTenant(ctx context.Context) error {
	if w.every <= 0 {
		return nil
	}
	newest, managed, err := Witnesses(ctx, w.state)
	if err != nil || managed < absentAccounts {
		return err
	}
	_, err = LookForAccounts(ctx, w.walkme, newest, managed)
	return err
}

// Sought is what came of looking for accounts that the agent manages.
type Sought struct {
	Shown  string   // userName of the one that is there; "": none
	Absent []string // userNames of those that were not, in the order of asking
}

// LookForAccounts asks for accounts, the newest of so many that are managed, until WalkMe
// shows one. Absent means a 404, and a look-up of the name that does not show the account. The error is a
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
// shows no account, or another one, as in another tenant with the same people.
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
