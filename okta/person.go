package okta

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Person is an Okta account.
type Person struct {
	ID, Login string
	Status    string          // ACTIVE, SUSPENDED, DEPROVISIONED …
	Profile   json.RawMessage // JSON object, keys sorted, never nil
}

// Person reads the account with that login, or that id. The error is
// ErrNotFound when Okta says that there is none.
func (c *Client) Person(ctx context.Context, loginOrID string) (Person, error) {
	wire, _, err := readAt[account](ctx, c, nil, "users", loginOrID)
	if err != nil {
		return Person{}, fmt.Errorf("okta: read account: %w", err)
	}
	var login struct {
		Login string `json:"login"`
	}
	var everything projector
	profile, err := everything.object(wire.Profile)
	if err == nil {
		err = json.Unmarshal(profile, &login)
	}
	if err != nil {
		return Person{}, fmt.Errorf("okta: read account: profile: %w", err)
	}
	return Person{ID: wire.ID, Login: login.Login, Status: wire.Status, Profile: profile}, nil
}

// PersonGroups lists the groups of a person, sorted by name, then id. The error is
// ErrNotFound only when Okta names this person as whom it does not find.
func (c *Client) PersonGroups(ctx context.Context, userID string) ([]GroupRef, error) {
	var refs []GroupRef
	err := list(ctx, c, url.Values{"limit": {groupPage}}, []string{"users", userID, "groups"}, func(g groupObject) error {
		refs = append(refs, GroupRef{ID: g.ID, Name: g.Profile.Name})
		return nil
	})
	if err = aboutObject(err, userID, "User"); err != nil {
		return nil, fmt.Errorf("okta: list groups of %s: %w", userID, err)
	}
	slices.SortFunc(refs, func(a, b GroupRef) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return slices.Compact(refs), nil
}

type account struct {
	ID      string          `json:"id"`
	Status  string          `json:"status"`
	Profile json.RawMessage `json:"profile"`
}

func (a account) key() string { return a.ID }

// readAt reads the object whose path consists of segments.
func readAt[T element](ctx context.Context, c *Client, query url.Values, segments ...string) (T, time.Time, error) {
	path, err := apiPath(query, segments...)
	if err != nil {
		var none T
		return none, time.Time{}, err
	}
	return readObject[T](ctx, c, path)
}

// list walks the list whose path consists of segments and shows each element.
// An element may be shown twice when the list changes while it is read.
func list[T element](ctx context.Context, c *Client, query url.Values, segments []string, each func(T) error) error {
	path, err := apiPath(query, segments...)
	if err != nil {
		return err
	}
	_, err = walk(ctx, c, path, func(items []T) error {
		for _, v := range items {
			if err := each(v); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
