package walkme_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// groupServer keeps one group, g1, and misbehaves as told.
type groupServer struct {
	members []string // nil is stored, and shown, as null
	unknown []string // users that do not exist
	full    []string // users that do, but may not join: 400

	refuse     int  // status for a write that names an unknown member; 0: drop it silently
	neverShown bool // the list of members is always empty
	exists409  bool // adding somebody who is in the group is refused
	ignore     bool // every membership write is answered 200 and ignored
	shownMax   int  // how many members are shown at most; 0: all
	noPatch    bool // 405
	nullBreaks bool // add and remove fail while the list is null
	always     int  // status of every membership write
	late500    bool // a membership write has its effect and is answered 500
	name       string

	writes int
}

var (
	removed = regexp.MustCompile(`members\[value eq \\"([^"\\]*)\\"\]`)
	valued  = regexp.MustCompile(`"value":"([^"]*)"`)
	named   = regexp.MustCompile(`"displayName":"([^"]*)"`)
)

func (s *groupServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	body := string(text)
	id := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case strings.Contains(r.URL.Path, "/Users/"):
		if slices.Contains(s.unknown, id) {
			answering(404, notFound).ServeHTTP(w, r)
			return
		}
		io.WriteString(w, userJSON(id, id, ""))
		return
	case id != "g1":
		answering(404, notFound).ServeHTTP(w, r)
		return
	case r.Method == http.MethodGet:
		s.show(w)
		return
	}
	s.writes++
	if s.noPatch && r.Method == http.MethodPatch {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if m := named.FindStringSubmatch(body); m != nil {
		s.name = m[1]
	}
	status := s.change(r.Method, body)
	if status == 200 && s.late500 {
		status = 500
	}
	if status == 404 {
		answering(404, notFound).ServeHTTP(w, r)
		return
	}
	if status != 200 {
		w.WriteHeader(status)
		return
	}
	s.show(w)
}

func (s *groupServer) change(method, body string) int {
	whole := method == http.MethodPut || strings.Contains(body, `"op":"replace","path":"members"`)
	var add, gone []string
	for _, m := range removed.FindAllStringSubmatch(body, -1) {
		gone = append(gone, m[1])
	}
	for _, m := range valued.FindAllStringSubmatch(body, -1) {
		if slices.Contains(s.full, m[1]) {
			return 400
		}
		known := !slices.Contains(s.unknown, m[1])
		if !known && s.refuse != 0 {
			return s.refuse
		}
		if known {
			add = append(add, m[1])
		}
	}
	switch {
	case s.always != 0:
		return s.always
	case s.ignore:
		return 200
	case s.exists409 && slices.ContainsFunc(add, func(m string) bool { return slices.Contains(s.members, m) }):
		return 409
	case s.members == nil && s.nullBreaks && !whole:
		return 500
	case whole:
		s.members = nil
	}
	s.members = slices.DeleteFunc(s.members, func(m string) bool { return slices.Contains(gone, m) })
	for _, m := range add {
		if !slices.Contains(s.members, m) {
			s.members = append(s.members, m)
		}
	}
	return 200
}

func (s *groupServer) show(w io.Writer) {
	shown := s.members
	if s.shownMax > 0 {
		shown = shown[:min(s.shownMax, len(shown))]
	}
	list := "null"
	if s.members != nil || s.neverShown {
		list = "[]"
	}
	if len(s.members) > 0 && !s.neverShown {
		list = `[{"value":"` + strings.Join(shown, `"},{"value":"`) + `"}]`
	}
	name := s.name
	if name == "" {
		name = "Editors"
	}
	fmt.Fprintf(w, `{"id":"g1","displayName":%q,"members":%s}`, name, list)
}

func members(ids ...string) []walkme.Member {
	list := make([]walkme.Member, len(ids))
	for i, id := range ids {
		list[i].ID = id
	}
	return list
}

func describe(r *walkme.MembersResult, err error) string {
	if err != nil {
		return string(walkme.Outcome(err)) + ": " + err.Error()
	}
	s := "not shown"
	if r.Seen {
		s = "shown"
	}
	if r.Unseen {
		s += ", empty"
	}
	for _, m := range r.Refused {
		s += " !" + m.Member.ID
	}
	return s
}

