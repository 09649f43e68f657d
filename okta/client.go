package okta

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Client reads one app of one org. It is safe for concurrent use; all callers
// share its pace.
type Client struct{ cfg Config }

// NewClient checks cfg and returns a client for it. No request is made.
func NewClient(ctx context.Context, cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Client{cfg: cfg}, nil
}

var errStub = errors.New("okta: not built yet")

func isSegment(s string) bool { return s != "" && s != "." && s != ".." }

func (c *Client) App(ctx context.Context) (App, error) { return App{}, errStub }
func (c *Client) Snapshot(ctx context.Context, req SnapshotRequest) (*Snapshot, error) {
	return nil, errStub
}
func (c *Client) Assignment(ctx context.Context, userID string) (User, error) { return User{}, errStub }
func (c *Client) Person(ctx context.Context, loginOrID string) (Person, error) {
	return Person{}, errStub
}
func (c *Client) PersonGroups(ctx context.Context, userID string) ([]GroupRef, error) {
	return nil, errStub
}
func (c *Client) AppGroups(ctx context.Context) ([]AppGroup, error) { return nil, errStub }
func (c *Client) Events(ctx context.Context, after string, since time.Time) (Events, error) {
	return Events{}, errStub
}

// Person is an Okta account.
type Person struct {
	ID, Login string
	Status    string          // ACTIVE, SUSPENDED …
	Profile   json.RawMessage // JSON object, keys sorted
}
