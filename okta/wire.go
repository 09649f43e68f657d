package okta

import "encoding/json"

// appUser is the assignment object of the API. Every field may be null.
type appUser struct {
	ID          string `json:"id"`
	Status      string `json:"status"`
	Scope       string `json:"scope"`
	LastUpdated string `json:"lastUpdated"` // text: one odd time stamp must not fail the page
	Credentials struct {
		UserName string `json:"userName"`
	} `json:"credentials"`
	Profile  json.RawMessage `json:"profile"`
	Embedded struct {
		User *embeddedUser `json:"user"`
	} `json:"_embedded"`
	Links struct {
		Group json.RawMessage `json:"group"`
	} `json:"_links"`
}

type embeddedUser struct {
	ID      string          `json:"id"`
	Status  string          `json:"status"`
	Profile json.RawMessage `json:"profile"`
}

func (u appUser) key() string { return u.ID }

// account is the Okta profile, nil when Okta did not embed it.
func (u *appUser) account() json.RawMessage {
	if u.Embedded.User == nil {
		return nil
	}
	return u.Embedded.User.Profile
}

// decode reads an assignment as encoding/json does. Its profiles are parts of raw, and texts
// that are shared exist once.
func (u *appUser) decode(raw []byte, shared map[string]string) error {
	if json.Valid(raw) && u.plain(raw, shared) {
		return nil
	}
	*u = appUser{}
	return json.Unmarshal(raw, u)
}

// plain decodes valid JSON whose names are in the letters of the API, each once, and whose
// texts have no escapes; false for any other.
func (u *appUser) plain(raw []byte, shared map[string]string) bool {
	var in struct{ object, credentials, embedded, account, links [8][]byte }
	object := membersOf(raw, in.object[:], "id", "status", "scope", "lastUpdated", "credentials", "profile", "_embedded", "_links")
	if !object || !membersOf(in.object[4], in.credentials[:], "userName") || !membersOf(in.object[6], in.embedded[:], "user") ||
		!membersOf(in.embedded[0], in.account[:], "id", "status", "profile") || !membersOf(in.object[7], in.links[:], "group") {
		return false
	}
	if in.embedded[0] != nil {
		u.Embedded.User = &embeddedUser{Profile: in.account[2]}
		if !plainText(nil, in.account[0], &u.Embedded.User.ID) || !plainText(shared, in.account[1], &u.Embedded.User.Status) {
			return false
		}
	}
	u.Profile, u.Links.Group = in.object[5], in.links[0]
	return plainText(nil, in.object[0], &u.ID) && plainText(shared, in.object[1], &u.Status) && plainText(shared, in.object[2], &u.Scope) &&
		plainText(shared, in.object[3], &u.LastUpdated) && plainText(nil, in.credentials[0], &u.Credentials.UserName)
}

// plainText is readText for a value that may be nil: it is no text then.
func plainText(shared map[string]string, value []byte, to *string) bool {
	return value == nil || readText(shared, value, to)
}

// membersOf finds the values of an object by their names: nil for one that is null or not there, and
// for all when there is no object. It is false when that is not all of what encoding/json
// would make of it, which takes names in other letters, and the last of a repeated one.
func membersOf(raw []byte, values [][]byte, names ...string) bool {
	if raw == nil {
		return true
	}
	if raw[0] != '{' {
		return false
	}
	var seen [8]bool
	for key, value := range objectMembers(raw) {
		for _, c := range key {
			if c >= 0x80 {
				return false
			}
		}
		for i, name := range names {
			switch {
			case string(key) != name && !mayBe(key, name):
				continue
			case seen[i] || string(key) != name:
				return false
			}
			if seen[i] = true; string(value) != "null" {
				values[i] = value
			}
		}
	}
	return true
}

// mayBe says of an ASCII key whether encoding/json may take it for a name: capital and small
// letters differ in one bit.
func mayBe(key []byte, name string) bool {
	if len(key) != len(name) {
		return false
	}
	for i, c := range key {
		if c|0x20 != name[i]|0x20 {
			return false
		}
	}
	return true
}