func TestMembershipOnServersThatDiffer(t *testing.T) {
	add := func(ids ...string) walkme.MembersUpdate {
		return walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members(ids...), Managed: members(ids...)}
	}
	delta, strict := walkme.DefaultWire(), walkme.StrictWire()
	replace := wire(func(w *walkme.Wire) { w.MembershipUpdates = walkme.Replace })
	for _, tt := range []struct {
		name    string
		server  groupServer
		profile walkme.Profile
		wire    walkme.Wire
		u       walkme.MembersUpdate
		want    string
		left    []string // in the group afterwards
	}{
		{"as it should be", groupServer{members: []string{"x"}}, walkme.OIN, delta, add("a", "b"), "shown", []string{"x", "a", "b"}},
		{"one unknown member fails the PATCH with 400", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400},
			walkme.OIN, delta, add("a", "b", "c", "d"), "shown !b", []string{"x", "a", "c", "d"}},
		{"strict: the push fails as a whole", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400},
			walkme.OIN, strict, add("a", "b"), "refused: walkme: update members of group g1: Bad Request", []string{"x"}},
		{"strict, by PUT", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400},
			walkme.AIW, strict, add("a", "b"), "refused: walkme: update members of group g1: Bad Request", []string{"x"}},
		{"strict: an answer that contradicts is believed", groupServer{members: []string{"x"}, ignore: true}, walkme.OIN, strict, add("a"),
			"refused: walkme: update members of group g1: member a: accepted, not applied: the membership is as before", []string{"x"}},
		{"with 404", groupServer{members: []string{"x"}, unknown: []string{"d"}, refuse: 404},
			walkme.OIN, delta, add("a", "b", "c", "d"), "shown !d", []string{"x", "a", "b", "c"}},
		{"with 500, on a server that shows members", groupServer{members: []string{"x"}, unknown: []string{"a"}, refuse: 500},
			walkme.OIN, delta, add("a", "b", "c"), "shown !a", []string{"x", "b", "c"}},
		{"with 500, on one that never does", groupServer{neverShown: true, unknown: []string{"a"}, refuse: 500},
			walkme.OIN, delta, add("a", "b"), "not shown, empty !a", []string{"b"}},
		{"500 for another reason, on one that never does", groupServer{neverShown: true, always: 500},
			walkme.OIN, delta, add("a", "b"), "unknown: walkme: update members of group g1: outcome unknown: Internal Server Error", nil},
		{"500 and applied", groupServer{members: []string{"x"}, late500: true}, walkme.OIN, delta, add("a", "b"), "shown", []string{"x", "a", "b"}},
		{"silently dropped", groupServer{members: []string{"x"}, unknown: []string{"b"}},
			walkme.OIN, delta, add("a", "b"), "shown !b", []string{"x", "a"}},
		{"by PUT", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400},
			walkme.AIW, delta, add("a", "b"), "shown !b", []string{"x", "a"}},
		{"by PUT, with 500", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 500},
			walkme.AIW, delta, add("a", "b"), "shown !b", []string{"x", "a"}},
		{"by PUT, with 500, on a server that never shows members", groupServer{neverShown: true, unknown: []string{"b"}, refuse: 500},
			walkme.AIW, delta, add("a", "b"), "not shown, empty !b", []string{"a"}},
		{"by PUT, 500 and applied", groupServer{members: []string{"x"}, late500: true}, walkme.AIW, delta, add("a"), "shown", []string{"x", "a"}},
		{"by PUT, 500 for another reason", groupServer{members: []string{"x"}, always: 500}, walkme.AIW, delta, add("a"),
			"unknown: walkme: update members of group g1: outcome unknown: Internal Server Error", []string{"x"}},
		{"by PUT, whoever is to join is refused", groupServer{members: []string{"x", "a"}, full: []string{"b"}}, walkme.AIW, delta,
			walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members("b"), Remove: members("a")}, "shown !b", []string{"x"}},
		{"by PUT with another name, 500 and applied", groupServer{members: []string{"x"}, name: "By hand", late500: true}, walkme.AIW, delta,
			walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Rename: true, Add: members("a")}, "shown", []string{"x", "a"}},
		{"by PUT, who is to leave has left, and one of two is unknown", groupServer{members: []string{"a"}, unknown: []string{"b"}, refuse: 400}, walkme.AIW, delta,
			walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members("a", "b"), Remove: members("z")}, "shown !b", []string{"a"}},
		{"by replace, with 500", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 500},
			walkme.OIN, replace, add("a", "b"), "shown !b", []string{"x", "a"}},
		{"by replace", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 422},
			walkme.OIN, replace, add("a", "b"), "shown !b", []string{"x", "a"}},
		{"the only member is unknown", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400},
			walkme.OIN, delta, add("b"), "refused: walkme: update members of group g1: member b: Bad Request", []string{"x"}},
		{"by PUT, and there is nothing else to write", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 500},
			walkme.AIW, delta, add("b"), "refused: walkme: update members of group g1: member b: Not Found. Errors reported by remote server: User not found", []string{"x"}},
		{"members never shown", groupServer{neverShown: true}, walkme.OIN, delta, add("a"), "not shown, empty", []string{"a"}},
		{"members never shown, beside one of before", groupServer{members: []string{"x"}, neverShown: true}, walkme.OIN, delta,
			walkme.MembersUpdate{GroupID: "g1", Add: members("a"), Acknowledged: members("x")}, "not shown, empty", []string{"x", "a"}},
		{"members never shown, and the last one leaves", groupServer{members: []string{"x"}, neverShown: true}, walkme.OIN, delta,
			walkme.MembersUpdate{GroupID: "g1", Remove: members("x"), Acknowledged: members("x")}, "not shown", []string{}},
		{"200 without effect", groupServer{members: []string{"x"}, ignore: true}, walkme.OIN, delta, add("a"),
			"refused: walkme: update members of group g1: member a: accepted, not applied: the membership is as before", []string{"x"}},
		{"200 without effect, for many", groupServer{members: []string{"x"}, ignore: true}, walkme.OIN, delta, add("a", "b", "c", "d"),
			"refused: walkme: update members of group g1: accepted, not applied: the membership is as before", []string{"x"}},
		{"200 without effect, by PUT", groupServer{members: []string{"x"}, ignore: true}, walkme.AIW, delta, add("a"),
			"refused: walkme: update members of group g1: member a: accepted, not applied: the membership is as before", []string{"x"}},
		{"an empty group stored as null", groupServer{nullBreaks: true}, walkme.OIN, delta, add("a", "b"), "shown", []string{"a", "b"}},
		{"the whole PATCH is refused", groupServer{members: []string{"x"}, always: 400}, walkme.OIN, delta,
			add("a", "b", "c", "d", "e", "f", "g", "h"), "refused: walkme: update members of group g1: Bad Request", []string{"x"}},
		{"PATCH is not implemented", groupServer{members: []string{"x"}, always: 501}, walkme.OIN, delta, add("a", "b"),
			"refused: walkme: update members of group g1: Not Implemented", []string{"x"}},
		{"the group is gone", groupServer{}, walkme.OIN, delta, walkme.MembersUpdate{GroupID: "g2", Add: members("a", "b")},
			"refused: walkme: update members of group g2: Not Found. Errors reported by remote server: User not found", nil},
		{"somebody is in the group already", groupServer{members: []string{"x", "a"}, exists409: true}, walkme.OIN, delta, add("a", "b"), "shown", []string{"x", "a", "b"}},
		{"everybody is", groupServer{members: []string{"a", "b"}, exists409: true}, walkme.OIN, delta, add("a", "b"), "shown", []string{"a", "b"}},
		{"a ghost stays", groupServer{members: []string{"ghost", "a"}, unknown: []string{"ghost"}}, walkme.OIN, delta,
			walkme.MembersUpdate{GroupID: "g1", Remove: members("a")}, "shown", []string{"ghost"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, walkme.Config{BaseURL: target, Profile: tt.profile, Wire: tt.wire, Transport: handlerTransport{&tt.server}})
			if got := describe(c.UpdateMembers(t.Context(), tt.u)); got != tt.want {
				t.Errorf("UpdateMembers() = %s, want %s", got, tt.want)
			}
			if diff := cmp.Diff(tt.left, tt.server.members); diff != "" {
				t.Errorf("the group (-want +got):\n%s", diff)
			}
		})
	}
}

