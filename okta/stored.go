package okta

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// StoredReader reads Users back from JSON, as encoding/json would, cuts their profiles down
// to what is kept, and counts the names of their attributes. Profiles as Okta's client
// hands them out are read in one pass, without decoding what is not kept; anything else
// goes the long way. It is for one goroutine.
type StoredReader struct {
	keep   Projection
	names  *nameCounter
	shared map[string]string // texts of many people

	user, app []member // scratch: of the profiles under way
	profiles  []byte   // scratch
	form      projector
}

// NewStoredReader makes a reader that keeps these attributes.
func NewStoredReader(keep Projection) *StoredReader {
	r := &StoredReader{keep: keep, names: newNameCounter(), shared: map[string]string{}}
	r.names.user.keep(keep.User)
	r.names.app.keep(keep.AppUser)
	return r
}

// Names are the attributes of all people who were read or counted.
func (r *StoredReader) Names() ProfileNames { return r.names.names() }

// Count counts a person of whom nothing else is wanted.
func (r *StoredReader) Count(body []byte) error {
	_, err := r.read(body, false)
	return err
}

// Read returns a person, and counts. It keeps no reference to body.
func (r *StoredReader) Read(body []byte) (User, error) { return r.read(body, true) }

func (r *StoredReader) read(body []byte, wanted bool) (User, error) {
	if u, ok := r.plain(body, wanted); ok {
		return u, nil
	}
	var u User
	if err := json.Unmarshal(body, &u); err != nil {
		return User{}, err
	}
	r.names.add(u.Profile, u.AppProfile)
	if !wanted {
		return User{}, nil
	}
	return r.keep.Project(u)
}

// stored are the members of a User in JSON.
type stored struct{ id, userName, scope, status, groupID, accountStatus, lastUpdated, appProfile, profile []byte }

func (s *stored) member(name []byte) *[]byte {
	switch string(name) {
	case "ID":
		return &s.id
	case "UserName":
		return &s.userName
	case "Scope":
		return &s.scope
	case "Status":
		return &s.status
	case "GroupID":
		return &s.groupID
	case "AccountStatus":
		return &s.accountStatus
	case "LastUpdated":
		return &s.lastUpdated
	case "AppProfile":
		return &s.appProfile
	case "Profile":
		return &s.profile
	}
	return nil
}

// plain reads the form in which users are stored; false for any other, and then nothing
// was counted.
func (r *StoredReader) plain(body []byte, wanted bool) (u User, ok bool) {
	var s stored
	whole := EachMember(body, func(name, value []byte) bool {
		at := s.member(name)
		if at == nil || *at != nil {
			return false
		}
		*at = value
		return true
	})
	if !whole || wanted && !r.texts(&s, &u) {
		return User{}, false
	}
	if r.user, ok = plainProfile(r.user[:0], s.profile); !ok {
		return User{}, false
	}
	if r.app, ok = plainProfile(r.app[:0], s.appProfile); !ok {
		return User{}, false
	}
	r.names.people++
	r.profiles = r.project(r.profiles[:0], r.app, r.names.app)
	split := len(r.profiles)
	r.profiles = r.project(r.profiles, r.user, r.names.user)
	if wanted {
		both := bytes.Clone(r.profiles)
		u.AppProfile, u.Profile = both[:split:split], both[split:]
	}
	return u, true
}

// texts reads all but the profiles.
func (r *StoredReader) texts(s *stored, u *User) bool {
	return readText(nil, s.id, &u.ID) && readText(nil, s.userName, &u.UserName) &&
		readText(r.shared, s.scope, &u.Scope) && readText(r.shared, s.status, &u.Status) && readText(r.shared, s.groupID, &u.GroupID) &&
		readText(r.shared, s.accountStatus, &u.AccountStatus) && readText(r.shared, s.lastUpdated, &u.LastUpdated)
}

// readText reads a text without escapes. Of those that are shared one copy is made.
func readText(shared map[string]string, value []byte, to *string) bool {
	if len(value) < 2 || value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 || !utf8.Valid(value) {
		return false
	}
	value = value[1 : len(value)-1]
	text, ok := shared[string(value)]
	if !ok {
		text = string(value)
		if shared != nil && len(shared) < maxShared {
			shared[text] = text
		}
	}
	*to = text
	return true
}

// plainProfile appends the members of a profile; false unless it is an object whose keys
// are sorted, each once.
func plainProfile(members []member, raw []byte) ([]member, bool) {
	var last []byte
	ok := EachMember(raw, func(name, value []byte) bool {
		sorted := last == nil || bytes.Compare(last, name) < 0
		last = name
		members = append(members, member{name, value})
		return sorted && bytes.IndexByte(name, '\\') < 0 && (value[0] == '"' || json.Valid(value))
	})
	return members, ok
}

// project appends what is kept of a profile, and counts its names.
func (r *StoredReader) project(out []byte, members []member, names profileNames) []byte {
	out = append(out, '{')
	for _, m := range members {
		if !names.add(m.key, m.value) {
			continue
		}
		if out[len(out)-1] != '{' {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), m.key...), '"', ':')
		out = r.form.appendValue(out, m.value)
	}
	return append(out, '}')
}

// EachMember calls fn for the members of an object, with keys as they are written, until
// fn returns false. It is true when they are all, and nothing follows. The object may be
// invalid within its values.
func EachMember(raw []byte, fn func(name, value []byte) bool) bool {
	if len(raw) < 2 || raw[0] != '{' {
		return false
	}
	i := blank(raw, 1)
	if i < len(raw) && raw[i] == '}' {
		return i == len(raw)-1
	}
	for {
		name, behind := textAt(raw, i)
		if behind < 0 {
			return false
		}
		if i = blank(raw, behind); i >= len(raw) || raw[i] != ':' {
			return false
		}
		i = blank(raw, i+1)
		end := valueAt(raw, i)
		if end <= i || end == len(raw) || !fn(name, raw[i:end]) { // a value that does not end reaches to the end
			return false
		}
		if i = blank(raw, end); i >= len(raw) {
			return false
		}
		switch raw[i] {
		case '}':
			return i == len(raw)-1
		case ',':
			i = blank(raw, i+1)
		default:
			return false
		}
	}
}
