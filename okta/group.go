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

// Group is an Okta group that is to be pushed.
type Group struct {
	ID, Name, Description string

	LastUpdated           string // of name and description, as Okta wrote it; "" when unknown
	LastMembershipUpdated string // likewise, of the membership

	Sources []string // the String of each source that named it, sorted
	Link    string   // name of the WalkMe group to link to; or ""

	// Paused means that Okta's own mapping of the group is INACTIVE or in
	// ERROR: leave the target as it is. It holds even when another source names
	// the group too. Members may then be nil.
	Paused bool

	// PausedBy is the String of the first source with Paused that named the group; or
	// "". The group is read as any other.
	PausedBy string

	// Members are the Okta ids of all members, assigned to the app or not,
	// sorted and unique. They are nil where Unread says how many they are: then they are those
	// that GroupRequest.Members reads.
	Members []string
	Unread  int

	// Fresh means that Members were read from Okta for this snapshot, not taken from
	// GroupRequest.Known; also where they have turned out to be the same, and are Unread.
	Fresh bool

	// Unreadable says why the group could not be resolved or read whole. The
	// target must then be left as it is; Members is unspecified.
	Unreadable string

	// Gone means that Okta confirms that there is no group of this id any more, and that
	// no source asks for it by its id. It is unreadable for that reason.
	Gone bool

	// Unresolved is the source that named the group before and cannot be resolved
	// now, when that is why the group is unreadable; "" otherwise.
	Unresolved string
}

// GroupRef names a group.
type GroupRef struct{ ID, Name string }

// AppGroup is a group that is assigned to the app.
type AppGroup struct {
	ID, Name string
	Priority int // lower numbers win when a person is in several assigned groups
}

// Page sizes: Okta's maximum, or what Okta recommends where that is lower.
const (
	groupPage       = "200"
	memberPage      = "1000"
	smallMemberPage = "200" // for groups whose large pages time out in Okta
	mappingPage     = "1000"
)

// Groups reads the pushed groups as Snapshot does, without the assignments.
func (c *Client) Groups(ctx context.Context, req GroupRequest) ([]Group, []SourceProblem, error) {
	return c.groups(ctx, req, assigned(nil, nil))
}

// ShowsGroup says whether Okta shows these credentials a group of this id. One that it
// does not show was deleted, or is hidden from them.
func (c *Client) ShowsGroup(ctx context.Context, groupID string) (bool, error) {
	_, _, err := readAt[groupObject](ctx, c, nil, "groups", groupID)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("okta: read group %s: %w", groupID, err)
	}
	return true, nil
}

// AppGroups lists the groups that are assigned to the app, sorted by priority,
// then id.
func (c *Client) AppGroups(ctx context.Context) ([]AppGroup, error) {
	wires, err := c.appGroups(ctx)
	if err != nil {
		return nil, err
	}
	groups := make([]AppGroup, len(wires))
	for i, w := range wires {
		groups[i] = AppGroup{ID: w.ID, Name: w.Embedded.Group.Profile.Name, Priority: w.Priority}
	}
	slices.SortFunc(groups, func(a, b AppGroup) int { return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID)) })
	return slices.CompactFunc(groups, func(a, b AppGroup) bool { return a.ID == b.ID }), nil
}

func (c *Client) appGroups(ctx context.Context) ([]appGroupObject, error) {
	var groups []appGroupObject
	query := url.Values{"limit": {groupPage}, "expand": {"group"}}
	err := list(ctx, c, query, []string{"apps", c.cfg.AppID, "groups"}, func(g appGroupObject) error {
		if g.Embedded.Group == nil || g.Embedded.Group.ID != g.ID {
			return incomplete("an assignment of a group does not carry the group")
		}
		groups = append(groups, g)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("okta: list groups assigned to app %s: %w", c.cfg.AppID, err)
	}
	return groups, nil
}

// members lists the ids of a group's members, sorted and unique, never nil. When
// Okta fails at large pages, the list is read again in small ones, as Okta
// advises for a 500 at this endpoint.
func (c *Client) members(ctx context.Context, pages *memberPages, groupID string) ([]string, error) {
	ids, err := c.membersBy(ctx, pages, groupID, memberPage)
	if refused := (*APIError)(nil); errors.As(err, &refused) && refused.Status >= http.StatusInternalServerError {
		ids, err = c.membersBy(ctx, pages, groupID, smallMemberPage)
	}
	if err != nil {
		return nil, fmt.Errorf("okta: list members of group %s: %w", groupID, err)
	}
	return ids, nil
}

func (c *Client) membersBy(ctx context.Context, pages *memberPages, groupID, limit string) ([]string, error) {
	path, err := apiPath(url.Values{"limit": {limit}}, "groups", groupID, "users")
	if err != nil {
		return nil, err
	}
	ids := []string{}
	if _, err := walkBy(ctx, c, path, pages.read, func(items []memberObject) error {
		for i := range items {
			ids = append(ids, items[i].ID)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// searchGroups lists the groups that fit a search expression; "" lists all.
func (c *Client) searchGroups(ctx context.Context, search string) ([]groupObject, error) {
	query := url.Values{"limit": {groupPage}}
	if search != "" {
		query.Set("search", search)
	}
	var groups []groupObject
	err := list(ctx, c, query, []string{"groups"}, func(g groupObject) error {
		groups = append(groups, g)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("okta: search groups: %w", err)
	}
	slices.SortStableFunc(groups, func(a, b groupObject) int { return cmp.Compare(a.ID, b.ID) })
	return slices.CompactFunc(groups, func(a, b groupObject) bool { return a.ID == b.ID }), nil
}

// groupObject is the group object of the API.
type groupObject struct {
	ID                    string `json:"id"`
	LastUpdated           string `json:"lastUpdated"`
	LastMembershipUpdated string `json:"lastMembershipUpdated"`
	Profile               struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"profile"`
}

func (g groupObject) key() string { return g.ID }

// appGroupObject is the assignment of a group to the app.
type appGroupObject struct {
	ID       string `json:"id"`
	Priority int    `json:"priority"`
	Embedded struct {
		Group *groupObject `json:"group"`
	} `json:"_embedded"`
}

func (g appGroupObject) key() string { return g.ID }