// A server whose PATCH is broken is not asked for every single member.
func TestRefusedBatchEndsSoon(t *testing.T) {
	server := &groupServer{members: []string{"x"}, always: 400}
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}})
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprint("u", i))
	}
	_, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Add: members(all...)})
	if walkme.Outcome(err) != walkme.Refused || server.writes > 12 {
		t.Errorf("UpdateMembers() = %v after %d writes, want a refusal after 12 at most", err, server.writes)
	}
}

// One bad member among a hundred costs about two writes for each halving.
func TestFindingOneUnknownMember(t *testing.T) {
	server := &groupServer{members: []string{"x"}, unknown: []string{"u57"}, refuse: 400}
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}})
	var all []string
	for i := range 100 {
		all = append(all, fmt.Sprint("u", i))
	}
	r, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Add: members(all...)})
	if err != nil {
		t.Fatal(err)
	}
	if len(server.members) != 100 || len(r.Refused) != 1 || r.Refused[0].Member.ID != "u57" || server.writes > 15 {
		t.Errorf("%d members, refused %v, after %d writes", len(server.members), r.Refused, server.writes)
	}
	var refused *scim.Error
	if !errors.As(r.Refused[0].Err, &refused) || refused.Status != 400 {
		t.Errorf("Refused[0].Err = %v, want the server's 400", r.Refused[0].Err)
	}
}

