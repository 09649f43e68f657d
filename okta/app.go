package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// App is the app instance that the client reads.
type App struct {
	ID       string
	Name     string          // of the integration in Okta's catalog
	Label    string          // what the admin called it
	Status   string          // ACTIVE or INACTIVE
	Features []string        // what Okta itself provisions, e.g. GROUP_PUSH, PUSH_NEW_USERS; sorted
	Settings json.RawMessage // settings.app, the values behind app.x in expressions: a JSON object, keys sorted, never nil
}

// AppID is the id of the app instance that the client reads.
func (c *Client) AppID() string { return c.cfg.AppID }

// App reads the app, whatever its status.
func (c *Client) App(ctx context.Context) (App, error) {
	app, _, err := c.readApp(ctx)
	return app, err
}

func (c *Client) readApp(ctx context.Context) (App, time.Time, error) {
	wire, date, err := readAt[appObject](ctx, c, nil, "apps", c.cfg.AppID)
	if err == nil && wire.ID != c.cfg.AppID {
		err = incomplete("the answer is app %q", printable(wire.ID))
	}
	if err != nil {
		return App{}, date, fmt.Errorf("okta: read app %s: %w", c.cfg.AppID, err)
	}
	app := App{ID: wire.ID, Name: wire.Name, Label: wire.Label, Status: wire.Status, Features: wire.Features}
	slices.Sort(app.Features)
	var everything projector
	if app.Settings, err = everything.object(wire.Settings.App); err != nil {
		return App{}, date, fmt.Errorf("okta: read app %s: settings: %w", c.cfg.AppID, err)
	}
	return app, date, nil
}

type appObject struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Label    string   `json:"label"`
	Status   string   `json:"status"`
	Features []string `json:"features"`
	Settings struct {
		App json.RawMessage `json:"app"`
	} `json:"settings"`
}

func (a appObject) key() string { return a.ID }
