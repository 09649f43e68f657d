package report_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent/report"
)

func TestFolded(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"fits", "one two three four\n", "one two three four\n"},
		{"breaks between words, below with an indent", "  one two three four five\n", "  one two three four\n      five\n"},
		{"keeps columns", "  a   b   c   d   efghijk\n", "  a   b   c   d\n      efghijk\n"},
		{"a word stays whole", "see https://acme.example.com/scim/v2 now\n", "see\n    https://acme.example.com/scim/v2\n    now\n"},
		{"a command stays whole", "  agent sync --approve deactivations-1\n", "  agent sync --approve deactivations-1\n"},
		{"a command in a sentence stays whole", "do this: agent sync --approve d-1; or that\n", "do this:\n    agent sync --approve d-1;\n    or that\n"},
		{"variables belong to a command", "or set: A=1 B_2=/x agent plan; then sync\n", "or set:\n    A=1 B_2=/x agent plan;\n    then sync\n"},
		{"a value with a blank, too", "  A='/x y' agent plan now\n", "  A='/x y' agent plan now\n"},
		{"and so does sudo", "next time try sudo agent reload\n", "next time try\n    sudo agent reload\n"},
		{"a name that is no variable does not", "the limit=20 agent is old\n", "the limit=20\n    agent is old\n"},
		{"colours take no room", "\x1b[1mone two\x1b[0m three four\n", "\x1b[1mone two\x1b[0m three four\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			w := report.Folded(&b, 20, "agent")
			for _, r := range tt.text { // a line may come in pieces
				fmt.Fprint(w, string(r))
			}
			if b.String() != tt.want {
				t.Errorf("folded: %q, want %q", b.String(), tt.want)
			}
		})
	}
}
