package agent

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// TestFoundAsStored: a person is found by the same words, whether they were taken from the
// profile or by SQLite from what is stored.
func TestFoundAsStored(t *testing.T) {
	values := []string{
		`"Ann"`, `"ÄNNE"`, `"an \"odd\" one"`, `"\u0041nn"`, `""`, `null`, `"null"`, `1.50`, `1e3`, `true`, `["Ann","B"]`, `{"Ann":1}`, `"\ud800"`, `"x\u0000y"`, "\"\xff\"",
	}
	var people []okta.User
	for i, value := range values {
		for j, profile := range []string{`{"login":%s}`, `{"displayName":"A","firstName":%s,"lastName":"Z"}`, `{"displayName":%s,"lastName":"Ann","other":"no"}`} {
			people = append(people, okta.User{
				ID: fmt.Sprintf("00u%02d%d", i, j), UserName: "Ann <A>\x01 " + string(rune('A'+i)),
				AppProfile: json.RawMessage(`{}`), Profile: json.RawMessage(fmt.Sprintf(profile, value)),
			})
		}
	}
	store := func(named bool) *state.DB {
		db, err := state.Open(t.Context(), state.Options{Path: filepath.Join(t.TempDir(), "state.db")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		w, err := db.SaveSourceUsers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s := userStore{writer: w}
		for _, u := range people {
			if named {
				err = s.add(u)
			} else {
				err = w.Add(u.ID, appendUser(nil, u))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		return db
	}
	ours, theirs := store(true), store(false)
	words := []string{"ann", "änne", "odd", `"`, "null", "1.5", "1000", "true", "1", "[", "{", "<a>", "\x01", "x", "y", " a ", " z ", "z a", "no", "  ", "\xff", "k", "00u000", "�", "\\"}
	for _, word := range words {
		got, err := ours.PeopleWith(t.Context(), []string{word})
		if err != nil {
			t.Fatal(err)
		}
		want, err := theirs.PeopleWith(t.Context(), []string{word})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("PeopleWith(%q) = %v, want %v, %v", word, got, want, err)
		}
	}
}
