package el_test

import (
	"strings"
	"testing"

	"okta-walkme-agent/internal/el"
)

// TestBoundsAreInclusive: what is exactly as long as it may be is taken, and one more is
// refused, wherever a text or an array can grow.
func TestBoundsAreInclusive(t *testing.T) {
	list := func(n int) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = "x"
		}
		return out
	}
	half := strings.Repeat("a", el.MaxStringBytes/2)
	env := el.Env{User: map[string]any{
		"half": half, "more": half + "a", "full": half + half, "nine": list(el.MaxElements - 1), "all": list(el.MaxElements),
		"nested": []any{list(el.MaxElements/2 - 1), list(el.MaxElements/2 - 1)}, "deep": []any{list(el.MaxElements/2 - 1), list(el.MaxElements / 2)},
		"last": append(list(el.MaxElements-1), []any{"x"}),
	}}
	for _, tt := range []struct{ within, beyond string }{
		{`user.half + user.half`, `user.half + user.more`},
		{`String.append(user.half, user.half)`, `String.append(user.half, user.more)`},
		{`String.join("", user.half, user.half)`, `String.join("", user.half, user.more)`},
		{`String.replace(user.full, "b", "cc")`, `String.replace(user.full, "a", "cc")`},
		{`String.replaceFirst(user.full, "a", "c")`, `String.replaceFirst(user.full, "a", "cc")`},
		{`String.toUpperCase(user.full)`, `String.toUpperCase(user.full + "a")`},
		{`Arrays.add(user.nine, "x")`, `Arrays.add(user.all, "x")`},
		{`user.nested`, `user.deep`},
		{`user.all`, `user.last`},
	} {
		if _, err := mustParse(t, tt.within).Eval(env); err != nil {
			t.Errorf("%s = %v, want no error", tt.within, err)
		}
		if _, err := mustParse(t, tt.beyond).Eval(env); err == nil {
			t.Errorf("%s: no error, want that it is too long", tt.beyond)
		}
	}
	literal := func(n int) string { return `"` + strings.Repeat("a", n-2) + `"` }
	pattern := func(n int) string { return `user.half matches "` + strings.Repeat("a", n) + `"` }
	for _, tt := range []struct{ within, beyond string }{
		{literal(el.MaxSourceBytes), literal(el.MaxSourceBytes + 1)},
		{pattern(el.MaxPatternBytes), pattern(el.MaxPatternBytes + 1)},
	} {
		if _, err := el.Parse(tt.within); err != nil {
			t.Errorf("Parse of %d bytes = %v, want no error", len(tt.within), err)
		}
		if _, err := el.Parse(tt.beyond); err == nil {
			t.Errorf("Parse of %d bytes: no error, want that it is too long", len(tt.beyond))
		}
	}
}

// TestEdges are values at which a comparison, a sum or a form changes.
func TestEdges(t *testing.T) {
	testEval(t, []evalCase{
		{`1 < 1`, false}, {`1 > 1`, false}, {`1 <= 1`, true}, {`1 >= 1`, true},
		{`"a" < "a"`, false}, {`"a" > "a"`, false}, {`"a" <= "a"`, true}, {`"a" >= "a"`, true},
		{`"a" >= "b"`, false}, {`"b" <= "a"`, false},
		{`5 + 0`, int64(5)}, {`5 - 0`, int64(5)}, {`0 + 5`, int64(5)}, {`0 - 5`, int64(-5)}, {`-5 + 0`, int64(-5)},
		{`1.5 * 0.0`, 0.0}, {`1.5 + 0.0`, 1.5}, {`1.5 - 0.0`, 1.5},
		{`"" + 1.25e22`, "1.25e+22"}, {`"" + 1e21`, "1e+21"}, {`"" + 1e20`, "100000000000000000000"},
		{`String.substring("abc", -9223372036854775807, 2)`, "ab"},
		{`Time.fromUnixToIso8601("-62167219199000")`, "0000-01-01T00:00:01.000Z"},
		{`Time.fromUnixToIso8601("253402300798999")`, "9999-12-31T23:59:58.999Z"},
		{`Time.fromStringToIso8601("2015-07-31 05", "yyyy-MM-dd hh")`, "2015-07-31T05:00:00.000Z"},
		{`Time.fromStringToIso8601("2015-07-31 12 PM", "yyyy-MM-dd hh a")`, "2015-07-31T12:00:00.000Z"},
		{`Time.fromStringToIso8601("2015-07-31 12 AM", "yyyy-MM-dd hh a")`, "2015-07-31T00:00:00.000Z"},
		{`Time.fromStringToIso8601("31Jul2015", "dMMMyyyy")`, "2015-07-31T00:00:00.000Z"},
		{`Time.fromStringToIso8601("2015x", "yyyy'x'")`, "2015-01-01T00:00:00.000Z"},
		{`Time.fromStringToIso8601("2015it's", "yyyy'it''s'")`, "2015-01-01T00:00:00.000Z"},
	})
	env := el.Env{User: map[string]any{"pattern": "yy-MM-dd", "zero": 0.0}}
	for src, want := range map[string]string{
		`1.5 / user.zero`: "division by zero",
		`1.5 % user.zero`: "division by zero",
		`Time.fromUnixToIso8601("-62167219200000")`:             "timestamp",
		`Time.fromUnixToIso8601("253402300799000")`:             "timestamp",
		`Time.fromStringToIso8601("15-07-31", user.pattern)`:    "write yyyy",
		`String.substring("abc", 0, 9223372036854775808.0)`:     "",
		`Time.fromStringToIso8601("2015-07-31", "yyyy-MM-'dd")`: "",
	} {
		e, err := el.Parse(src)
		if err == nil {
			_, err = e.Eval(env)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s = %v, want an error with %q", src, err, want)
		}
	}
}

// TestNearest: at most two letters differ, one of a short word, and the first is taken.
func TestNearest(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, tt := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"firstname", []string{"lastName", "firstName"}, "firstName"},
		{"frstNme", []string{"firstName"}, "firstName"},
		{"frtNme", []string{"firstName"}, ""},
		{"logs", []string{"login"}, ""}, {"logi", []string{"login"}, "login"},
		{"loggs", []string{"login"}, "login"},
		{"emails", []string{"email1", "email2"}, "email1"},
		{"abcdef", []string{"xyzdef"}, ""}, {"abcdef", []string{"xycdef"}, "xycdef"},
		{"xyemail", []string{"email"}, "email"}, {"xyzemail", []string{"email"}, ""},
		{"ail", []string{"email"}, ""}, {"mail", []string{"email"}, "email"},
		{long, []string{long[1:]}, long[1:]}, {long + "a", []string{long}, ""},
		{"name", nil, ""},
	} {
		if got := el.Nearest(tt.name, tt.candidates); got != tt.want {
			t.Errorf("Nearest(%q, %q) = %q, want %q", tt.name, tt.candidates, got, tt.want)
		}
	}
}
