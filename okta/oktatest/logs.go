package oktatest

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// event is one entry of the System Log.
type event struct {
	kind      string
	published time.Time
	targets   []target
}

type target struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Name string `json:"displayName"`
}

func (o *Org) userTarget(p *person) target {
	first, _ := p.profile["firstName"].(string)
	return target{p.id, "User", first}
}

func (o *Org) memberTarget(userID string) target {
	if p := o.people[userID]; p != nil {
		return o.userTarget(p)
	}
	return target{ID: userID, Type: "User"}
}

func (o *Org) groupTarget(g *group) target { return target{g.id, "UserGroup", g.name} }
func (o *Org) appTarget() target           { return target{o.opts.AppID, "AppInstance", o.opts.AppLabel} }

func (o *Org) log(kind string, targets ...target) {
	o.events = append(o.events, event{kind, o.now(), targets})
}

// LogEvent adds an event to the System Log that changes nothing in the org, such
// as a sign-in or an event of another app.
func (o *Org) LogEvent(eventType, targetType, targetID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.log(eventType, target{ID: targetID, Type: targetType})
}

// listEvents answers a polling request: its next link is always there, and its
// cursor counts events in the order of their persistence.
func (o *Org) listEvents(a *answer, r *http.Request) {
	p, ok := o.page(a, r, eventPages)
	if !ok {
		return
	}
	q := r.URL.Query()
	match, err := parseSearch(q.Get("filter"))
	if err != nil {
		a.fail(http.StatusBadRequest, "E0000053", "Invalid filter", err.Error())
		return
	}
	since, err := time.Parse(time.RFC3339, q.Get("since"))
	if q.Get("since") != "" && err != nil {
		a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: since", "since: not a date")
		return
	}
	until, err := time.Parse(time.RFC3339, q.Get("until"))
	if q.Get("until") != "" && err != nil {
		a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: until", "until: not a date")
		return
	}
	at, _ := strconv.Atoi(p.after)
	items := []object{}
	for ; at < len(o.events) && len(items) < p.limit; at++ {
		if e := o.events[at]; !e.published.Before(since) && (until.IsZero() || e.published.Before(until)) && match(e.attribute) && !o.noRole {
			items = append(items, e.render(at))
		}
	}
	q.Del("since")
	q.Set("limit", strconv.Itoa(p.limit))
	addLink(a.header, r, q, "self")
	q.Set("after", cursor(strconv.Itoa(at)))
	addLink(a.header, r, q, "next")
	a.json(items)
}

func (e event) attribute(name string) []string {
	switch name {
	case "eventType":
		return []string{e.kind}
	case "target.id":
		var ids []string
		for _, t := range e.targets {
			ids = append(ids, t.ID)
		}
		return ids
	}
	return nil
}

func (e event) render(serial int) object {
	return object{
		"uuid": fmt.Sprintf("00000000-0000-4000-8000-%012d", serial), "published": stamp(e.published), "eventType": e.kind,
		"version": "0", "severity": "INFO", "displayMessage": e.words(), "outcome": object{"result": "SUCCESS", "reason": nil},
		"actor": object{"id": "00u00000000000actor", "type": "User"}, "target": e.targets,
	}
}

// messages are the words of Okta's event catalogue.
var messages = map[string]string{
	"application.provision.group_push.mapping.created": "Group push mapping created",
	"application.provision.group_push.removed":         "Group push mapping removed",
	"application.user_membership.add":                  "Add user to application membership",
	"application.user_membership.remove":               "Remove user's application membership",
	"application.user_membership.update":               "Update user's application membership",
	"group.application_assignment.add":                 "Add assigned application to group",
	"group.application_assignment.remove":              "Remove assigned application from group",
	"group.lifecycle.delete":                           "Delete Okta group",
	"group.profile.update":                             "Update Okta group profile",
	"group.user_membership.add":                        "Add user to group membership",
	"group.user_membership.remove":                     "Remove user from group membership",
	"user.account.update_profile":                      "Update user profile for Okta",
	"user.lifecycle.activate":                          "Activate Okta user",
	"user.lifecycle.create":                            "Create Okta user",
	"user.lifecycle.deactivate":                        "Deactivate Okta user",
	"user.lifecycle.delete.completed":                  "Delete Okta user completed",
	"user.lifecycle.suspend":                           "Suspend Okta user",
	"user.lifecycle.unsuspend":                         "Unsuspend Okta user",
}

// words is what the System Log's page shows of an event.
func (e event) words() string { return cmp.Or(messages[e.kind], e.kind) }