func TestReplaceMembersOnServersThatDiffer(t *testing.T) {
	for _, tt := range []struct {
		name    string
		server  groupServer
		profile walkme.Profile
		list    []walkme.Member
		want    string
		left    []string
	}{
		{"as it should be", groupServer{members: []string{"x", "a"}}, walkme.OIN, members("a", "b"), "shown", []string{"a", "b"}},
		{"an unknown member", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400}, walkme.OIN, members("a", "b"), "shown !b", []string{"a"}},
		{"an unknown member, by PUT", groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400}, walkme.AIW, members("a", "b"), "shown !b", []string{"a"}},
		{"ignored", groupServer{members: []string{"x"}, ignore: true}, walkme.OIN, members("a"),
			"refused: walkme: replace members of group g1: accepted, not applied: the membership is as before", []string{"x"}},
		{"ignored, nobody was to join", groupServer{members: []string{"x", "a"}, ignore: true}, walkme.OIN, members("a"), "shown !x", []string{"x", "a"}},
		{"never shown", groupServer{neverShown: true}, walkme.OIN, members("a"), "not shown, empty", []string{"a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, walkme.Config{BaseURL: target, Profile: tt.profile, Transport: handlerTransport{&tt.server}})
			if got := describe(c.ReplaceMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Managed: tt.list})); got != tt.want {
				t.Errorf("ReplaceMembers() = %s, want %s", got, tt.want)
			}
			if diff := cmp.Diff(tt.left, tt.server.members); diff != "" {
				t.Errorf("the group (-want +got):\n%s", diff)
			}
		})
	}
}

