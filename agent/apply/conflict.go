package apply

import (
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/internal/scim"
)

// NameHeldError says who has the name that WalkMe refuses with 409, as far as a look-up
// shows it.
type NameHeldError struct {
	Type     scim.Type
	WalkMeID string
	OktaID   string // for whom it is managed; "" for no one
	Left     bool   // that one has left, and the account is inactive
	Err      error  // the 409
}

// Error implements error.
func (e *NameHeldError) Error() string {
	what := "account"
	if e.Type == scim.Group {
		what = "group"
	}
	who := "which is not managed here"
	switch {
	case e.Left:
		who = "of Okta user " + e.OktaID + ", who has left"
	case e.OktaID != "":
		who = "which is managed for Okta " + map[scim.Type]string{scim.User: "user", scim.Group: "group"}[e.Type] + " " + e.OktaID
	}
	return fmt.Sprintf("%v; the name belongs to the WalkMe %s %s, %s", e.Err, what, e.WalkMeID, who)
}

// Unwrap returns the 409.
func (e *NameHeldError) Unwrap() error { return e.Err }

// holder adds to a 409 for a new userName who has it. Whatever else went wrong, and a 409
// that no look-up explains, stays as it is.
func (r *runner) holder(ctx context.Context, c *job, cause error) error {
	if !errors.Is(cause, scim.ErrConflict) {
		return cause
	}
	found, err := r.a.WalkMe.FindUser(ctx, c.Name)
	if errors.Is(err, scim.ErrNotFound) {
		found, err = r.a.WalkMe.ResolveConflict(ctx, scim.Resource{Type: scim.User, Attributes: scim.Attributes{{Path: scim.PathUserName, Value: c.Name}}})
	}
	if err != nil || found.ID == c.WalkMeID {
		return cause
	}
	return r.held(scim.User, found.ID, cause)
}

func (r *runner) held(t scim.Type, walkmeID string, cause error) error {
	out := &NameHeldError{Type: t, WalkMeID: walkmeID, OktaID: r.ownerID(t, walkmeID), Err: cause}
	if rec, ok := r.recorded(t, out.OktaID); ok && t == scim.User {
		out.Left = !rec.Active
	}
	return out
}

// groupConflict deals with a 409 on the create of a group that no look-up announced, as
// with one of a user: the groups are read and the one of that name is linked.
func (r *runner) groupConflict(ctx context.Context, c *job, cause error) error {
	found, err := r.a.WalkMe.ResolveGroupConflict(ctx, c.Name)
	if err != nil {
		return cause // it says more than the look-up that did not explain it
	}
	if rec, ok := r.recorded(scim.Group, r.ownerID(scim.Group, found.ID)); ok && rec.Active && rec.SourceID != c.OktaID {
		return r.held(scim.Group, found.ID, cause)
	}
	return r.linkGroup(ctx, c, found)
}

// renameConflict adds to a 409 for a new name of a group who has it.
func (r *runner) renameConflict(ctx context.Context, c *job, cause error) error {
	if !errors.Is(cause, scim.ErrConflict) {
		return cause
	}
	found, err := r.a.WalkMe.FindGroup(ctx, c.Name)
	if errors.Is(err, scim.ErrNotFound) {
		found, err = r.a.WalkMe.ResolveGroupConflict(ctx, c.Name)
	}
	if err != nil || found.ID == c.WalkMeID {
		return cause
	}
	return r.held(scim.Group, found.ID, cause)
}

// MembersRefusedError says whom WalkMe did not let into a group, or out of it, while it
// took the others.
type MembersRefusedError struct {
	why    string
	Others int // changes of the same kind that got through
}

// Error implements error.
func (e *MembersRefusedError) Error() string {
	switch e.Others {
	case 0:
		return e.why
	case 1:
		return e.why + "; the other one got through"
	}
	return fmt.Sprintf("%s; the other %d got through", e.why, e.Others)
}

// Unwrap tells that WalkMe has refused it.
func (e *MembersRefusedError) Unwrap() error { return &declined{e.why} }
