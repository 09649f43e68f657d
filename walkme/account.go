package walkme

import (
	"context"
	"fmt"

	"okta-walkme-agent/internal/scim"
)

// Account is a WalkMe id and whose it is, as far as is known. An id may pass to another
// account: a tenant is restored, an id is used again.
type Account struct {
	ID       string
	UserName string // as WalkMe last showed it; "" with SourceID: nothing is known
	SourceID string // the Okta id, which WalkMe was given as externalId
}

// AnotherOwnerError says that an account was left alone, because it has the userName and
// the externalId of another person by now.
type AnotherOwnerError struct {
	ID         string
	UserName   string // as WalkMe shows it
	ExternalID string // "" where it shows none
}

// Error implements error. It does not name the other person.
func (e *AnotherOwnerError) Error() string {
	if e.ExternalID == "" {
		return fmt.Sprintf("the WalkMe account %s has another userName by now, and no externalId: it belongs to another person, and was left alone", e.ID)
	}
	return fmt.Sprintf("the WalkMe account %s has another userName by now, and the externalId %s: it belongs to another person, and was left alone", e.ID, e.ExternalID)
}

// readAccount reads an account and makes sure that it is still its owner's.
func (c *Client) readAccount(ctx context.Context, a Account) (object, error) {
	o, err := c.read(ctx, usersPath, a.ID)
	if err != nil {
		return nil, err
	}
	u := c.userOf(o)
	if a.UserName != "" && a.SourceID != "" && c.isAnothers(u, a) {
		return nil, &AnotherOwnerError{ID: a.ID, UserName: u.UserName, ExternalID: u.ExternalID}
	}
	return o, nil
}

// isAnothers wants both signs: people get new names, also by hand, and servers are known
// that show no externalId. One that has shown some shows it where it is there.
func (c *Client) isAnothers(u *User, a Account) bool {
	otherName := u.UserName != "" && !scim.SameName(u.UserName, a.UserName)
	otherID := u.ExternalID != a.SourceID && (u.ExternalID != "" || c.showsExternalIDs.Load())
	return otherName && otherID
}

// userOf reads a user, and takes note when a server shows an externalId at all.
func (c *Client) userOf(o object) *User {
	u := userOf(o)
	if u.ExternalID != "" {
		c.showsExternalIDs.Store(true)
	}
	return u
}

// Bears says whether an account that is found after a create without an answer is the one
// which that made: it has the Okta id or, where the server shows no externalId, each
// value that was sent.
func (u *User) Bears(want scim.Resource) bool {
	if u.ExternalID != "" {
		return u.ExternalID == want.SourceID
	}
	if !scim.SameName(u.UserName, want.Name()) || u.Active != nil && *u.Active != want.Active {
		return false
	}
	for _, sent := range want.Attributes {
		shown, ok := u.Attribute(sent.Path)
		if sent.Path != scim.PathUserName && !(ok && scim.Equal(shown, sent.Value)) && !scim.Equal(sent.Value, nil) {
			return false
		}
	}
	return true
}

// Bears is the same of a group: it has exactly this name and these members, and no
// others.
func (g *Group) Bears(name string, members []Member) bool {
	add, remove := g.difference(members)
	return g.DisplayName == name && g.MembersShown && len(add)+len(remove) == 0
}
