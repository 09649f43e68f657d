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

// Add counts a person whose profiles are whole.
func (n *ProfileNames) Add(profile, appProfile json.RawMessage) {
	if n.User == nil {
		n.User, n.AppUser = map[string]int{}, map[string]int{}
	}
	n.People++
	countNames(n.User, profile)
	countNames(n.AppUser, appProfile)
}

func countNames(counts map[string]int, profile json.RawMessage) {
	profile = bytes.TrimSpace(profile)
	if len(profile) == 0 || profile[0] != '{' {
		return
	}
	for key, value := range objectMembers(profile) {
		switch string(value) {
		case "null", `""`, "[]":
			counts[string(key)] += 0
		default:
			counts[string(key)]++
		}
	}
}
