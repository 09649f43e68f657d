package walkme

import (
	"context"
	"iter"

	"okta-walkme-agent/internal/scim"
)

// FindUser looks a user up by userName.
func (c *Client) FindUser(ctx context.Context, userName string) (*User, error) { return nil, nil }

// ResolveConflict looks for the account that a 409 speaks of.
func (c *Client) ResolveConflict(ctx context.Context, want scim.Resource) (*User, error) {
	return nil, nil
}

// CreateUser creates a user, one POST.
func (c *Client) CreateUser(ctx context.Context, want scim.Resource) (*User, error) { return nil, nil }

// LinkUser takes an existing account over.
func (c *Client) LinkUser(ctx context.Context, found *User, want scim.Resource) (*User, error) {
	return nil, nil
}

// UpdateUser pushes the profile.
func (c *Client) UpdateUser(ctx context.Context, id string, want scim.Resource) (*User, error) {
	return nil, nil
}

// SetActive activates or deactivates a user.
func (c *Client) SetActive(ctx context.Context, id string, active bool) error { return nil }

// User reads a user by its id.
func (c *Client) User(ctx context.Context, id string) (*User, error) { return nil, nil }

// Users lists all users.
func (c *Client) Users(ctx context.Context) iter.Seq2[*User, error] { return nil }
