package walkme

import (
	"context"
	"fmt"

	"okta-walkme-agent/internal/scim"
)

// ResolveGroupConflict looks for the group that a 409 speaks of, after FindGroup has
// found none: it lists all groups once and compares their names (see FindGroup). No such
// group is scim.ErrNotFound, several are an *AmbiguousError. Without
// Wire.ResolveConflicts it makes no request and finds nothing. It only reads.
func (c *Client) ResolveGroupConflict(ctx context.Context, displayName string) (*Group, error) {
	if !c.wire.ResolveConflicts {
		return nil, scim.ErrNotFound
	}
	hits := groupHits{map[string]*Group{}, map[string]*Group{}}
	for o, err := range c.all(ctx, groupsPath) {
		if err != nil {
			return nil, fmt.Errorf("walkme: resolve conflict of a group: %w", err)
		}
		hits.note(c.groupOf(o), displayName)
	}
	g, err := hits.only()
	if err != nil {
		return nil, fmt.Errorf("walkme: resolve conflict of a group: %w", err)
	}
	return g, nil
}