// Nobody whom the server does not show is thrown out of a linked group.
func TestLinkedGroupWithoutShownMembers(t *testing.T) {
	const unseen = "walkme: %s: the group was in WalkMe before, and WalkMe shows no member of any group"
	update := walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Rename: true, Add: members("a"), Managed: members("a"), Linked: true}
	for _, tt := range []struct {
		name    string
		profile walkme.Profile
		noPatch int // status of a PATCH; 0: it is taken
		write   func(*walkme.Client) error
		left    []string
		want    string
	}{
		{"a member joins", walkme.AIW, 0, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), update)) }, []string{"x", "a"}, ""},
		{"a member joins by replace", walkme.OIN, 0, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), update)) }, []string{"x", "a"}, ""},
		{"a member joins, there is no PATCH", walkme.AIW, http.StatusMethodNotAllowed, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), update)) },
			[]string{"x"}, "update members of group g1"},
		{"a member joins, PATCH is not implemented", walkme.AIW, http.StatusNotImplemented, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), update)) },
			[]string{"x"}, "update members of group g1"},
		{"rename", walkme.AIW, 0, func(c *walkme.Client) error {
			return c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: "g1", Name: "Editors", Managed: members("a"), Linked: true})
		}, []string{"x"}, "rename group g1"},
		{"Push Now", walkme.AIW, 0, func(c *walkme.Client) error { return second(c.ReplaceMembers(t.Context(), update)) }, []string{"x"}, "replace members of group g1"},
		{"Push Now by PATCH", walkme.OIN, 0, func(c *walkme.Client) error { return second(c.ReplaceMembers(t.Context(), update)) }, []string{"x"}, "replace members of group g1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := &groupServer{members: []string{"x"}, neverShown: true}
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.URL.RawQuery != "":
					io.WriteString(w, list(`{"id":"g1","members":[]}`))
				case tt.noPatch != 0 && r.Method == http.MethodPatch:
					w.WriteHeader(tt.noPatch)
				default:
					server.ServeHTTP(w, r)
				}
			})
			c := client(t, walkme.Config{BaseURL: target, Profile: tt.profile, Transport: handlerTransport{handler},
				Wire: wire(func(w *walkme.Wire) { w.MembershipUpdates, w.RenameWithMembers = walkme.Replace, false })})
			err := tt.write(c)
			if tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf(unseen, tt.want)) || walkme.Outcome(err) != walkme.Refused) ||
				tt.want == "" && err != nil {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(tt.left, server.members); diff != "" {
				t.Errorf("the group (-want +got):\n%s", diff)
			}
		})
	}
}

// Nobody whom the server does not show is thrown out of a group of which it shows a part.
func TestPartialList(t *testing.T) {
	strangers := make([]string, 60)
	for i := range strangers {
		strangers[i] = fmt.Sprint("x", i)
	}
	update := func(edit func(*walkme.MembersUpdate)) walkme.MembersUpdate {
		u := walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Add: members("b"), Managed: members("a", "b"), Acknowledged: members("a"), Linked: true}
		edit(&u)
		return u
	}
	linked := update(func(*walkme.MembersUpdate) {})
	made := update(func(u *walkme.MembersUpdate) { u.Linked = false })
	first := update(func(u *walkme.MembersUpdate) { u.Add, u.Acknowledged = u.Managed, nil })
	const refused = "to write the whole list could throw out members who are not shown"
	for _, tt := range []struct {
		name    string
		profile walkme.Profile
		server  groupServer
		write   func(*walkme.Client) error
		left    int // of the strangers
		want    string
	}{
		{"PUT to a linked group", walkme.AIW, groupServer{shownMax: 7}, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), linked)) }, 60, ""},
		{"replace", walkme.OIN, groupServer{shownMax: 7}, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), linked)) }, 60, ""},
		{"replace in a group that we made", walkme.OIN, groupServer{shownMax: 7}, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), made)) }, 60, ""},
		{"the first push, at a round number", walkme.AIW, groupServer{shownMax: 50}, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), first)) }, 60, ""},
		{"there is no PATCH", walkme.AIW, groupServer{shownMax: 7, noPatch: true}, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), linked)) }, 60, refused},
		{"the first push, and there is no PATCH", walkme.AIW, groupServer{shownMax: 50, noPatch: true}, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), first)) }, 60, refused},
		{"rename", walkme.AIW, groupServer{shownMax: 7}, func(c *walkme.Client) error {
			return c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: "g1", Name: "Crew", Managed: members("a"), Linked: true})
		}, 60, ""},
		{"rename, and there is no PATCH", walkme.AIW, groupServer{shownMax: 7, noPatch: true}, func(c *walkme.Client) error {
			return c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: "g1", Name: "Crew", Managed: members("a"), Linked: true})
		}, 60, refused},
		{"Push Now takes out whom it sees", walkme.AIW, groupServer{shownMax: 7}, func(c *walkme.Client) error { return second(c.ReplaceMembers(t.Context(), linked)) }, 53, ""},
		{"the list is whole", walkme.AIW, groupServer{}, func(c *walkme.Client) error { return second(c.UpdateMembers(t.Context(), linked)) }, 60, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := &tt.server
			server.members = append(slices.Clone(strangers), "a")
			c := client(t, walkme.Config{BaseURL: target, Profile: tt.profile, Transport: handlerTransport{server},
				Wire: wire(func(w *walkme.Wire) { w.MembershipUpdates, w.RenameWithMembers = walkme.Replace, false })})
			err := tt.write(c)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || walkme.Outcome(err) != walkme.Refused) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
			left := 0
			for _, m := range server.members {
				if strings.HasPrefix(m, "x") {
					left++
				}
			}
			if left != tt.left {
				t.Errorf("%d of the 60 who were in the group are left, want %d", left, tt.left)
			}
		})
	}
}

