package okta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// PushMapping is one row of the app's "Push Groups" tab.
type PushMapping struct {
	ID       string
	GroupID  string // the Okta group
	TargetID string // Okta's own record of the group in the app

	// Status is ACTIVE, INACTIVE (Okta does not push) or ERROR (Okta gave up).
	Status       string
	ErrorSummary string // of status ERROR
}

// PushMappings lists the app's group-push mappings, sorted by ID. An app
// without provisioning has none to ask for: the error is then
// ErrProvisioningDisabled.
func (c *Client) PushMappings(ctx context.Context) ([]PushMapping, error) {
	var mappings []PushMapping
	err := list(ctx, c, url.Values{"limit": {mappingPage}}, []string{"apps", c.cfg.AppID, "group-push", "mappings"},
		func(m mappingObject) error {
			if m.SourceGroupID == "" {
				return incomplete("mapping %s names no group", m.ID)
			}
			mappings = append(mappings, PushMapping{m.ID, m.SourceGroupID, m.TargetGroupID, m.Status, m.ErrorSummary})
			return nil
		})
	if refused := (*APIError)(nil); errors.As(err, &refused) && (refused.Status == http.StatusBadRequest || refused.Is(ErrNotFound)) {
		err = fmt.Errorf("%w (%w)", ErrProvisioningDisabled, err)
	}
	if err != nil {
		return nil, fmt.Errorf("okta: list group-push mappings of app %s: %w", c.cfg.AppID, err)
	}
	slices.SortStableFunc(mappings, func(a, b PushMapping) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(mappings, func(a, b PushMapping) bool { return a.ID == b.ID }), nil
}

type mappingObject struct {
	ID            string `json:"id"`
	SourceGroupID string `json:"sourceGroupId"`
	TargetGroupID string `json:"targetGroupId"`
	Status        string `json:"status"`
	ErrorSummary  string `json:"errorSummary"`
}

func (m mappingObject) key() string { return m.ID }
