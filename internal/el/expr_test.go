package el_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/el"
)

// winston is the user of the samples on Okta's page, with an attribute of each
// type that a profile can have.
func winston() el.Env {
	return el.Env{
		User: map[string]any{
			"firstName": "Winston", "lastName": "Churchill", "middleInitial": "S",
			"email": "winston.churchill@gmail.com", "login": "winston.churchill@gmail.com",
			"id": "E-4711", "status": "contractor", "empty": "", "null": nil,
			"groupCode": json.Number("123"), "salary": int64(1_500_000), "rate": 2.5, "count": 3.0,
			"isContractor": false, "hasBadge": true, "stringDouble": "1.1",
			"strArray": []any{"one", "two"}, "intArray": []any{int64(10), int64(20), int64(30)},
			"numbers":    []any{json.Number("1"), json.Number("2.5"), []any{json.Number("3")}},
			"department": "California-South-Sales", "title": "Engineer", "city": "San Francisco",
			"primaryPhone": "+1 (555) 123-4567", "first name": "spaced", "matches": "word",
		},
		AppUser:  map[string]any{"userName": "wchurchill", "role": "editor"},
		App:      map[string]any{"domain": "example.com"},
		Internal: map[string]any{"id": "00u1", "status": "ACTIVE"},
	}
}

// evalCase is one row of a table: a source and its value for winston.
type evalCase struct {
	src  string
	want any
}

func testEval(t *testing.T, cases []evalCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.src, func(t *testing.T) {
			if got := mustEval(t, c.src, winston()); !cmp.Equal(got, c.want) {
				t.Errorf("Eval(%s) = %#v, want %#v", c.src, got, c.want)
			}
		})
	}
}

func mustParse(t testing.TB, src string) *el.Expr {
	t.Helper()
	e, err := el.Parse(src)
	if err != nil {
		t.Fatalf("Parse(%s): %v", src, err)
	}
	return e
}

func mustEval(t testing.TB, src string, env el.Env) any {
	t.Helper()
	got, err := mustParse(t, src).Eval(env)
	if err != nil {
		t.Fatalf("Eval(%s): %v", src, err)
	}
	return got
}

func TestReferences(t *testing.T) {
	cases := []struct {
		src  string
		want []el.Reference
	}{
		{`"constant"`, nil},
		{`user.firstName`, []el.Reference{{"user", "firstName"}}},
		{`source.login`, []el.Reference{{"user", "login"}}},
		{`appUser.x + appuser.x`, []el.Reference{{"appuser", "x"}}},
		{`user.b + user["a"] + user.b`, []el.Reference{{"user", "a"}, {"user", "b"}}},
		{`user.a ? app.b : appuser.c`, []el.Reference{{"app", "b"}, {"appuser", "c"}, {"user", "a"}}},
		{`user.getInternalProperty("id") + user.id`, []el.Reference{{"internal", "id"}, {"user", "id"}}},
		{`String.join(",", user.z, {user.y}[0]).contains(user.x)`,
			[]el.Reference{{"user", "x"}, {"user", "y"}, {"user", "z"}}},
	}
	for _, c := range cases {
		e := mustParse(t, c.src)
		got := e.References()
		if !slices.Equal(got, c.want) {
			t.Errorf("Parse(%s).References() = %v, want %v", c.src, got, c.want)
		}
		if len(got) > 0 {
			got[0].Name = "overwritten"
			if e.References()[0].Name == "overwritten" {
				t.Errorf("Parse(%s).References() shares its slice", c.src)
			}
		}
	}
}

func TestStringIsTheSource(t *testing.T) {
	const src = "  user.firstName +\n\t'x' "
	if got := mustParse(t, src).String(); got != src {
		t.Errorf("String() = %q, want %q", got, src)
	}
}

func TestZeroExprIsNull(t *testing.T) {
	var e el.Expr
	got, err := e.Eval(el.Env{})
	if got != nil || err != nil || e.String() != "" || e.References() != nil {
		t.Errorf("zero Expr: Eval = %v, %v, String = %q, References = %v", got, err, e.String(), e.References())
	}
}

func TestEnvIsLeftAlone(t *testing.T) {
	env := winston()
	for _, src := range []string{
		`Arrays.add(user.intArray, 40)`, `Arrays.remove(user.intArray, 10)`, `user.numbers`,
		`Arrays.clear(user.strArray)`, `Arrays.flatten(user.numbers, user.intArray)`,
	} {
		mustEval(t, src, env)
	}
	if diff := cmp.Diff(winston(), env); diff != "" {
		t.Errorf("Eval changed its environment:\n%s", diff)
	}
}

// Two results must not share what one caller could append to.
func TestAddTwiceToOneArray(t *testing.T) {
	shared := make([]any, 1, 8)
	shared[0] = "a"
	env := el.Env{User: map[string]any{"x": shared}}
	b := mustEval(t, `Arrays.add(user.x, "b")`, env)
	mustEval(t, `Arrays.add(user.x, "c")`, env)
	if want := []any{"a", "b"}; !cmp.Equal(b, any(want)) {
		t.Errorf("first result = %v after a second Eval, want %v", b, want)
	}
}

func TestEvalIsConcurrent(t *testing.T) {
	e := mustParse(t, `String.toLowerCase(user.email) + ";" + Arrays.toCsvString(user.numbers)`)
	env := winston()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				got, err := e.Eval(env)
				if want := "winston.churchill@gmail.com;1,2.5,3"; got != want || err != nil {
					t.Errorf("Eval = %v, %v, want %s", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

// Errors may be logged, so that they must not repeat what a profile holds.
func TestErrorsHoldNoValues(t *testing.T) {
	const secret = "s3cr3t"
	env := el.Env{User: map[string]any{
		"x": secret, "list": []any{secret}, "object": map[string]any{secret: secret}, "n": json.Number(secret),
	}}
	for _, src := range []string{
		`Convert.toInt(user.x)`, `Convert.toNum(user.x)`, `user.x * 2`, `-user.x`, `!user.x`, `user.x < 1`,
		`user.object`, `user.n`, `user.x ? 1 : 2`, `user.list + "a"`, `{1}[user.x]`, `String.len(user.list)`,
		`Time.fromUnixToIso8601(user.x)`, `Time.fromIso8601ToUnix(user.x)`, `Arrays.get({1}, user.x)`,
		`String.substring("abc", user.x, 2)`, `user.list matches "a"`, `user.list.toUpperCase()`,
	} {
		_, err := mustParse(t, src).Eval(env)
		var fault *el.EvalError
		if !errors.As(err, &fault) {
			t.Errorf("Eval(%s) = %v, want an *EvalError", src, err)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("Eval(%s) repeats the value: %v", src, err)
		}
	}
}
