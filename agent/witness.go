package agent

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
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
	newest, managed, err := w.state.NewestAccounts(ctx, SoughtAccounts)
	if err != nil {
		return fmt.Errorf("records of the state: %w", err)
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

// note takes every account that WalkMe has written, or shown, in a run for a sighting. A
// look-up without a hit shows none.
func (w *witness) note(ctx context.Context, changes []*plan.Change) error {
	shown := func(c *plan.Change) bool {
		return c.Type == scim.User && c.Outcome == plan.Applied && c.HTTPStatus >= 200 && c.HTTPStatus < 300
	}
	if w.every <= 0 || !slices.ContainsFunc(changes, shown) {
		return nil
	}
	return w.seen(ctx)
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
