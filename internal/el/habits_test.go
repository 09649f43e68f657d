package el_test

import "testing"

// What people write who come from spreadsheets, SQL, templates and other languages is
// answered with how it is said here.
func TestHabits(t *testing.T) {
	testRefused(t, []errorCase{
		{`{{user.firstName}}`, `line 1, column 1: an expression stands between braces; write it without {{ and }}`},
		{`=user.firstName`, `line 1, column 1: unexpected =; leave the = out`},
		{`user.a & user.b`, `line 1, column 8: unexpected &; write + between texts, && or AND between conditions`},
		{`CONCAT(user.a, user.b)`, `line 1, column 1: unknown function CONCAT; write a + " " + b`},
		{`IF(user.a == "x", 1, 2)`, `line 1, column 1: unknown function IF; write CONDITION ? A : B`},
		{`if user.a == "x" then 1 else 2`, `line 1, column 1: unexpected if; write CONDITION ? A : B`},
		{`user.a ?? "x"`, `line 1, column 9: unexpected ?; write A ?: B, which is B where A has no value`},
		{`user.a || "x"`, `line 1, column 11: a condition is boolean, this is string; write A ?: B, which is B where A has no value; or compare it`},
		{`coalesce(user.a, "x")`, `line 1, column 1: unknown function coalesce; write A ?: B, which is B where A has no value`},
		{`user.a <> ""`, `line 1, column 9: unexpected >; write != for inequality`},
		{`user.a contains "n"`, `line 1, column 8: unexpected contains; write String.stringContains(text, part)`},
		{`user.a in {"x"}`, `line 1, column 8: unexpected in; write Arrays.contains({a, b}, value)`},
		{`user.a // first`, `line 1, column 9: unexpected /; an expression has no comments`},
		{`/* first */ user.a`, `line 1, column 1: unexpected /; an expression has no comments`},
		{`user.a.split("@")`, `line 1, column 8: unknown method split; write String.substringBefore(text, "@") or String.substringAfter(text, "@")`},
		{`user.a.lower()`, `line 1, column 8: unknown method lower; write String.toLowerCase(text)`},
		{`user.a.toLowerCase`, `line 1, column 8: user.a has no members; a method is called: write toLowerCase()`},
		{`String.replaceAll(user.a, "x", "y")`, `line 1, column 1: unknown function String.replaceAll; write String.replace: it replaces each of them`},
		{`user.first-name`, `line 1, column 12: unknown name name; an attribute with a - in its name is written user["first-name"]`},
		{`user.profile["firstName"]`, `line 1, column 1: user.profile is not an attribute; write the name behind user, without profile`},
	})
}
