package okta

import (
	"bytes"
	"encoding/json"
)

// ProfileNames counts who has a value under which attribute, so that one that no person
// has can be told. A name that occurs, but never with a value, counts 0.
type ProfileNames struct {
	People  int
	User    map[string]int // of the Okta profile
	AppUser map[string]int // of the app's profile
}

// nameCounter makes ProfileNames.
type nameCounter struct {
	people    int
	user, app profileNames
}

func newNameCounter() *nameCounter { return &nameCounter{user: profileNames{}, app: profileNames{}} }

// add counts a person whose profiles are whole, and valid JSON.
func (n *nameCounter) add(user, app json.RawMessage) {
	n.people++
	n.user.count(user)
	n.app.count(app)
}

func (n *nameCounter) names() ProfileNames {
	return ProfileNames{People: n.people, User: n.user.counts(), AppUser: n.app.counts()}
}

// profileNames are the attributes of a profile by their names.
type profileNames map[string]*profileName

type profileName struct {
	seen, kept bool
	valued     int
}

// keep marks the names of attributes that are kept.
func (n profileNames) keep(names []string) {
	for _, name := range names {
		n[name] = &profileName{kept: true}
	}
}

func (n profileNames) counts() map[string]int {
	out := make(map[string]int, len(n))
	for name, at := range n {
		if at.seen {
			out[name] = at.valued
		}
	}
	return out
}

// add counts a name, and says whether its value is kept.
func (n profileNames) add(name, value []byte) bool {
	at := n.at(name)
	at.add(value)
	return at.kept
}

// at is what is known of a name.
func (n profileNames) at(name []byte) *profileName {
	at := n[string(name)]
	if at == nil {
		at = &profileName{}
		n[string(name)] = at
	}
	return at
}

// add counts a person who has the name.
func (p *profileName) add(value []byte) {
	p.seen = true
	switch string(value) {
	case "null", `""`, "[]":
	default:
		p.valued++
	}
}

func (n profileNames) count(profile json.RawMessage) {
	profile = bytes.TrimSpace(profile)
	if len(profile) == 0 || profile[0] != '{' {
		return
	}
	for name, value := range objectMembers(profile) {
		n.add(name, value)
	}
}
