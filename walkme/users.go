package walkme

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// User reads a user by WalkMe's id. A missing one is scim.ErrNotFound.
func (c *Client) User(ctx context.Context, id string) (*User, error) {
	o, err := c.read(ctx, usersPath, id)
	if err != nil {
		return nil, fmt.Errorf("walkme: read user %s: %w", id, missingUser(err))
	}
	return c.userOf(o), nil
}

// Users lists all users, inactive ones included, each once, in the server's
// order. After an error the list ends; what came before it is not the whole.
func (c *Client) Users(ctx context.Context) iter.Seq2[*User, error] {
	return func(yield func(*User, error) bool) {
		for o, err := range c.all(ctx, usersPath) {
			if err != nil {
				yield(nil, fmt.Errorf("walkme: list users: %w", err))
				return
			}
			if !yield(c.userOf(o), nil) {
				return
			}
		}
	}
}

// FindUser looks a user up by userName. A hit counts if its userName is the one
// that was asked for (see scim.SameName); servers exist that answer any filter with
// the whole directory, or take different letters for one. No such hit is scim.ErrNotFound, several are an
// *AmbiguousError.
func (c *Client) FindUser(ctx context.Context, userName string) (*User, error) {
	u, err := c.lookUp(ctx, "userName", userName, func(u *User) bool {
		return scim.SameName(u.UserName, userName)
	})
	if err != nil {
		return nil, fmt.Errorf("walkme: find user: %w", err)
	}
	return u, nil
}

// lookUp makes one filtered request and returns the one hit that matches.
func (c *Client) lookUp(ctx context.Context, attribute, value string, matches func(*User) bool) (*User, error) {
	entries, _, err := c.page(ctx, usersPath, scim.FilterEq(attribute, value), 1, pageSize)
	if err != nil {
		return nil, err // a 404 is Okta's other form of "no match"
	}
	var hits []*User
	for _, o := range entries {
		if u := c.userOf(o); matches(u) {
			hits = append(hits, u)
		}
	}
	return oneOf(hits)
}

// oneOf returns the only user in a list, in which a user may occur repeatedly.
func oneOf(hits []*User) (*User, error) {
	ids := make([]string, len(hits))
	for i, u := range hits {
		ids[i] = u.ID
	}
	switch ids = scim.SortedSet(ids); len(ids) {
	case 0:
		return nil, scim.ErrNotFound
	case 1:
		return hits[0], nil
	}
	return nil, &AmbiguousError{Hits: ids}
}

// CreateUser creates a user: one POST, with externalId = SourceID. A taken
// userName is scim.ErrConflict. The result is what the server answered, which
// may show less than was sent.
func (c *Client) CreateUser(ctx context.Context, want scim.Resource) (*User, error) {
	u, err := c.createUser(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("walkme: create user: %w", err)
	}
	return u, nil
}

func (c *Client) createUser(ctx context.Context, want scim.Resource) (*User, error) {
	password, err := c.placeholder()
	if err != nil {
		return nil, &NotSentError{err}
	}
	body, err := c.newUser(want, password)
	if err != nil {
		return nil, &NotSentError{err}
	}
	o, err := c.create(ctx, usersPath, body)
	if err != nil {
		return nil, concealPassword(err, password)
	}
	u := c.userOf(o)
	if u.UserName != "" && !scim.SameName(u.UserName, want.Name()) {
		return nil, &UnconfirmedError{http.StatusCreated, "the answer shows another user"}
	}
	return u, nil
}

// concealPassword takes the placeholder out of a text in which the server
// repeats the request.
func concealPassword(err error, password string) error {
	var e *scim.Error
	if password != "" && errors.As(err, &e) {
		e.Detail = strings.ReplaceAll(e.Detail, password, redacted)
	}
	return err
}

// SetActive activates or deactivates a user, one write; for AIW none if the
// server shows that status already. Success that the server itself contradicts
// is a *NotAppliedError.
func (c *Client) SetActive(ctx context.Context, id string, active bool) error {
	if err := c.setActive(ctx, Account{ID: id}, active); err != nil {
		what := "deactivate"
		if active {
			what = "activate"
		}
		return fmt.Errorf("walkme: %s user %s: %w", what, id, missingUser(err))
	}
	return nil
}

// DeactivateAccount is SetActive for an account whose owner is known. One that is seen to
// be another person's by now is left alone: *AnotherOwnerError.
func (c *Client) DeactivateAccount(ctx context.Context, a Account) error {
	if err := c.setActive(ctx, a, false); err != nil {
		return fmt.Errorf("walkme: deactivate user %s: %w", a.ID, missingUser(err))
	}
	return nil
}

func (c *Client) setActive(ctx context.Context, a Account, active bool) error {
	if c.profile == AIW {
		return c.putActive(ctx, a, active)
	}
	if c.wire.GetBeforePatch {
		if _, err := c.readAccount(ctx, a); err != nil {
			return err
		}
	}
	return c.patchActive(ctx, a.ID, active)
}

func (c *Client) patchActive(ctx context.Context, id string, active bool) error {
	op := scim.Operation{Op: "replace", Path: "active", Value: boolText(active)}
	if c.wire.PathlessActive {
		op.Path, op.Value = "", object{{"active", boolText(active)}}.text()
	}
	o, err := c.write(ctx, http.MethodPatch, usersPath, id, scim.PatchOp(op))
	if err != nil {
		return c.orGone(ctx, usersPath, id, err)
	}
	return c.confirmActive(ctx, id, active, o)
}

// putActive sends the server's own answer back with nothing but active changed.
func (c *Client) putActive(ctx context.Context, a Account, active bool) error {
	o, err := c.readAccount(ctx, a)
	if err != nil {
		return err
	}
	if shown := o.boolean("active"); shown != nil && *shown == active {
		return nil
	}
	o.put("active", boolText(active))
	if !c.wire.EchoPassword {
		o.remove("password")
	}
	answered, err := c.write(ctx, http.MethodPut, usersPath, a.ID, o.text())
	if err != nil {
		return err
	}
	return c.confirmActive(ctx, a.ID, active, answered)
}

// confirmActive reads the user again if the answer contradicts the write, or
// says nothing and Wire.VerifyWrites wants to know.
func (c *Client) confirmActive(ctx context.Context, id string, active bool, answered object) error {
	shown := answered.boolean("active")
	if shown == nil && !c.wire.VerifyWrites || shown != nil && *shown == active {
		return nil
	}
	if shown != nil && !c.wire.ReadWhenDoubtful {
		return &NotAppliedError{fmt.Sprintf("active is still %t", *shown)}
	}
	o, err := c.read(ctx, usersPath, id)
	if err != nil {
		return verdict(err)
	}
	if shown = o.boolean("active"); shown != nil && *shown != active {
		return &NotAppliedError{fmt.Sprintf("active is still %t", *shown)}
	}
	return nil
}

// matchingUserNotFound is Okta's text for an account that is gone.
const matchingUserNotFound = "Matching user not found"

func missingUser(err error) error {
	if errors.Is(err, scim.ErrNotFound) {
		return fmt.Errorf("%s: %w", matchingUserNotFound, err)
	}
	return err
}
