package report_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"okta-walkme-agent/agent/report"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain text", "Ann Archer <ann@example.com>", "Ann Archer <ann@example.com>"},
		{"accents, other scripts, emoji", "Björn 山田　太郎 שלום 👋🏽", "Björn 山田　太郎 שלום 👋🏽"},
		{"a decomposed accent", "Jose\u0301", "Jose\u0301"},
		{"an ANSI escape", "\x1b[31mred\x1b[0m", "<U+001B>[31mred<U+001B>[0m"},
		{"a C1 control", "\u009b31m", "<U+009B>31m"},
		{"line breaks and tabs", "a\r\nb\tc", "a<U+000D><U+000A>b<U+0009>c"},
		{"backspace, NUL, DEL", "a\x08\x00\x7f", "a<U+0008><U+0000><U+007F>"},
		{"a right-to-left override", "\u202egnp.exe", "<U+202E>gnp.exe"},
		{"bidi isolates", "\u2066a\u2069", "<U+2066>a<U+2069>"},
		{"zero width", "a\u200bb\ufeffc", "a<U+200B>b<U+FEFF>c"},
		{"a line separator", "a\u2028b", "a<U+2028>b"},
		{"a tag character", "a\U000E0041", "a<U+E0041>"},
		{"a blank letter", "a\u3164b", "a<U+3164>b"},
		{"bytes that are no UTF-8", "a\xffb\xe2\x82", "a<0xFF>b<0xE2><0x82>"},
		{"the replacement character itself", "a\uFFFDb", "a\uFFFDb"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := report.Escape(tt.in); got != tt.want {
				t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

// FuzzEscape: the result is valid UTF-8 without a control character, escaping is
// done once, and text without anything to escape is as it was.
func FuzzEscape(f *testing.F) {
	for _, n := range hostileNames() {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := report.Escape(s)
		if !utf8.ValidString(got) {
			t.Errorf("Escape(%q) = %q is not UTF-8", s, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0x202A && r <= 0x202E }) {
			t.Errorf("Escape(%q) = %q has a control character", s, got)
		}
		if again := report.Escape(got); again != got {
			t.Errorf("Escape(Escape(%q)) = %q, want %q", s, again, got)
		}
		if len(got) == len(s) && got != s {
			t.Errorf("Escape(%q) = %q changed what needed no escape", s, got)
		}
	})
}
