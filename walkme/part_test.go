package walkme_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/walkme"
)

// cutServer is a groupServer that may cut the list of members, beside another group. Its
// accounts may say which groups they are in.
type cutServer struct {
	group     *groupServer
	groups    map[string]string // what an account shows as groups; "error": it cannot be read
	other     int               // members of the other group
	listFails bool              // the list of groups cannot be read

	asked  []string // accounts that were read
	lists  int      // reads of the list of groups
	writes []string // PUT, PATCH, or replace, which is a PATCH of the whole list
}

func (s *cutServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.writes = append(s.writes, r.Method)
		if bytes.Contains(body, []byte(`"op":"replace"`)) {
			s.writes[len(s.writes)-1] = "replace"
		}
	}
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case strings.Contains(r.URL.Path, "/Users/") && !slices.Contains(s.group.unknown, id):
		s.asked = append(s.asked, id)
		if s.groups[id] == "error" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		io.WriteString(w, userJSON(id, id, `,"groups":[`+s.groups[id]+`]`))
	case r.URL.RawQuery != "" && s.listFails:
		w.WriteHeader(http.StatusInternalServerError)
	case r.URL.RawQuery != "":
		if r.URL.Query().Get("startIndex") == "1" {
			s.lists++
		}
		io.WriteString(w, list(`{"id":"g2","displayName":"Others","members":`+memberList(s.other)+`}`))
	default:
		s.group.ServeHTTP(w, r)
	}
}

func memberList(n int) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = fmt.Sprintf(`{"value":"o%d"}`, i)
	}
	return "[" + strings.Join(entries, ",") + "]"
}

// some are n ids, m0 and on.
func some(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprint("m", i)
	}
	return ids
}

const (
	inG1 = `{"value":"g1"}`
	inG9 = `{"display":"no id"},{"value":"g9"}`
)

// A member who was taken and is not shown is in the group, or is not: the account knows it.
// Where no account says so, a list is a part when the member was taken twice and no longer
// list is shown. Where the list was cut is remembered.
func TestTakenAndNotShown(t *testing.T) {
	for _, tt := range []struct {
		name   string
		shown  int // members that are shown, of the same number and those who join
		server cutServer
		again  bool     // who joins was taken before, and was not shown
		add    []string // who joins
		strict bool     // the first answer is the last word
		cutAt  int      // 0: the list is no part, and who joins was refused
		asked  []string
	}{
		{name: "the account says in", shown: 7, server: cutServer{groups: map[string]string{"b": inG1}}, cutAt: 7, asked: []string{"b"}},
		{name: "the account says out", shown: 7, server: cutServer{groups: map[string]string{"b": inG9}}, again: true, asked: []string{"b"}},
		{name: "no such account", shown: 7, server: cutServer{group: &groupServer{unknown: []string{"b"}}}, again: true},
		{name: "no account says anything, the first time", shown: 7, asked: []string{"b"}},
		{name: "the second time", shown: 7, server: cutServer{other: 7}, again: true, cutAt: 7, asked: []string{"b"}},
		{name: "the second time, and a longer list is shown", shown: 7, server: cutServer{other: 8}, again: true, asked: []string{"b"}},
		{name: "the second time, and the list of groups cannot be read", shown: 7, server: cutServer{listFails: true}, again: true, cutAt: 7, asked: []string{"b"}},
		{name: "the shortest list that may be cut", shown: 5, again: true, cutAt: 5, asked: []string{"b"}},
		{name: "a shorter one", shown: 4, again: true, asked: []string{"b"}},
		{name: "strict", shown: 7, server: cutServer{groups: map[string]string{"b": inG1}}, strict: true},
		{name: "the first account cannot be read", shown: 7, server: cutServer{groups: map[string]string{"b": "error", "c": inG1}}, add: []string{"b", "c"}, cutAt: 7, asked: []string{"b", "c"}},
		{name: "three are asked", shown: 7, server: cutServer{groups: map[string]string{"e": inG1}}, add: []string{"b", "c", "d", "e"}, asked: []string{"b", "c", "d"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &tt.server
			if s.group == nil {
				s.group = &groupServer{}
			}
			s.group.members, s.group.shownMax = some(tt.shown), tt.shown
			if tt.add == nil {
				tt.add = []string{"b"}
			}
			c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{s}, Wire: wire(func(w *walkme.Wire) { w.ReadWhenDoubtful = !tt.strict })})
			u := walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members(tt.add...), Acknowledged: members(some(tt.shown)...)}
			if tt.again {
				u.Doubtful = u.Add
			}
			r, err := c.UpdateMembers(t.Context(), u)
			if part := err == nil && r.Part; part != (tt.cutAt > 0) || err == nil && !part {
				t.Errorf("UpdateMembers() = %+v, %v, want a part: %t", r, err, tt.cutAt > 0)
			}
			if err == nil && !r.Seen {
				t.Errorf("UpdateMembers() = %+v, want members seen", r)
			}
			if c.CutAt() != tt.cutAt {
				t.Errorf("CutAt() = %d, want %d", c.CutAt(), tt.cutAt)
			}
			if !slices.Equal(s.asked, tt.asked) {
				t.Errorf("asked %v, want %v", s.asked, tt.asked)
			}
		})
	}
}

