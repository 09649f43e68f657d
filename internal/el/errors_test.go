package el_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/internal/el"
)

// errorCase is one row of a table of refused sources: the whole text of the
// error, position first.
type errorCase struct{ src, want string }

func testRefused(t *testing.T, cases []errorCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.src, func(t *testing.T) {
			_, err := el.Parse(c.src)
			var syntax *el.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("Parse(%s) error = %v, want a *SyntaxError", c.src, err)
			}
			if got := err.Error(); got != c.want {
				t.Errorf("Parse(%s)\n got %s\nwant %s", c.src, got, c.want)
			}
		})
	}
}

func TestRefusedTokens(t *testing.T) {
	testRefused(t, []errorCase{
		{``, `line 1, column 1: the expression is empty; write "" for the empty string, null for no value`},
		{" \n\t", `line 1, column 1: the expression is empty; write "" for the empty string, null for no value`},
		{`"abc`, `line 1, column 1: the string is not closed; close it with "`},
		{`user.x + 'abc`, `line 1, column 10: the string is not closed; close it with '`},
		{`'it\'s'`, `line 1, column 6: unexpected s; a backslash does not escape: double the quote to put one into the string`},
		{`user.x + "a\""`, `line 1, column 10: the string is not closed; a backslash does not escape: double the quote to put one into the string`},
		{`“x”`, `line 1, column 1: unexpected character '“'; write straight quotes, "…" or '…'`},
		{`user.x ~ 1`, `line 1, column 8: unexpected character '~'`},
		{`'é' + ~`, `line 1, column 7: unexpected character '~'`},
		{"1 +\n  ~", `line 2, column 3: unexpected character '~'`},
		{"1 +\r\n~", `line 2, column 1: unexpected character '~'`},
		{"\xff", `line 1, column 1: invalid UTF-8`},
		{"'\xff'", `line 1, column 1: invalid UTF-8 in a string`},
		{`12ab`, `line 1, column 3: a letter follows a number; write digits only, or quote the whole as a string`},
		{`100L`, `line 1, column 4: a letter follows a number; write digits only, or quote the whole as a string`},
		{`9223372036854775808`, `line 1, column 1: the integer is too large; the largest is 9223372036854775807`},
		{`1e999`, `line 1, column 1: the number is too large`},
	})
}

