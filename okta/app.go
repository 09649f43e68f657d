package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// App is the app instance that the client reads.
type App struct {
	ID       string
	Name     string          // of the integration in Okta's catalog
	Label    string          // what the admin called it
	Status   string          // ACTIVE or INACTIVE
	Kind     AppKind         // where the app comes from, as far as its name tells
	Features []string        // what Okta itself provisions, e.g. GROUP_PUSH, PUSH_NEW_USERS; sorted
	Settings json.RawMessage // settings.app, the values behind app.x in expressions: a JSON object, keys sorted, never nil
}

// AppKind is where an app comes from, which decides how Okta's own engine speaks SCIM.
type AppKind string

// The kinds of app.
const (
	CatalogApp AppKind = "catalog" // of the Okta Integration Network
	WizardApp  AppKind = "wizard"  // made with the App Integration Wizard
)

// kindOf tells the kind by the app's name. Those of the wizard begin with the org's own
// name, as in acme_walkme_1, which an org behind a domain of its own does not show.
func kindOf(orgURL, name string) AppKind {
	_, host, _ := strings.Cut(orgURL, "://")
	org, domain, _ := strings.Cut(strings.ToLower(host), ".")
	number := strings.LastIndexByte(name, '_')
	numbered := number > 0 && number+1 < len(name) && strings.Trim(name[number+1:], "0123456789") == ""
	switch {
	case name == "oidc_client", numbered && strings.HasPrefix(name, org+"_"): // both in lower case
		return WizardApp
	case name == "", name == "bookmark", strings.HasPrefix(name, "template_"):
		return ""
	case numbered && domain != "okta.com" && domain != "oktapreview.com" && domain != "okta-emea.com":
		return ""
	}
	return CatalogApp
}

// OwnProvisioning lists the features by which Okta's own engine writes to the app,
// sorted. With any of them two engines write.
func (a App) OwnProvisioning() []string {
	var on []string
	for _, f := range a.Features {
		switch f {
		case "GROUP_PUSH", "PUSH_NEW_USERS", "PUSH_PENDING_USERS", "PUSH_PROFILE_UPDATES", "PUSH_PASSWORD_UPDATES",
			"PUSH_USER_DEACTIVATION", "REACTIVATE_USERS":
			on = append(on, f)
		}
	}
	return on
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
	app := App{ID: wire.ID, Name: wire.Name, Label: wire.Label, Status: wire.Status, Features: wire.Features,
		Kind: kindOf(c.cfg.OrgURL, wire.Name)}
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
