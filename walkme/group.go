package walkme

import (
	"encoding/json"

	"okta-walkme-agent/internal/scim"
)

// Group is a group as WalkMe shows it.
type Group struct {
	ID          string
	DisplayName string

	// Members are the members in the server's order. Without MembersShown
	// the answer had no list of members, and nothing follows from Members.
	// Some servers always show an empty list.
	Members      []Member
	MembersShown bool

	raw object
	cut bool // the list ends where this server is known to cut
}

// Member is a user in a group.
type Member struct {
	ID      string // WalkMe's id of the user
	Display string // userName, or empty
}

// groupOf reads a group, and takes note when a server shows members at all.
func (c *Client) groupOf(o object) *Group {
	g := &Group{ID: o.string("id"), DisplayName: o.string("displayName"), raw: o}
	list := o.get("members")
	g.MembersShown = len(list) > 0 && list[0] == '['
	for _, entry := range parseObjects(list) {
		if id := entry.string("value"); id != "" {
			g.Members = append(g.Members, Member{ID: id, Display: entry.string("display")})
		}
	}
	if len(g.Members) > 0 {
		c.echoes.Store(true)
		c.noteLength(len(g.Members))
		g.cut = len(g.Members) == c.CutAt()
	}
	return g
}

// ids returns the ids of the members, sorted.
func (g *Group) ids() []string { return idsOf(g.Members) }

func idsOf(members []Member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	return scim.SortedSet(ids)
}

// memberText is a member as Okta writes it: no type, no $ref.
func memberText(m Member) json.RawMessage {
	o := object{{"value", quote(m.ID)}}
	if m.Display != "" {
		o.put("display", quote(m.Display))
	}
	return o.text()
}

func memberTexts(members []Member) []json.RawMessage {
	texts := make([]json.RawMessage, len(members))
	for i, m := range members {
		texts[i] = memberText(m)
	}
	return texts
}

// newGroup returns the body of POST /Groups.
func newGroup(name string, members []Member) []byte {
	return object{
		{"schemas", array([]json.RawMessage{quote(scim.SchemaGroup)})},
		{"displayName", quote(name)},
		{"members", array(memberTexts(members))},
	}.text()
}

// groupPut returns the body of PUT /Groups/{id}. Okta writes schemas, id,
// displayName and members in this order whatever the GET looked like, and never
// meta; what else the server showed follows, so that the PUT does not clear it.
func (c *Client) groupPut(shown object, name string, members json.RawMessage) []byte {
	o := object{{"schemas", array([]json.RawMessage{quote(scim.SchemaGroup)})}}
	if schemas := shown.get("schemas"); schemas != nil {
		o[0].value = schemas
	}
	if c.wire.GroupPutID {
		o.put("id", shown.get("id"))
	}
	o.put("displayName", quote(name))
	o.put("members", members)
	for _, m := range shown {
		if o.get(m.key) == nil && m.key != "meta" && m.key != "id" {
			o.put(m.key, m.value)
		}
	}
	return o.text()
}
