package near_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okta-walkme-agent/internal/near"
)

func TestNames(t *testing.T) {
	groups := []string{"Authors", "Editors", "Autors", "Viewers", "Authors EMEA"}
	for _, tt := range []struct {
		name string
		want string
	}{
		{"Autors", "Autors, Authors"},
		{"authors", "Authors, Autors, Authors EMEA"}, // the first is the name itself, in another case
		{"Edtiors", "Editors"},
		{"Finance", ""},
		{"", ""},
		{strings.Repeat("a", 65), ""},
	} {
		if got := strings.Join(near.Names(tt.name, groups, 3), ", "); got != tt.want {
			t.Errorf("Names(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestQuestion(t *testing.T) {
	for name, want := range map[string]string{"fristName": "did you mean firstName?", "zzz": ""} {
		if got := near.Question(name, []string{"firstName", "lastName", "email"}); got != want {
			t.Errorf("Question(%q) = %q, want %q", name, got, want)
		}
	}
	twice := []string{"Editors", "Editors", "Authors", "Editors"} // Okta's name, the record's and the rule's
	if got := near.Question("Editor", twice); got != "did you mean Editors?" {
		t.Errorf("of a name that is there three times: %q", got)
	}
}

// TestDistance holds what every distance must: it is symmetric, zero for equals alone,
// and one slip makes it one.
func TestDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := []rune(rapid.StringN(0, 12, -1).Draw(t, "a")), []rune(rapid.StringN(0, 12, -1).Draw(t, "b"))
		d := near.Distance(string(a), string(b))
		if d != near.Distance(string(b), string(a)) || (d == 0) != slices.Equal(a, b) {
			t.Fatalf("Distance(%q, %q) = %d", string(a), string(b), d)
		}
		if len(a) > 0 && near.Distance(string(a), string(a[1:])) != 1 {
			t.Fatalf("one letter less than %q is not at distance 1", string(a))
		}
	})
}

func TestLoginQuestion(t *testing.T) {
	logins := []string{"ann@example.com", "anna@example.org", "bob.baker@example.com", "kiosk-7"}
	for _, tt := range []struct{ name, want string }{
		{"an@example.com", ""}, // two letters are too few to be near
		{"anm@example.com", "did you mean ann@example.com?"},
		{"bob.bakre@example.com", "did you mean bob.baker@example.com?"},
		{"ann@exampel.com", "did you mean ann@example.com?"},
		{"bob", "did you mean bob.baker@example.com?"},
		{"kiosk-8", "did you mean kiosk-7?"},
		{"zoe@example.com", ""}, // the domain alone makes nobody near
		{"", ""},
	} {
		if got := near.LoginQuestion(tt.name, logins); got != tt.want {
			t.Errorf("LoginQuestion(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
