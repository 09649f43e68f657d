package walkme

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// newUser returns the body of POST /Users in the key order of Okta's captures.
// Attributes without a value are left out: there is nothing to clear. password is empty when none is to be
// sent.
func (c *Client) newUser(want scim.Resource, password string) ([]byte, error) {
	values, err := attributesOf(want.Attributes)
	if err != nil {
		return nil, err
	}
	o := object{{"schemas", array([]json.RawMessage{quote(scim.SchemaUser)})}}
	extensions := c.overlay().lay(&o, values)
	c.addSchemas(&o, extensions)
	if want.SourceID != "" {
		o.put("externalId", quote(want.SourceID))
	}
	if c.wire.SendGroups {
		o.put("groups", []byte("[]"))
	}
	if password != "" {
		o.put("password", quote(password))
	}
	o.put("active", boolText(want.Active))
	return o.text(), nil
}

func (c *Client) overlay() overlay {
	return overlay{
		multiValued: c.wire.MultiValued,
		cleared:     c.wire.ClearedValue,
		changedOnly: c.wire.Overlay == OverlayChanged,
	}
}

// merged lays the profile that Okta wants over what the server showed and
// returns the body of the PUT: the server's keys in the server's order, the ones
// that Okta does not know untouched.
func (c *Client) merged(shown object, want scim.Resource) (object, error) {
	values, err := attributesOf(want.Attributes)
	if err != nil {
		return nil, err
	}
	o := shown.clone()
	if o.get("schemas") == nil {
		o.put("schemas", array([]json.RawMessage{quote(scim.SchemaUser)}))
	}
	extensions := c.overlay().lay(&o, values)
	c.addSchemas(&o, extensions)
	if want.SourceID != "" {
		o.put("externalId", quote(want.SourceID))
	}
	if c.wire.SendGroups && o.get("groups") == nil {
		o.put("groups", []byte("[]"))
	}
	if !c.wire.EchoPassword {
		o.remove("password")
	}
	o.put("active", boolText(c.activeOf(shown, want)))
	return o, nil
}

// activeOf decides what a profile PUT says about active. Okta leaves the status
// alone; a server that does not show it gets the desired one, because some take
// a PUT without it for a deactivation.
func (c *Client) activeOf(shown object, want scim.Resource) bool {
	if active := shown.boolean("active"); active != nil && !c.wire.ActiveFromMapping {
		return *active
	}
	return want.Active
}

func (c *Client) addSchemas(o *object, extensions []string) {
	if !c.wire.ExtensionSchemas {
		return
	}
	var urns []json.RawMessage
	if json.Unmarshal(o.get("schemas"), &urns) != nil {
		return
	}
	for _, urn := range extensions {
		if !slices.ContainsFunc(urns, func(u json.RawMessage) bool { return bytes.EqualFold(u, quote(urn)) }) {
			urns = append(urns, quote(urn))
		}
	}
	o.put("schemas", array(urns))
}

// changedKeys returns the keys of a merged profile whose value is not the one
// that the server showed.
func changedKeys(shown, merged object) object {
	return slices.DeleteFunc(merged.clone(), func(m member) bool {
		return bytes.Equal(shown.get(m.key), m.value) || m.key == "schemas"
	})
}

// Okta's placeholder passwords have eight characters of this kind.
const (
	passwordLength  = 8
	passwordLetters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789!#$%&*+-=?@^_"
)

// placeholder makes the password that Okta sends in every POST of a user, even
// with password sync off. It is told to no one.
func (c *Client) placeholder() (string, error) {
	if !c.wire.SendPassword {
		return "", nil
	}
	var password []byte
	const bound = 256 - 256%len(passwordLetters) // above it the choice would be uneven
	for len(password) < passwordLength {
		var b [1]byte
		if _, err := io.ReadFull(c.random, b[:]); err != nil {
			return "", fmt.Errorf("placeholder password: %w", err)
		}
		if int(b[0]) < bound {
			password = append(password, passwordLetters[int(b[0])%len(passwordLetters)])
		}
	}
	return string(password), nil
}