// A group that is not to be renamed keeps the name that somebody gave it in WalkMe.
func TestPutKeepsTheShownName(t *testing.T) {
	for _, tt := range []struct {
		rename bool
		want   string
	}{{false, "By hand"}, {true, "Editors"}} {
		for name, write := range map[string]func(*walkme.Client, context.Context, walkme.MembersUpdate) (*walkme.MembersResult, error){
			"UpdateMembers": (*walkme.Client).UpdateMembers, "ReplaceMembers": (*walkme.Client).ReplaceMembers,
		} {
			server := &groupServer{members: []string{"x"}, name: "By hand"}
			c := client(t, walkme.Config{BaseURL: target, Profile: walkme.AIW, Transport: handlerTransport{server}})
			_, err := write(c, t.Context(), walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Rename: tt.rename, Add: members("a"), Managed: members("a")})
			if err != nil || server.name != tt.want {
				t.Errorf("%s(Rename: %t) = %v, the group is called %q, want %q", name, tt.rename, err, server.name, tt.want)
			}
		}
	}
}

// A name that is to change goes out although no member may join. Where it is right already,
// nothing is left to write.
func TestNameGoesOutWithoutMembers(t *testing.T) {
	for name, writes := range map[string]int{"By hand": 2, "Editors": 1} {
		server := &groupServer{members: []string{"x"}, unknown: []string{"b"}, refuse: 400, name: name}
		c := client(t, walkme.Config{BaseURL: target, Profile: walkme.AIW, Transport: handlerTransport{server}})
		got := describe(c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Rename: true, Add: members("b")}))
		if server.writes != writes || server.name != "Editors" || !strings.Contains(got, "b") {
			t.Errorf("%s: UpdateMembers() = %s, the group is called %q after %d writes, want %d", name, got, server.name, server.writes, writes)
		}
	}
}

// With VerifyWrites the group is read after a change: a member who is still there was not
// taken out, and a list that is empty then is right.
func TestVerifyWritesReadsTheGroup(t *testing.T) {
	for _, tt := range []struct {
		ignore bool
		want   string
	}{
		{false, "not shown"},
		{true, "refused: walkme: update members of group g1: member a: accepted, not applied: the membership is as before"},
	} {
		server := &groupServer{members: []string{"a"}, ignore: tt.ignore}
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}, Wire: wire(func(w *walkme.Wire) { w.VerifyWrites = true })})
		if _, err := c.Group(t.Context(), "g1"); err != nil {
			t.Fatal(err)
		}
		if got := describe(c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Remove: members("a")})); got != tt.want {
			t.Errorf("UpdateMembers() = %q, want %q", got, tt.want)
		}
	}
}

func TestMaxBatch(t *testing.T) {
	for _, tt := range []struct {
		profile walkme.Profile
		wire    walkme.Wire
		want    int
	}{
		{walkme.OIN, walkme.DefaultWire(), 100},
		{walkme.OIN, wire(func(w *walkme.Wire) { w.MemberBatch = 1000 }), 1000},
		{walkme.OIN, wire(func(w *walkme.Wire) { w.MembershipUpdates = walkme.Replace }), 1<<31 - 1},
		{walkme.AIW, walkme.DefaultWire(), 1<<31 - 1},
	} {
		c := client(t, walkme.Config{BaseURL: target, Profile: tt.profile, Wire: tt.wire})
		if got := c.MaxBatch(); got != tt.want {
			t.Errorf("MaxBatch() = %d, want %d", got, tt.want)
		}
	}
}
