package apply

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// A wrong address, or a gateway before WalkMe, answers 404 to everything. So a 404
// alone is no evidence that something is gone, or was never made. Nor is one bad
// moment of a server: what would let access stay for ever is believed only when an
// earlier run has seen the same.

// missed says whether an earlier run was answered 404 to the very same change.
func missed(rec state.Record, c *job) bool {
	return rec.Attempts > 0 && rec.LastStatus == http.StatusNotFound && rec.FailedChange == c.Digest()
}

// noHit says whether a look-up that ended with err shows that there is no such
// object: WalkMe answered with a list that does not hold it, or with 404 while it
// does answer with lists.
func (a *Applier) noHit(ctx context.Context, t scim.Type, err error) bool {
	var answer *scim.Error
	if errors.As(err, &answer) {
		return errors.Is(err, scim.ErrNotFound) && a.WalkMe.TestCredentials(ctx, t == scim.Group) == nil
	}
	return errors.Is(err, scim.ErrNotFound)
}

// userGone confirms a 404 for an account by its id: a look-up of its name must not
// show it either. When that shows another account, the id is asked for once more. In
// another tenant nothing is gone.
func (a *Applier) userGone(ctx context.Context, id, name string) bool {
	found, err := a.WalkMe.FindUser(ctx, name)
	switch {
	case err != nil:
		return a.noHit(ctx, scim.User, err) && a.isSameTenant(ctx)
	case found.ID == id:
		return false
	}
	_, err = a.WalkMe.User(ctx, id)
	return errors.Is(err, scim.ErrNotFound) && a.isSameTenant(ctx)
}

// groupGone is userGone for groups.
func (a *Applier) groupGone(ctx context.Context, id, name string) bool {
	found, err := a.WalkMe.FindGroup(ctx, name)
	switch {
	case err != nil:
		return a.noHit(ctx, scim.Group, err) && a.isSameTenant(ctx)
	case found.ID == id:
		return false
	}
	_, err = a.WalkMe.Group(ctx, id)
	return errors.Is(err, scim.ErrNotFound) && a.isSameTenant(ctx)
}

// ErrAnotherTenant means that the credentials, or the address, lead to another tenant than
// that of the state: what is not there is not gone, and nothing must be sent.
var ErrAnotherTenant = errors.New("another tenant")

// tenant is what came of asking whether the tenant is still the same.
type tenant struct {
	once    sync.Once
	same    bool
	another atomic.Pointer[error] // that it is another one
}

// isSameTenant asks once.
func (a *Applier) isSameTenant(ctx context.Context) bool {
	a.tenant.once.Do(func() {
		err := a.SameTenant(ctx)
		if a.tenant.same = err == nil; errors.Is(err, ErrAnotherTenant) {
			a.tenant.another.Store(&err)
		}
	})
	return a.tenant.same
}

// otherTenant is the error that ends everything when WalkMe has turned out to be another
// tenant, nil as long as nobody had to ask.
func (a *Applier) otherTenant() error {
	if err := a.tenant.another.Load(); err != nil {
		return *err
	}
	return nil
}
