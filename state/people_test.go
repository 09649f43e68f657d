package state_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// assigned makes the snapshot be exactly these people, by id and first name.
func assigned(t *testing.T, db *state.DB, people map[string]string) {
	t.Helper()
	w, err := db.SaveSourceUsers(t.Context())
	must(t, err)
	for id, first := range people {
		body, err := json.Marshal(map[string]any{"ID": id, "UserName": id + "@example.com", "Profile": map[string]string{"firstName": first}})
		must(t, err)
		must(t, w.Add(id, body))
	}
	must(t, w.Commit())
}

func recorded(id, given string) state.Record {
	return state.Record{
		Resource: scim.Resource{Type: scim.User, SourceID: id, ID: "w-" + id, Active: true, Attributes: scim.Attributes{{Path: "name.givenName", Value: given}}},
		Name:     id + "@example.com", Origin: state.Created,
	}
}

// finds says whom a search meets.
func finds(t *testing.T, db *state.DB, word string, want ...string) {
	t.Helper()
	found, err := db.FindPeople(t.Context(), []string{word}, "", 10)
	must(t, err)
	var got []string
	for _, f := range found {
		got = append(got, f.SourceID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("FindPeople(%q) = %v, want %v", word, got, want)
	}
}

// Whom a search finds follows the people through a life: hired, renamed, recorded, gone
// from Okta, renamed in WalkMe, forgotten, back.
func TestFindPeopleFollowsThem(t *testing.T) {
	db := openDB(t, statePath(t))
	assigned(t, db, map[string]string{"00u1": "Änne", "00u2": "Bob"})
	finds(t, db, "ÄNNE", "00u1")
	finds(t, db, "example", "00u1", "00u2")
	finds(t, db, "", "00u1", "00u2")
	finds(t, db, "\xff") // what a browser may send
	assigned(t, db, map[string]string{"00u1": "Anna", "00u2": "Bob"})
	finds(t, db, "änne")
	finds(t, db, "aNNa", "00u1")
	must(t, db.PutRecords(t.Context(), recorded("00u1", "Former"), recorded("00u3", "Carla")))
	finds(t, db, "former") // Okta's words count while Okta has some
	finds(t, db, "carla", "00u3")
	assigned(t, db, map[string]string{"00u2": "Bob"})
	finds(t, db, "anna")
	finds(t, db, "former", "00u1")
	must(t, db.PutRecords(t.Context(), recorded("00u1", "Latest")))
	finds(t, db, "latest", "00u1")
	must(t, db.Forget(t.Context(), scim.User, "00u1"))
	finds(t, db, "00u1")
	assigned(t, db, map[string]string{"00u1": "Anna", "00u2": "Bob"})
	finds(t, db, "anna", "00u1")
	if _, err := db.Person(t.Context(), "00u9"); !errors.Is(err, state.ErrNoPerson) {
		t.Errorf("Person(nobody) = %v", err)
	}
}

// An id that is the beginning of another one is no member for it; and what the index
// remembers follows the groups.
func TestGroupsOf(t *testing.T) {
	db := openDB(t, statePath(t))
	put := func(id string, members ...string) {
		must(t, db.PutRecords(t.Context(), state.Record{
			Resource: scim.Resource{Type: scim.Group, SourceID: id, ID: "w-" + id, Active: true, Members: members}, Name: id, Origin: state.Created,
		}))
	}
	for id, members := range map[string][]string{"00g1": {"00u1", "00u11"}, "00g2": {"00u11"}, "00g3": {"x00u1", "00u1x"}, "00g4": nil, "00g5": {"00u0", "00u1"}} {
		put(id, members...)
	}
	index := state.NewMemberIndex()
	pushed := func(want string) {
		t.Helper()
		groups, err := index.GroupsOf(t.Context(), db, "00u1")
		must(t, err)
		var got []string
		for _, g := range groups {
			got = append(got, g.SourceID)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("GroupsOf = %v, want %s", got, want)
		}
	}
	pushed("[00g1 00g5]")
	sizes, err := db.GroupRecords(t.Context())
	must(t, err)
	for i, want := range []int{2, 1, 2, 0, 2} {
		if sizes[i].Size != want {
			t.Errorf("size of %s = %d, want %d", sizes[i].SourceID, sizes[i].Size, want)
		}
	}
	put("00g1", "00u11")
	put("00g2", "00u1", "00u11")
	must(t, db.Forget(t.Context(), scim.Group, "00g5"))
	pushed("[00g2]")
}

// The groups of the last snapshot, and the changes that let a person in or out.
func TestMembershipsOf(t *testing.T) {
	db := openDB(t, statePath(t))
	index := state.NewMemberIndex()
	for i, tt := range []struct {
		members []string
		groups  string
	}{{[]string{"00u1", "00u2"}, "[00g1]"}, {[]string{"00u2"}, "[]"}, {[]string{"00u0", "00u1"}, "[00g1]"}} {
		must(t, db.SaveSourceGroups(t.Context(), []state.SourceGroup{{ID: "00g1", Name: "One", Members: tt.members}, {ID: "00g2", Name: "Two", Members: []string{"00u2"}}}, nil))
		groups, err := index.SourceGroupsOf(t.Context(), db, "00u1")
		must(t, err)
		got := []string{}
		for _, g := range groups {
			got = append(got, g.ID)
		}
		if fmt.Sprint(got) != tt.groups {
			t.Errorf("SourceGroupsOf(%d) = %v, want %s", i, got, tt.groups)
		}
	}
	must(t, db.BeginRun(t.Context(), state.Run{ID: "run-1"}))
	for i, change := range []string{`{"members":{"add":["00u1"]}}`, `{"members":{"add":["00u2"]}}`, `{"members":{"remove":["00u1"]}}`, ``} {
		e := state.Entry{RunID: "run-1", Seq: i + 1, Type: scim.Group, SourceID: "00g1", Action: "group_members"}
		if e.Change = json.RawMessage(change); change == "" {
			e.Type, e.SourceID, e.Action, e.Change = scim.User, "00u1", "update", nil
		}
		_, err := db.Begin(t.Context(), e)
		must(t, err)
		entries, err := index.PersonHistory(t.Context(), db, "00u1", 10)
		must(t, err)
		if want := []int{1, 1, 2, 3}[i]; len(entries) != want {
			t.Errorf("PersonHistory after change %d has %d entries, want %d", i+1, len(entries), want)
		}
	}
}

// wordsDiffer are the people whom people_search holds with other words than people_words,
// which says what it is to hold.
func wordsDiffer(t *testing.T, path string) (all []string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	rows, err := raw.QueryContext(t.Context(), `SELECT source_id || ': ' || words FROM
		(SELECT * FROM (SELECT * FROM people_search EXCEPT SELECT * FROM people_words)
		UNION ALL SELECT * FROM (SELECT * FROM people_words EXCEPT SELECT * FROM people_search))`)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		all = append(all, line)
	}
	must(t, rows.Err())
	return all
}