func TestRefusedGrammar(t *testing.T) {
	testRefused(t, []errorCase{
		{`user.`, `line 1, column 6: the expression ends too early; expected the name of an attribute`},
		{`user.x +`, `line 1, column 9: the expression ends too early; expected a value`},
		{`(1 + 2`, `line 1, column 7: the expression ends too early; expected )`},
		{`1 + 2)`, `line 1, column 6: unexpected ); expected an operator or the end`},
		{`1 2`, `line 1, column 3: unexpected 2; expected an operator or the end`},
		{`1 "a"`, `line 1, column 3: unexpected string "a"; expected an operator or the end`},
		{`{1, 2`, `line 1, column 6: the expression ends too early; expected , or }`},
		{`{1, }`, `line 1, column 5: unexpected }; expected a value`},
		{`{1 2}`, `line 1, column 4: unexpected 2; expected , or }`},
		{`{'a': 1}`, `line 1, column 5: maps are not supported; write an array, {1, 2, 3}`},
		{`[1, 2]`, `line 1, column 1: unexpected [; write {1, 2, 3} for an array`},
		{`true ? 1`, `line 1, column 9: the expression ends too early; expected :`},
		{`user.x = 1`, `line 1, column 8: unexpected =; write == for equality`},
		{`user.x eq 1`, `line 1, column 8: unexpected eq; write == for equality`},
		{`user.x NE 1`, `line 1, column 8: unexpected NE; write != for inequality`},
		{`user.x gt 1`, `line 1, column 8: unexpected gt; write < <= > or >=`},
		{`user.x mod 2`, `line 1, column 8: unexpected mod; write / or %`},
		{`true & false`, `line 1, column 6: unexpected &; write + between texts, && or AND between conditions`},
		{`true | false`, `line 1, column 6: unexpected |; write || or OR`},
		{`2 ^ 3`, `line 1, column 3: unexpected ^; there is no power operator`},
		{`#x`, `line 1, column 1: unexpected #; variables and beans of SpEL are not supported`},
		{`user.x; 1`, `line 1, column 7: unexpected ;; an expression is one expression`},
		{`new String("x")`, `line 1, column 1: unexpected new; new is not supported`},
		{`user.x between {1, 2}`, `line 1, column 8: unexpected between; between is not supported`},
		{`1 < 2 < 3`, `line 1, column 7: comparisons do not chain; combine them with AND, or write parentheses`},
		{`1 == 1 == true`, `line 1, column 8: comparisons do not chain; combine them with AND, or write parentheses`},
		{`user["x"`, `line 1, column 9: the expression ends too early; expected ]`},
		{`user[x]`, `line 1, column 6: unexpected x; expected the quoted name of an attribute`},
		{`user[""]`, `line 1, column 6: unexpected string ""; expected the quoted name of an attribute`},
		{`user?.x`, `line 1, column 5: safe navigation ?. is not supported; write . alone: a missing attribute is null`},
		{`user.x?.length()`, `line 1, column 7: safe navigation ?. is not supported; write . alone: a missing attribute is null`},
		{`user.x.![name]`, `line 1, column 8: collection projection and selection are not supported; take one element with [0], or all with Arrays.toCsvString`},
		{`user.x.?[true]`, `line 1, column 8: collection projection and selection are not supported; take one element with [0], or all with Arrays.toCsvString`},
		{`user.x.^[true]`, `line 1, column 8: collection projection and selection are not supported; take one element with [0], or all with Arrays.toCsvString`},
		{strings.Repeat("(", 1000), `line 1, column 501: the expression is nested more than 500 deep`},
		{strings.Repeat("-", 1000) + "1", `line 1, column 500: the expression is nested more than 500 deep`},
		{strings.Repeat(" ", el.MaxSourceBytes+1), `line 1, column 1: the expression is longer than 65536 bytes`},
	})
}

const evaluated = "; Okta evaluates it into the app's profile: read the result with appuser.NAME"

// What Okta has and this language has not is refused by its name.
func TestRefusedOktaFunctions(t *testing.T) {
	var cases []errorCase
	for name, why := range map[string]string{
		"isMemberOfGroupName": "an expression does not see groups", "isMemberOfGroup": "an expression does not see groups",
		"isMemberOfAnyGroup": "an expression does not see groups", "isMemberOfGroupNameStartsWith": "an expression does not see groups",
		"isMemberOfGroupNameContains": "an expression does not see groups", "isMemberOfGroupNameRegex": "an expression does not see groups",
		"getFilteredGroups": "an expression does not see groups", "user.getGroups": "an expression does not see groups",
		"Groups.startsWith": "it works in group claims only", "Groups.contains": "it works in group claims only",
		"getManagerUser": "an expression sees one user only", "getManagerAppUser": "an expression sees one user only",
		"getAssistantUser": "an expression sees one user only", "getAssistantAppUser": "an expression sees one user only",
		"hasDirectoryUser": "an expression sees one user only", "findDirectoryUser": "an expression sees one user only",
		"hasWorkdayUser": "an expression sees one user only", "findWorkdayUser": "an expression sees one user only",
		"user.getLinkedObject": "an expression sees one user only",
		"Time.now":             "an expression must give the same value at any time",
	} {
		want := fmt.Sprintf("line 1, column 5: %s is not supported: %s%s", name, why, evaluated)
		cases = append(cases, errorCase{`1 + ` + name + `("x")`, want})
	}
	testRefused(t, cases)
	testRefused(t, []errorCase{
		{`hasWorkdayUser() ? findWorkdayUser().employeeID : null`, `line 1, column 1: hasWorkdayUser is not supported: an expression sees one user only` + evaluated},
		{`user.getLinkedObject("manager").lastName`, `line 1, column 1: user.getLinkedObject is not supported: an expression sees one user only` + evaluated},
		{`Groups.startsWith("OKTA", "TEST", 100) ?: {}`, `line 1, column 1: Groups.startsWith is not supported: it works in group claims only` + evaluated},
		{`Arrays.flatten(String.replace(getFilteredGroups({"g1"}, "group.name", 40), "SSO-", ""))`, `line 1, column 31: getFilteredGroups is not supported: an expression does not see groups` + evaluated},
		{`user.getInternalProperty("created")`, `line 1, column 6: getInternalProperty knows two properties; write user.getInternalProperty("id") or user.getInternalProperty("status")`},
		{`user.getInternalProperty()`, `line 1, column 6: getInternalProperty knows two properties; write user.getInternalProperty("id") or user.getInternalProperty("status")`},
		{`appuser.getInternalProperty("id")`, `line 1, column 9: appuser has no method getInternalProperty; its one method is user.getInternalProperty`},
		{`user.toLowerCase()`, `line 1, column 6: user has no method toLowerCase; call it on an attribute, as in user.firstName.toLowerCase()`},
	})
}

