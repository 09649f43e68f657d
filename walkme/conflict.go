package walkme

import (
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/internal/scim"
)

// ResolveConflict looks for the account that a 409 on CreateUser speaks of,
// after FindUser has found none. Servers are known that compare userName by
// case, or search the e-mail address under its name, and would keep an engine
// between a look-up without hit and a 409 for ever. It asks for the lower-case
// userName, the externalId, the e-mail address, and in the end lists all users
// once. A hit counts only if its userName is the wanted one (see scim.SameName), or
// its externalId is the Okta id; no such hit is scim.ErrNotFound, several are an
// *AmbiguousError. Without Wire.ResolveConflicts it makes no request and finds
// nothing. It only reads.
func (c *Client) ResolveConflict(ctx context.Context, want scim.Resource) (*User, error) {
	u, err := c.resolve(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("walkme: resolve conflict: %w", err)
	}
	return u, nil
}

func (c *Client) resolve(ctx context.Context, want scim.Resource) (*User, error) {
	if !c.wire.ResolveConflicts {
		return nil, scim.ErrNotFound
	}
	matches := func(u *User) bool {
		return u.UserName != "" && scim.SameName(u.UserName, want.Name()) ||
			u.ExternalID != "" && u.ExternalID == want.SourceID
	}
	for _, q := range conflictQueries(want) {
		u, err := c.lookUp(ctx, q.attribute, q.value, matches)
		if err == nil || is[*AmbiguousError](err) || !worthAnother(ctx, err) {
			return u, err
		}
	}
	var hits []*User
	for o, err := range c.all(ctx, usersPath) {
		if err != nil {
			return nil, err
		}
		if u := c.userOf(o); matches(u) {
			hits = append(hits, u)
		}
	}
	return oneOf(hits)
}

type query struct{ attribute, value string }

// conflictQueries returns the look-ups that may do better than the one by
// userName.
func conflictQueries(want scim.Resource) []query {
	var list []query
	if lower := scim.LowerCase(want.Name()); lower != want.Name() {
		list = append(list, query{"userName", lower})
	}
	if want.SourceID != "" {
		list = append(list, query{"externalId", want.SourceID})
	}
	email, ok := want.Attributes.Get("emails[primary eq true].value").(string)
	if !ok || email == "" {
		email = want.Name()
	}
	return append(list, query{"emails.value", email})
}

// worthAnother tells whether to go on with the next look-up: filters other than
// userName are answered with nothing, 400, 500 or a dropped connection by
// servers that do not know them.
func worthAnother(ctx context.Context, err error) bool {
	switch {
	case ctx.Err() != nil, errors.Is(err, scim.ErrUnauthorized), errors.Is(err, scim.ErrForbidden), errors.Is(err, ErrRateLimited):
		return false
	}
	return true
}