// TestWords: people_search is people_words, whoever finds the words, all through random
// lives of people who are assigned, renamed, recorded, forgotten and gone.
func TestWords(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", "Ann", "ÄNNE", "ǅ K ſ", `A "B" \C/`, "\t\x7f\u2028", "x\x00Y", "\xffZ", "null", "1.50"}
	text := func() []byte { return []byte(texts[random.IntN(len(texts))]) }
	path := statePath(t)
	db := openDB(t, path)
	for round := range 40 {
		w, err := db.SaveSourceUsers(t.Context())
		must(t, err)
		for i := range 6 {
			if random.IntN(3) == 0 {
				continue
			}
			id := fmt.Sprintf("00U%d", i)
			n := state.Names{UserName: text(), Login: text(), FirstName: text(), LastName: text(), DisplayName: text()}
			body, err := json.Marshal(map[string]any{"UserName": string(n.UserName), "Profile": map[string]any{
				"login": string(n.Login), "firstName": string(n.FirstName), "lastName": string(n.LastName), "displayName": string(n.DisplayName),
			}})
			must(t, err)
			if random.IntN(4) == 0 {
				must(t, w.Add(id, fmt.Appendf(nil, `{"UserName":[1, "A"],"Profile":{"login":1.50,"firstName":true,"lastName":null,"round":%d}}`, round)))
			} else {
				must(t, w.AddNamed(id, body, n))
			}
		}
		must(t, w.Commit())
		if id := fmt.Sprintf("00U%d", random.IntN(6)); round%3 == 0 {
			must(t, db.Forget(t.Context(), scim.User, id))
		} else {
			must(t, db.PutRecords(t.Context(), recorded(id, string(text()))))
		}
		if differ := wordsDiffer(t, path); differ != nil {
			t.Fatalf("round %d: people_search and people_words differ: %q", round, differ)
		}
	}
}