func TestRefusedNames(t *testing.T) {
	testRefused(t, []errorCase{
		{`firstName + "x"`, `line 1, column 1: unknown name firstName; write user.firstName for an attribute, quotes for a string`},
		{`usr.firstName`, `line 1, column 1: unknown name usr; did you mean user?`},
		{`User.firstName`, `line 1, column 1: unknown name User; did you mean user?`},
		{`appusers.x`, `line 1, column 1: unknown name appusers; did you mean appuser?`},
		{`string.len("x")`, `line 1, column 1: unknown name string; did you mean String?`},
		{`active_directory.managerUpn`, `line 1, column 1: unknown name active_directory; the roots are user, appuser and app; other apps' profiles are not read`},
		{`zendesk_9ao1g13.role`, `line 1, column 1: unknown name zendesk_9ao1g13; the profiles of other apps are not read: what Okta maps from them is in appuser.NAME`},
		{`"google_9ao1g13.department"`, `line 1, column 1: the path of an attribute stands in quotes: everybody would get this text; the profiles of other apps are not read: what Okta maps from them is in appuser.NAME`},
		{`"user.firstName"`, `line 1, column 1: the path of an attribute stands in quotes: everybody would get this text; write user.firstName without quotes`},
		{`'${user.firstName}'`, `line 1, column 1: the path of an attribute stands in quotes: everybody would get this text; write user.firstName without quotes`},
		{`${user.firstName}`, `line 1, column 1: unexpected $; write user.firstName without ${ and }`},
		{`#{appuser.userName}`, `line 1, column 1: unexpected #; write appuser.userName without #{ and }`},
		{`"a" + ${user.firstName}`, `line 1, column 7: unexpected $; write user.firstName without ${ and }`},
		{`$user`, `line 1, column 1: unexpected $; variables and beans of SpEL are not supported`},
		{`office365_app.domain`, `line 1, column 1: unknown name office365_app; the roots are user, appuser and app; other apps' profiles are not read`},
		{`org.name`, `line 1, column 1: org is known to Okta but has no value here; the roots are user, appuser and app`},
		{`idpuser.email`, `line 1, column 1: idpuser is known to Okta but has no value here; the roots are user, appuser and app`},
		{`session.amr`, `line 1, column 1: session is known to Okta but has no value here; the roots are user, appuser and app`},
		{`user`, `line 1, column 1: user alone has no value; write user.NAME`},
		{`String + "x"`, `line 1, column 1: String alone has no value; write String.NAME`},
		{`user.profile.firstName`, `line 1, column 1: user.profile is not an attribute; that is the form of Identity Engine policies: write user.firstName`},
		{`app.profile.label`, `line 1, column 1: app.profile is not an attribute; that is the form of Identity Engine policies: write app.label`},
		{`user.manager.name`, `line 1, column 14: user.manager has no members; only user, appuser and app have members`},
		{`"x".y`, `line 1, column 5: a value has no member y; only user, appuser and app have members`},
		{`String.toLower("x")`, `line 1, column 1: unknown function String.toLower; write String.toLowerCase(text)`},
		{`String.toLowercase("x")`, `line 1, column 1: unknown function String.toLowercase; did you mean String.toLowerCase?`},
		{`Arrays.contain({1}, 1)`, `line 1, column 1: unknown function Arrays.contain; did you mean Arrays.contains?`},
		{`Convert.toString(1)`, `line 1, column 1: unknown function Convert.toString; write "" + value`},
		{`toLowercase(user.x)`, `line 1, column 1: unknown function toLowercase; did you mean toLowerCase?`},
		{`frobnicate(1)`, `line 1, column 1: unknown function frobnicate; the functions are those of String, Arrays, Convert, Iso3166Convert and Time`},
		{`user.x.toLowrCase()`, `line 1, column 8: unknown method toLowrCase; did you mean toLowerCase?`},
		{`user.x.trim()`, `line 1, column 8: unknown method trim; there is none; String.removeSpaces takes out all white space`},
		{`String.("x")`, `line 1, column 8: unexpected (; expected the name of a function`},
		{`String.len`, `line 1, column 11: the expression ends too early; expected (`},
	})
}

