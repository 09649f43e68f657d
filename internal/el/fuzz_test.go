package el_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"

	"okta-walkme-agent/internal/el"
)

// FuzzParse: Parse ends with an Expr or with a *SyntaxError inside the source,
// and what it accepts can be evaluated with every attribute missing.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		`toUpperCase(substringBefore( substringAfter(user.email, "@"), ".")) + "\" + substringBefore( user.email, "@")`,
		`user.employeeNumber != "" AND user.employeeNumber != null ? user.employeeNumber : user.nonEmployeeNumber`,
		`Arrays.flatten(10, {20, 30}, '40,50')[1] ?: appuser['x'].length() % -2.5e3`,
		`!(app.x matches "[\[^]&]+(?i)a{2}") || NOT 'it''s'.contains("é😀")`,
		`String.stringSwitch(user.x, "d", "k", "v")`, `{{}}.flatten()`, `user.x.![name]`, "\xff", `"`, `((((`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := el.Parse(src)
		if err != nil {
			checkSyntaxError(t, src, err)
			return
		}
		if !slices.IsSortedFunc(e.References(), func(a, b el.Reference) int {
			if a.Root < b.Root || a.Root == b.Root && a.Name < b.Name {
				return -1
			}
			return 1
		}) {
			t.Errorf("References of %q are not sorted and unique: %v", src, e.References())
		}
		checkEval(t, e, el.Env{})
	})
}

func checkSyntaxError(t *testing.T, src string, err error) {
	t.Helper()
	var syntax *el.SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("Parse(%q) error = %T, want a *SyntaxError", src, err)
	}
	if syntax.Line < 1 || syntax.Column < 1 || syntax.Column > utf8.RuneCountInString(src)+1 || syntax.Msg == "" {
		t.Errorf("Parse(%q) error = %+v, want a message at a place in the source", src, *syntax)
	}
}

// checkEval evaluates twice: the results are equal and of the types that Eval
// promises.
func checkEval(t *testing.T, e *el.Expr, env el.Env) {
	t.Helper()
	first, err := e.Eval(env)
	if err != nil {
		var fault *el.EvalError
		if !errors.As(err, &fault) || fault.Line < 1 || fault.Column < 1 {
			t.Errorf("Eval(%q) error = %#v, want an *EvalError with its place", e, err)
		}
		return
	}
	if !isValue(first) {
		t.Errorf("Eval(%q) = %#v, not a value of the language", e, first)
	}
	// Not cmp.Equal: its time doubles with each level of an array.
	if second, err := e.Eval(env); err != nil || !reflect.DeepEqual(first, second) {
		t.Errorf("Eval(%q) = %#v, then %#v, %v", e, first, second, err)
	}
}

func isValue(v any) bool {
	switch v := v.(type) {
	case nil, bool, int64, float64:
		return true
	case string:
		return len(v) <= el.MaxStringBytes
	case []any:
		return len(v) <= el.MaxElements && !slices.ContainsFunc(v, func(e any) bool { return !isValue(e) })
	}
	return false
}

// FuzzEval puts decoded JSON, and the raw string, under every name that the
// expression reads.
func FuzzEval(f *testing.F) {
	f.Add(`String.substring(user.a, user.b, 4) + appuser.c`, `{"a": "Größe😀", "b": 1, "c": [1, 2.5, null]}`)
	f.Add(`user.a ? user.b[user.c] : Arrays.toCsvString(user.b)`, `{"a": true, "b": "x,y", "c": 1e300}`)
	f.Add(`user.a / user.b % user.c < Convert.toInt(app.d)`, `{"a": -9223372036854775808, "b": -1, "c": 0.1, "d": "12"}`)
	f.Add(`user.a.toUpperCase().contains(user.a) AND user.b matches ".*a?"`, `{"a": "ß", "b": {}}`)
	f.Add(`Iso3166Convert.toName(user.a) ?: Time.fromWindowsToIso8601(user.b)`, `{"a": "de", "b": "130828367179790000"}`)
	f.Fuzz(func(t *testing.T, src, profile string) {
		e, err := el.Parse(src)
		if err != nil {
			return
		}
		exact := map[string]any{}
		loose := map[string]any{}
		if json.Unmarshal([]byte(profile), &loose) != nil {
			for _, ref := range e.References() {
				loose[ref.Name] = profile
			}
		}
		for name := range loose {
			if n, ok := loose[name].(float64); ok {
				exact[name] = json.Number(mustJSON(n))
			} else {
				exact[name] = loose[name]
			}
		}
		checkEval(t, e, el.Env{User: loose, AppUser: exact, App: loose})
		checkEval(t, e, el.Env{User: exact, AppUser: loose, App: exact})
	})
}

func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
