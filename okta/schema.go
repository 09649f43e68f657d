package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Schema names the attributes that exist, whether or not a person has a value.
type Schema struct {
	User    []string // of the Okta profile, sorted; those of the default user type
	AppUser []string // of the app's profile, sorted
}

// ErrSchemaUnknown means that the credentials may not read schemas: what exists is
// then unknown, and nothing else is wrong. A service app needs okta.schemas.read.
var ErrSchemaUnknown = errors.New("the credentials may not read Okta's schemas")

// schemaScope is not among DefaultScopes, because Okta refuses a token as a whole
// when one of its scopes is not granted.
const schemaScope = "okta.schemas.read"

// Schema reads the schemas of Okta's default user type and of the app: two requests,
// and one for a token of its own where an app signs in.
func (c *Client) Schema(ctx context.Context) (Schema, error) {
	reader, err := c.schemaReader(ctx)
	if err != nil {
		return Schema{}, err
	}
	var s Schema
	for _, of := range []struct {
		names *[]string
		path  []string
	}{{&s.User, []string{"meta", "schemas", "user", "default"}}, {&s.AppUser, []string{"meta", "schemas", "apps", c.cfg.AppID, "default"}}} {
		wire, _, err := readAt[schemaObject](ctx, reader, nil, of.path...)
		var refused *APIError
		switch {
		case errors.As(err, &refused) && !refused.Foreign && (refused.Status == http.StatusForbidden || refused.Is(ErrForbidden)):
			return Schema{}, fmt.Errorf("okta: read schema: %w: %w", ErrSchemaUnknown, err)
		case err != nil:
			return Schema{}, fmt.Errorf("okta: read schema: %w", err)
		}
		*of.names = wire.names()
	}
	return s, nil
}

// schemaReader is the client with a session that asks for the scope.
func (c *Client) schemaReader(ctx context.Context) (*Client, error) {
	if c.session.signer == nil {
		return c, nil
	}
	c.schemas.mu.Lock()
	defer c.schemas.mu.Unlock()
	if c.schemas.client == nil {
		cfg := c.cfg
		cfg.Scopes = []string{schemaScope}
		reader, err := NewClient(ctx, cfg)
		if err != nil {
			return nil, err
		}
		c.schemas.client = reader
	}
	return c.schemas.client, nil
}

// schemaObject is a schema of Okta: a JSON Schema whose attributes stand in two
// definitions, those that Okta has made and those that admins have.
type schemaObject struct {
	ID          string `json:"id"`
	Definitions struct {
		Base, Custom struct {
			Properties map[string]json.RawMessage `json:"properties"`
		}
	} `json:"definitions"`
}

func (s schemaObject) key() string { return s.ID }

func (s schemaObject) names() []string {
	names := []string{}
	for name := range s.Definitions.Base.Properties {
		names = append(names, name)
	}
	for name := range s.Definitions.Custom.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