func TestRefusedArguments(t *testing.T) {
	testRefused(t, []errorCase{
		{`String.len()`, `line 1, column 1: String.len takes 1 argument, not 0`},
		{`"x" + len("a", "b")`, `line 1, column 7: len takes 1 argument, not 2`},
		{`String.substring(user.x, 1)`, `line 1, column 1: String.substring takes 3 arguments, not 2`},
		{`user.x.substring()`, `line 1, column 8: substring takes 1 or 2 arguments, not 0`},
		{`user.x.substring(1, 2, 3)`, `line 1, column 8: substring takes 1 or 2 arguments, not 3`},
		{`user.x.length(1)`, `line 1, column 8: length takes 0 arguments, not 1`},
		{`String.join()`, `line 1, column 1: String.join takes at least 1 argument, not 0`},
		{`String.stringSwitch("x")`, `line 1, column 1: String.stringSwitch takes at least 2 arguments, not 1`},
		{`String.stringSwitch("x", "d", "k")`, `line 1, column 1: String.stringSwitch takes pairs of key and value behind its first 2 arguments`},
		{`String.len({1})`, `line 1, column 12: argument 1 of String.len is array, not string`},
		{`String.append("a", {1})`, `line 1, column 20: argument 2 of String.append is array, not string`},
		{`String.substring("a", "0", 1)`, `line 1, column 23: argument 2 of String.substring is string, not number`},
		{`Arrays.size(5)`, `line 1, column 13: argument 1 of Arrays.size is number, not array`},
		{`Convert.toInt(true)`, `line 1, column 15: argument 1 of Convert.toInt is boolean, not number or string`},
		{`{1}.toUpperCase()`, `line 1, column 1: toUpperCase is a method of string, this is array`},
		{`"x".substring("y")`, `line 1, column 15: argument 1 of substring is string, not number`},
	})
}

