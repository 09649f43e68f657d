package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorded is a HAR of a first sync in one of the wire profiles, and of what Ann is
// called.
func recorded(t *testing.T, profile, first string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.har")
	text := strings.ReplaceAll(strings.ReplaceAll(oneSync, "  - sync:\n", "  - run: --trace "+path+" sync\n"), "Ann,", first+",")
	if code, out := play(t, noEnv, text, "--wire-profile", profile); code != exitOK {
		t.Fatalf("%d %s", code, out)
	}
	return path
}

func TestTraceDiff(t *testing.T) {
	t.Parallel()
	a, same, other, aiw := recorded(t, "oin", "Ann"), recorded(t, "oin", "Ann"), recorded(t, "oin", "Anna"), recorded(t, "aiw", "Ann")
	junk := filepath.Join(t.TempDir(), "junk.har")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	hostile := filepath.Join(t.TempDir(), "hostile.har")
	if err := os.WriteFile(hostile, []byte(`{"log":{"entries":[{"request":{"method":"GET","url":"https://scim.example.com/Users","headers":[]},
		"response":{"status":200,"content":{"text":"\u001b[31m<p>\nnext\u202e"}}}]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "empty.har")
	if err := os.WriteFile(empty, []byte(`{"log":{"entries":[]}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"the same":       {[]string{"diff", a, same}, exitOK, "The same: 5 requests."},
		"another value":  {[]string{"diff", a, other}, exitChanges, "POST /Users (request 2 of A, request 2 of B)\n  body: name.givenName\n    A  \"Ann\"\n    B  \"Anna\"\n"},
		"another way":    {[]string{"diff", a, aiw}, exitChanges, "A  PATCH /Groups/{group editors}\n    B  GET /Groups/{group editors}"},
		"nothing of it":  {[]string{"diff", a, empty}, exitChanges, "4 more differences; --all shows them."},
		"all of it":      {[]string{"diff", "--all", a, empty}, exitChanges, "POST /Groups (request 4 of A, not in B)\n  request\n    A  sent\n    B  not sent"},
		"no SCIM":        {[]string{"diff", empty, empty}, exitUsage, "neither recording has a request to a SCIM server"},
		"no HAR":         {[]string{"diff", a, junk}, exitUsage, "not a HAR file"},
		"no file":        {[]string{"diff", a, "/nowhere.har"}, exitUsage, "no such file"},
		"one file":       {[]string{"diff", a}, exitUsage, "trace diff wants two files, not 1"},
		"show":           {[]string{"show", a}, exitOK, "POST   /Users → 201"},
		"show what":      {[]string{"show", "--scim", "--bodies", a}, exitOK, `"userName":"ann@example.com"`},
		"show an attack": {[]string{"show", "--bodies", hostile}, exitOK, "< <U+001B>[31m<p> next<U+202E>\n"},
		"show of no HAR": {[]string{"show", junk}, exitUsage, "not a HAR file"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			code := run(t.Context(), append([]string{"trace"}, tt.args...), environment{getenv: noEnv, stdin: strings.NewReader(""), stdout: &out, stderr: &out})
			if code != tt.code || !strings.Contains(out.String(), tt.want) {
				t.Errorf("%d %s\nwant %d %s", code, out.String(), tt.code, tt.want)
			}
		})
	}
}
