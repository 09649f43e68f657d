package okta

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
)

// ListApps lists the apps that the credentials may see, sorted by label and id, for
// a person who knows an app's label and not its id. The settings of the apps are
// left out. cfg needs no AppID.
//
// https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Application/
func ListApps(ctx context.Context, cfg Config) ([]App, error) {
	cfg.AppID = "none"
	c, err := NewClient(ctx, cfg)
	if err != nil {
		return nil, err
	}
	path, err := apiPath(url.Values{"limit": {"200"}}, "apps")
	if err != nil {
		return nil, err
	}
	var out []App
	_, err = walk(ctx, c, path, func(page []appObject) error {
		for _, wire := range page {
			out = append(out, App{ID: wire.ID, Name: wire.Name, Label: wire.Label, Status: wire.Status})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("okta: list of apps: %w", err)
	}
	slices.SortFunc(out, func(a, b App) int { return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(out, func(a, b App) bool { return a.ID == b.ID }), nil
}