// A list without any member, where WalkMe has shown some before, lacks those who were
// acknowledged: it is a part that shows no one.
func TestEmptyListIsAPart(t *testing.T) {
	server := &groupServer{members: []string{"a"}}
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}})
	showsOne(t, c, server)
	server.neverShown = true
	r, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members("b"), Acknowledged: members("a")})
	if err != nil || !r.Part || r.Seen {
		t.Errorf("UpdateMembers() = %+v, %v, want a part without members", r, err)
	}
}

// A longer list than the cut takes it back, and one of that length may be a part.
func TestCutAt(t *testing.T) {
	for shown, want := range map[int]struct {
		cutAt      int
		incomplete bool
	}{0: {7, false}, 6: {7, false}, 7: {7, true}, 8: {0, false}, 50: {0, true}} {
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{&groupServer{members: some(shown)}}})
		c.SetCutAt(7)
		g, err := c.Group(t.Context(), "g1")
		if err != nil {
			t.Fatal(err)
		}
		if c.CutAt() != want.cutAt || g.Incomplete(nil) != want.incomplete {
			t.Errorf("%d are shown: CutAt() = %d, Incomplete() = %t, want %+v", shown, c.CutAt(), g.Incomplete(nil), want)
		}
	}
}

// A whole list is written on one that is whole. Else the changes alone go out, by PATCH.
func TestWholeListNeedsAWholeList(t *testing.T) {
	linked := func(u *walkme.MembersUpdate) { u.Linked = true }
	lacking := func(u *walkme.MembersUpdate) { u.Acknowledged = append(members("gone"), u.Acknowledged...) }
	both := func(u *walkme.MembersUpdate) { linked(u); lacking(u) }
	for _, tt := range []struct {
		name    string
		profile walkme.Profile
		shown   int
		server  cutServer
		edit    func(*walkme.MembersUpdate)
		cutAt   int
		strict  bool
		writes  []string
	}{
		{"a group that we made", walkme.AIW, 7, cutServer{}, nil, 0, false, []string{"PUT"}},
		{"by replace", walkme.OIN, 7, cutServer{}, nil, 0, false, []string{"replace"}},
		{"by replace, and a member is not shown", walkme.OIN, 7, cutServer{groups: map[string]string{"gone": inG9}, other: 8}, lacking, 0, false, []string{"PATCH"}},
		{"with a round number of ours", walkme.AIW, 50, cutServer{}, nil, 0, false, []string{"PUT"}},
		{"with a round number, and another one", walkme.AIW, 50, cutServer{}, func(u *walkme.MembersUpdate) {
			u.Acknowledged = u.Acknowledged[1:]
			u.Managed = append(members("b"), u.Acknowledged...)
		}, 0, false, []string{"PATCH"}},
		{"an empty group that was there", walkme.AIW, 0, cutServer{}, linked, 0, false, []string{"PUT"}},
		{"a short group that was there", walkme.AIW, 4, cutServer{}, linked, 0, false, []string{"PUT"}},
		{"one that may be cut", walkme.AIW, 5, cutServer{other: 5}, linked, 0, false, []string{"PATCH"}},
		{"one, and there is a longer", walkme.AIW, 5, cutServer{other: 6}, linked, 0, false, []string{"PUT"}},
		{"one, and no list of groups", walkme.AIW, 5, cutServer{listFails: true}, linked, 0, false, []string{"PATCH"}},
		{"one, strict", walkme.AIW, 5, cutServer{}, linked, 0, true, []string{"PUT"}},
		{"known to be cut there", walkme.AIW, 7, cutServer{}, nil, 7, false, []string{"PATCH"}},
		{"a member is not shown, the account says in", walkme.AIW, 7, cutServer{groups: map[string]string{"gone": inG1}}, lacking, 0, false, []string{"PATCH"}},
		{"the account says out", walkme.AIW, 7, cutServer{groups: map[string]string{"gone": inG9}}, lacking, 0, false, []string{"PUT"}},
		{"the account says nothing", walkme.AIW, 7, cutServer{}, lacking, 0, false, []string{"PATCH"}},
		{"nothing, and there is a longer list", walkme.AIW, 7, cutServer{other: 8}, lacking, 0, false, []string{"PUT"}},
		{"nothing, and there is no PATCH", walkme.AIW, 7, cutServer{group: &groupServer{noPatch: true}}, lacking, 0, false, []string{"PATCH", "PUT"}},
		{"of a group that was there", walkme.AIW, 7, cutServer{groups: map[string]string{"gone": inG9}, other: 8}, both, 0, false, []string{"PATCH"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &tt.server
			if s.group == nil {
				s.group = &groupServer{}
			}
			s.group.members = some(tt.shown)
			c := client(t, walkme.Config{BaseURL: target, Profile: tt.profile, Transport: handlerTransport{s},
				Wire: wire(func(w *walkme.Wire) { w.MembershipUpdates, w.ReadWhenDoubtful = walkme.Replace, !tt.strict })})
			c.SetCutAt(tt.cutAt)
			showsOne(t, c, s.group)
			ours := members(some(tt.shown)...)
			u := walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members("b"), Managed: append(members("b"), ours...), Acknowledged: ours}
			if tt.edit != nil {
				tt.edit(&u)
			}
			if r, err := c.UpdateMembers(t.Context(), u); err != nil {
				t.Errorf("UpdateMembers() = %+v, %v", r, err)
			}
			if !slices.Equal(s.writes, tt.writes) {
				t.Errorf("writes %v, want %v", s.writes, tt.writes)
			}
			if got := len(s.group.members); got < tt.shown+1 {
				t.Errorf("%d members are left, want those who were shown, and one more", got)
			}
		})
	}
}

