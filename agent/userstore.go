package agent

import (
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// userStore stores the assignments of a snapshot.
type userStore struct {
	writer *state.UserWriter
	body   []byte // scratch
}

// foundBy are the attributes of state.Names in the Okta profile.
var foundBy = []string{"login", "firstName", "lastName", "displayName"}

func (s *userStore) add(u okta.User) error {
	s.body = appendUser(s.body[:0], u)
	var texts [4][]byte
	if !okta.Texts(u.Profile, foundBy, texts[:]) {
		return s.writer.Add(u.ID, s.body)
	}
	return s.writer.AddNamed(u.ID, s.body, state.Names{
		UserName: []byte(u.UserName), Login: texts[0], FirstName: texts[1], LastName: texts[2], DisplayName: texts[3],
	})
}

// appendUser writes an assignment as JSON, as encoding/json reads it. The profiles
// are JSON already, and to have it checked again costs a second in a big org.
func appendUser(dst []byte, u okta.User) []byte {
	sep := byte('{')
	for _, field := range []struct{ name, value string }{
		{"ID", u.ID}, {"UserName", u.UserName}, {"Scope", u.Scope}, {"Status", u.Status},
		{"GroupID", u.GroupID}, {"AccountStatus", u.AccountStatus}, {"LastUpdated", u.LastUpdated},
	} {
		dst = append(append(dst, sep, '"'), field.name...)
		dst = scim.AppendString(append(dst, `":`...), field.value)
		sep = ','
	}
	dst = append(append(dst, `,"AppProfile":`...), u.AppProfile...)
	dst = append(append(dst, `,"Profile":`...), u.Profile...)
	return append(dst, '}')
}
