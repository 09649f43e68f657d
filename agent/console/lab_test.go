package console_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"okta-walkme-agent/state"
)

// TestYAMLSaysWhatWasTried: the lines to copy have the very expressions of the laboratory;
// what stands between quotes is a value, blanks and all.
func TestYAMLSaysWhatWasTried(t *testing.T) {
	v := open(t, nil).visit(false)
	for expression, line := range map[string]string{
		"user.firstName": "  name.givenName: user.firstName",
		` user.firstName + "  " + user.lastName `: `  name.givenName: 'user.firstName + "  " + user.lastName'`,
		`"O'Brien"`:                         `  name.givenName: '"O''Brien"'`,
		"user.firstName +\n\tuser.lastName": `  name.givenName: "user.firstName +\n\tuser.lastName"`,
		"\"a\u00a0b\"":                      `  name.givenName: "\"a\u00a0b\""`,
		`"Zoë # : é"`:                       `  name.givenName: '"Zoë # : é"'`,
	} {
		got := v.post("/mappings", url.Values{"mapping[userName]": {"appuser.userName"}, "mapping[name.givenName]": {expression}})
		if page := mainOf(got.body); got.status != http.StatusOK || !strings.Contains(page, line+"\n") {
			t.Errorf("%q: %d, and the page does not say %q:\n%s", expression, got.status, line, page)
		}
	}
}

// TestLongestIsCountedInLetters: what is long in bytes is not what is long to read.
func TestLongestIsCountedInLetters(t *testing.T) {
	s := open(t, nil)
	s.people(person{"00u1", "olga@example.com", "Ольга", "Ли", "w1"}, person{"00u2", "kate@example.com", "Kathleen", "Booth", "w2"}, person{"00u3", "hana@example.com", "花子", "山田", "w3"})
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.SetMeta(ctx, "snapshot", `{"app":{"ID":"0oa1"},"taken_at":"2026-03-01T12:00:00Z"}`))
	})
	s.visit(false).expect("/mappings", `longest: "Kathleen"`, `beyond ASCII: "Ольга"`, `longest: "Booth"`)
}