func TestRefusedTypes(t *testing.T) {
	testRefused(t, []errorCase{
		{`"a" - 1`, `line 1, column 5: cannot compute string - number`},
		{`true + 1`, `line 1, column 6: cannot compute boolean + number`},
		{`{1} + "a"`, `line 1, column 5: cannot compute array + string`},
		{`!"x"`, `line 1, column 2: a condition is boolean, this is string; compare it, as in user.city == "Paris"`},
		{`user.x AND 1`, `line 1, column 12: a condition is boolean, this is number; compare it, as in user.city == "Paris"`},
		{`"x" ? 1 : 2`, `line 1, column 1: a condition is boolean, this is string; compare it, as in user.city == "Paris"`},
		{`-"x"`, `line 1, column 1: a sign needs a number, this is string`},
		{`1 < "a"`, `line 1, column 3: cannot compare number < string`},
		{`true < false`, `line 1, column 6: cannot compare boolean < boolean`},
		{`1 == "1"`, `line 1, column 3: number is never equal to string`},
		{`NOT user.x == "a"`, `line 1, column 12: boolean is never equal to string; ! and NOT bind more tightly than a comparison: put the comparison in parentheses`},
		{`user.x["a"]`, `line 1, column 8: an index is a number, this is string`},
		{`5[0]`, `line 1, column 2: only an array or a string has an index, this is number`},
		{`{1} matches "a"`, `line 1, column 1: matches needs a string, this is array`},
		{`user.x / 0`, `line 1, column 8: division by zero`},
		{`1 % 0.0`, `line 1, column 3: division by zero`},
		{`{1}[-1]`, `line 1, column 5: the index is negative`},
		{`{1}[0.5]`, `line 1, column 5: an index is an integer, this is not`},
		{`9223372036854775807 + 1`, `line 1, column 21: the integer overflows 64 bits`},
		{`Convert.toInt("abc")`, `line 1, column 1: Convert.toInt: the string is not a number`},
		{`Convert.toNum("Inf")`, `line 1, column 1: Convert.toNum: the string is not a number`},
		{`Convert.toNum("1e999")`, `line 1, column 1: Convert.toNum: the string is not a number`},
		{`Time.fromUnixToIso8601("x")`, `line 1, column 1: Time.fromUnixToIso8601: the string is not a timestamp within the years 0 to 9999`},
		{`Time.fromUnixToIso8601("9223372036854775807")`, `line 1, column 1: Time.fromUnixToIso8601: the string is not a timestamp within the years 0 to 9999`},
		{`Time.fromUnixToIso8601("253402300800000")`, `line 1, column 1: Time.fromUnixToIso8601: the string is not a timestamp within the years 0 to 9999`},
		{`Time.fromIso8601ToUnix("today")`, `line 1, column 1: Time.fromIso8601ToUnix: the string is not an ISO 8601 timestamp such as 2015-07-31T17:18:37.979Z`},
	})
}

func TestRefusedPatterns(t *testing.T) {
	const java = "; look-around, back-references and possessive quantifiers are not supported"
	testRefused(t, []errorCase{
		{`user.x matches user.y`, `line 1, column 16: the pattern of matches is not a string literal; write the pattern in quotes`},
		{`user.x matches "a" + "b"`, `line 1, column 20: the pattern of matches is not a string literal; write the pattern in quotes`},
		{`user.x matches "` + strings.Repeat("a", el.MaxPatternBytes+1) + `"`, `line 1, column 16: the pattern is longer than 1024 bytes`},
		{`user.x matches "(a"`, "line 1, column 16: the pattern is not a regular expression: missing closing ) `(a`"},
		{`user.x matches "a)(b"`, "line 1, column 16: the pattern is not a regular expression: unexpected ) `a)(b`"},
		{`user.x matches "(?=a)"`, "line 1, column 16: the pattern is not a regular expression: invalid or unsupported Perl syntax `(?=`" + java},
		{`user.x matches "(a)\1"`, "line 1, column 16: the pattern is not a regular expression: invalid escape sequence `\\1`" + java},
		{`user.x matches "a*+"`, "line 1, column 16: the pattern is not a regular expression: invalid nested repetition operator `*+`" + java},
		{`user.x matches "a{1001}"`, "line 1, column 16: the pattern is not a regular expression: invalid repeat count `{1001}`; a repeat count is at most 1000"},
		{`user.x matches "[a[b]]"`, "line 1, column 16: the pattern has a character class inside another; write one plain character class"},
		{`user.x matches "[a-z&&[^b]]"`, "line 1, column 16: the pattern has an intersection of character classes; write one plain character class"},
	})
}

