package okta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Events is what happened in the org since the last poll, as far as it may
// concern the app.
type Events struct {
	UserIDs  []string // people whose account, assignment or group membership changed; sorted, unique
	GroupIDs []string // groups whose profile or assignment changed, or that came or went; sorted, unique
	App      bool     // the app, its group assignments or its push mappings changed
	Next     string   // pass as after the next time
}

const (
	logPath       = "/api/v1/logs"
	eventPage     = "1000"
	maxEventPages = 20
)

// Events polls the System Log: everything since after, which is Next of an
// earlier poll, or since that time when after is empty or Okta does not know it
// any more. A zero time means five minutes ago.
//
// An idle poll is one request. A poll reads up to 20,000 events; what is left
// comes with the next one. The log tells that something happened, soon and
// usually; it is no proof that nothing did. It needs the scope okta.logs.read.
func (c *Client) Events(ctx context.Context, after string, since time.Time) (Events, error) {
	path := c.firstPoll(since)
	if after != "" {
		stored, err := c.pollPath(after)
		if err != nil {
			return Events{}, fmt.Errorf("okta: poll system log: %w", err)
		}
		path = stored
	}
	e, err := c.poll(ctx, path)
	if refused := (*APIError)(nil); after != "" && errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		e, err = c.poll(ctx, c.firstPoll(since))
	}
	if err != nil {
		return Events{}, fmt.Errorf("okta: poll system log: %w", err)
	}
	return e, nil
}

// firstPoll is a polling request: ascending and without an end
// (https://developer.okta.com/docs/reference/system-log-query/).
func (c *Client) firstPoll(since time.Time) string {
	if since.IsZero() {
		since = time.Now().Add(-5 * time.Minute)
	}
	var kinds []string
	for _, prefix := range []string{"user.lifecycle", "user.account", "group.user_membership", "group.lifecycle",
		"group.profile", "group.application_assignment"} {
		kinds = append(kinds, `eventType sw "`+prefix+`"`)
	}
	filter := strings.Join(kinds, " or ") + ` or (eventType sw "application." and target.id eq ` + quote(c.cfg.AppID) + `)`
	return logPath + "?" + url.Values{
		"filter": {filter}, "limit": {eventPage}, "sortOrder": {"ASCENDING"},
		"since": {since.UTC().Format("2006-01-02T15:04:05.000Z")},
	}.Encode()
}

// pollPath is the path and query of a next link of the log, word for word: its
// cursor and since exclude each other.
func (c *Client) pollPath(link string) (string, error) {
	to, _, err := splitLink(c.host, link)
	if err == nil && to.EscapedPath() != logPath {
		err = errors.New("the stored position is not one of the system log")
	}
	if err != nil {
		return "", err
	}
	return logPath + "?" + to.RawQuery, nil
}

// poll reads pages until one is empty: a polling log always promises another.
func (c *Client) poll(ctx context.Context, path string) (Events, error) {
	news := news{app: c.cfg.AppID, users: map[string]bool{}, groups: map[string]bool{}}
	for range maxEventPages {
		p, err := readPage[eventObject](ctx, c, path)
		if err != nil {
			return Events{}, err
		}
		for _, e := range p.items {
			news.add(e)
		}
		next, err := c.pollPath(linkTo(p.header, "next"))
		if err != nil {
			return Events{}, incomplete("no next link: %w", err)
		}
		if len(p.items) == 0 || next == path {
			path = next
			break
		}
		path = next
	}
	return Events{UserIDs: sortedIDs(news.users), GroupIDs: sortedIDs(news.groups), App: news.changedApp, Next: path}, nil
}

// news collects what events are about.
type news struct {
	app           string
	users, groups map[string]bool
	changedApp    bool
}

// add notes the people and groups of an event. Events that name an app count
// only when it is ours. A membership is the person's matter: in a big org groups
// gain and lose members all the time.
func (n *news) add(e eventObject) {
	ours, apps := false, 0
	for _, t := range e.Target {
		if t.Type == "AppInstance" {
			apps++
			ours = ours || t.ID == n.app
		}
	}
	if apps > 0 && !ours {
		return
	}
	if ours && !strings.HasPrefix(e.EventType, "application.user_membership.") {
		n.changedApp = true
	}
	membership := e.EventType == "group.user_membership.add" || e.EventType == "group.user_membership.remove"
	for _, t := range e.Target {
		switch {
		case t.ID == "":
		case t.Type == "User":
			n.users[t.ID] = true
		case t.Type == "UserGroup" && !membership:
			n.groups[t.ID] = true
		}
	}
}

type eventObject struct {
	UUID      string `json:"uuid"`
	EventType string `json:"eventType"`
	Target    []struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"target"`
}

func (e eventObject) key() string { return e.UUID }

func sortedIDs(ids map[string]bool) []string { return slices.Sorted(maps.Keys(ids)) }