// How long the lists of groups are is read once for all doubtful writes of a run.
func TestLengthsAreReadOnce(t *testing.T) {
	for other, writes := range map[int][]string{5: {"PATCH", "PATCH"}, 6: {"PUT", "PUT"}} {
		s := &cutServer{group: &groupServer{members: some(5)}, other: other}
		c := client(t, walkme.Config{BaseURL: target, Profile: walkme.AIW, Transport: handlerTransport{s},
			Wire: wire(func(w *walkme.Wire) { w.MembershipUpdates, w.ReadWhenDoubtful = walkme.Replace, true })})
		push := func() {
			s.group.members = some(5)
			ours := members(some(5)...)
			u := walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members("b"), Managed: append(members("b"), ours...), Acknowledged: ours, Linked: true}
			if _, err := c.UpdateMembers(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
		showsOne(t, c, s.group)
		push()
		push()
		if s.lists != 1 || !slices.Equal(s.writes, writes) {
			t.Errorf("with a list of %d: %d reads of the groups, writes %v, want one and %v", other, s.lists, s.writes, writes)
		}
		c.SetCutAt(0)
		push()
		if s.lists != 2 {
			t.Errorf("with a list of %d: %d reads of the groups in two runs, want 2", other, s.lists)
		}
	}
}

// showsOne lets a client see that the server shows members.
func showsOne(t *testing.T, c *walkme.Client, group *groupServer) {
	t.Helper()
	before := group.members
	group.members = []string{"m0"}
	if _, err := c.Group(t.Context(), "g1"); err != nil {
		t.Fatal(err)
	}
	group.members = before
}

func TestGroupsOfAUser(t *testing.T) {
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(200, userJSON("42", "ann@example.com", `,"groups":[{"value":"g9"},`+inG9+`,`+inG1+`]`))}})
	u, err := c.User(t.Context(), "42")
	if err != nil || !slices.Equal(u.Groups(), []string{"g1", "g9"}) {
		t.Errorf("Groups() = %v, %v, want g1 and g9", u.Groups(), err)
	}
}