// Wherever a fault arises, it is the error of the whole.
func TestEvalErrorsReachTheTop(t *testing.T) {
	const bad = `(1/user.zero)`
	env := el.Env{User: map[string]any{"zero": int64(0), "yes": true, "no": false, "list": []any{"a"}}}
	for _, src := range []string{
		bad, `-` + bad, `!` + bad, bad + ` + 1`, `1 + ` + bad, bad + ` < 1`, `1 == ` + bad, bad + ` AND user.yes`,
		`user.yes AND ` + bad, `user.no OR ` + bad, bad + ` ? 1 : 2`, `user.yes ? ` + bad + ` : 2`, `user.no ? 1 : ` + bad,
		bad + ` ?: 1`, `user.none ?: ` + bad, `{1, ` + bad + `}`, `{` + bad + `}[0]`, `user.list[` + bad + `]`,
		`String.len(` + bad + `)`, `String.append(user.none, ` + bad + `)`, bad + `.length()`, bad + ` matches "a"`,
	} {
		if got, err := mustParse(t, src).Eval(env); err == nil || !strings.HasSuffix(err.Error(), "division by zero") {
			t.Errorf("Eval(%s) = %v, %v, want division by zero", src, got, err)
		}
	}
	for _, src := range []string{`user.yes OR ` + bad, `user.no AND ` + bad, `user.yes ? 1 : ` + bad, `user.list ?: ` + bad} {
		if got, err := mustParse(t, src).Eval(env); err != nil {
			t.Errorf("Eval(%s) = %v, %v, want no evaluation of the right side", src, got, err)
		}
	}
}

// A source cut off or spoiled anywhere is refused inside the source.
func TestEveryPrefix(t *testing.T) {
	for _, src := range []string{
		`user['x'].substring(1, -2)[0] ?: appuser.y matches "a[^]]" && !app.z`,
		`String.join(",", {1, (2.5e1)}, user.getInternalProperty("id")) == null ? 'a' : NOT true`,
	} {
		for end := range src {
			for _, spoiled := range []string{src[:end], src[:end] + "~", src[:end] + "~" + src[end:]} {
				if _, err := el.Parse(spoiled); err != nil {
					checkSyntaxError(t, spoiled, err)
				}
			}
		}
	}
}

// A fault that depends on the profile is an *EvalError with the place in the
// source.
func TestEvalErrors(t *testing.T) {
	cases := []errorCase{
		{`user.x + user.list`, `line 1, column 8: cannot compute string + array`},
		{"1 +\n user.x * 2", `line 2, column 9: cannot compute string * number`},
		{`user.x ? 1 : 2`, `line 1, column 1: a condition is boolean, this is string`},
		{`true AND user.x`, `line 1, column 10: a condition is boolean, this is string`},
		{`'é' + -user.x`, `line 1, column 7: a sign needs a number, this is string`},
		{`user.x < 1`, `line 1, column 8: cannot compare string < number`},
		{`user.flag < user.flag`, `line 1, column 11: cannot compare boolean < boolean`},
		{`1 / user.zero`, `line 1, column 3: division by zero`},
		{`1.5 % user.zero`, `line 1, column 5: division by zero`},
		{`user.list[user.minus]`, `line 1, column 11: the index is negative`},
		{`user.flag[0]`, `line 1, column 11: only an array or a string has an index, this is boolean`},
		{`Arrays.get(user.list, user.minus)`, `line 1, column 1: Arrays.get: the index is negative`},
		{`String.len(user.list)`, `line 1, column 12: argument 1 of String.len is array, not string`},
		{`user.list.length()`, `line 1, column 1: length is a method of string, this is array`},
		{`Arrays.size(user.zero)`, `line 1, column 13: argument 1 of Arrays.size is number, not array`},
		{`String.substring(user.x, 0.5, 1)`, `line 1, column 1: String.substring: an index is not an integer`},
		{`Convert.toInt(user.x)`, `line 1, column 1: Convert.toInt: the string is not a number`},
		{`user.list matches "a"`, `line 1, column 11: matches needs a string, this is array`},
		{`user.object`, `line 1, column 1: the attribute is of a type that expressions cannot read (map[string]interface {})`},
	}
	env := el.Env{User: map[string]any{
		"x": "word", "list": []any{"a"}, "flag": true, "zero": int64(0), "minus": int64(-1), "object": map[string]any{},
	}}
	for _, c := range cases {
		v, err := mustParse(t, c.src).Eval(env)
		var fault *el.EvalError
		if !errors.As(err, &fault) || err.Error() != c.want || v != nil {
			t.Errorf("Eval(%s)\n got %v, %v\nwant %s", c.src, v, err, c.want)
		}
	}
}
