package el_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/el"
)

func TestNames(t *testing.T) {
	testEval(t, []evalCase{
		{`user.login`, "winston.churchill@gmail.com"},
		{`source.login`, "winston.churchill@gmail.com"},
		{`appuser.userName`, "wchurchill"},
		{`appUser.userName`, "wchurchill"},
		{`app.domain`, "example.com"},
		{`user['login']`, "winston.churchill@gmail.com"},
		{`user["first name"]`, "spaced"},
		{`appuser['role']`, "editor"},
		{`user.matches`, "word"},
		{`user . login`, "winston.churchill@gmail.com"},
		{`user.missing`, nil},
		{`user.null`, nil},
		{`appuser.firstName`, nil},
	})
}

func TestLiterals(t *testing.T) {
	testEval(t, []evalCase{
		{`""`, ""},
		{`'it''s'`, "it's"},
		{`"say ""hi"""`, `say "hi"`},
		{`'say "hi"'`, `say "hi"`},
		{`"\"`, `\`},
		{`"a\nb"`, `a\nb`},
		{"'two\nlines'", "two\nlines"},
		{`'Ünï çödé 😀'`, "Ünï çödé 😀"},
		{`0`, int64(0)},
		{`9223372036854775807`, int64(math.MaxInt64)},
		{`1e3`, 1000.0},
		{`2.5E-1`, 0.25},
		{`TRUE`, true},
		{`False`, false},
		{`NULL`, nil},
		{`{}`, []any{}},
		{`{ }`, []any{}},
		{`{1, 'a', {null, true}}`, []any{int64(1), "a", []any{nil, true}}},
		{"\u00a0 1 \t\r\n", int64(1)},
	})
}

func TestAttributesAsDecodedJSON(t *testing.T) {
	env := el.Env{User: map[string]any{
		"int": json.Number("12"), "big": json.Number("1e2"), "huge": json.Number("9223372036854775808"),
		"nested": []any{json.Number("1"), []any{json.Number("2.5")}, "x", nil},
	}}
	cases := []evalCase{
		{`user.int`, int64(12)},
		{`user.big`, 100.0},
		{`user.huge`, 9223372036854775808.0},
		{`user.nested`, []any{int64(1), []any{2.5}, "x", nil}},
		{`user.nested[1][0]`, 2.5},
	}
	for _, c := range cases {
		if got := mustEval(t, c.src, env); !cmp.Equal(got, c.want) {
			t.Errorf("Eval(%s) = %#v, want %#v", c.src, got, c.want)
		}
	}
}

func TestNull(t *testing.T) {
	testEval(t, []evalCase{
		{`null + "x"`, nil},
		{`user.missing + "x"`, nil},
		{`"x" + user.missing`, nil},
		{`(user.missing ?: "") + "x"`, "x"},
		{`user.missing + 1`, nil},
		{`1 - user.missing`, nil},
		{`-user.missing`, nil},
		{`String.append(user.missing, "x")`, nil},
		{`String.append("x", null)`, nil},
		{`String.replace("x", null, "y")`, nil},
		{`String.substring(null, 0, 1)`, nil},
		{`String.substring("abc", null, 1)`, nil},
		{`String.toUpperCase(user.missing)`, nil},
		{`String.removeSpaces(null)`, nil},
		{`String.substringBefore(user.missing, "@")`, nil},
		{`String.len(null)`, int64(0)},
		{`String.stringContains(null, "x")`, false},
		{`String.stringContains("x", null)`, false},
		{`String.startsWith(null, "x")`, false},
		{`String.startsWith("x", null)`, false},
		{`null matches "x"`, false},
		{`String.join(",", "a", null, "b")`, "a,b"},
		{`String.join(",", null)`, ""},
		{`String.join(null, "a")`, nil},
		{`String.stringSwitch(null, "d", "k", "v")`, "d"},
		{`String.stringSwitch("k", "d", null, "v")`, "d"},
		{`String.stringSwitch("k", null)`, nil},
		{`Arrays.add(null, 1)`, []any{int64(1)}},
		{`Arrays.remove(null, 1)`, []any{}},
		{`Arrays.clear(null)`, []any{}},
		{`Arrays.contains(null, 1)`, false},
		{`Arrays.contains({1, null}, null)`, true},
		{`Arrays.get(null, 0)`, nil},
		{`Arrays.get({1}, null)`, nil},
		{`Arrays.flatten(null, 1)`, []any{int64(1)}},
		{`Arrays.flatten({null}, 1)`, []any{nil, int64(1)}},
		{`Arrays.toCsvString(null)`, ""},
		{`Arrays.toCsvString({null, 1})`, "1"},
		{`null[0]`, nil},
		{`user.missing[3]`, nil},
		{`null ? 1 : 2`, int64(2)},
		{`!null`, true},
		{`NOT user.missing`, true},
		{`null AND true`, false},
		{`null OR true`, true},
		{`null == null`, true},
		{`null != null`, false},
		{`null == ""`, false},
		{`user.missing == 0`, false},
		{`null < 1`, true},
		{`1 < null`, false},
		{`1 > null`, true},
		{`"a" >= null`, true},
		{`null <= null`, true},
		{`null ?: "d"`, "d"},
		{`"" ?: "d"`, "d"},
		{`user.empty ?: user.missing ?: "d"`, "d"},
		{`0 ?: 1`, int64(0)},
		{`false ?: true`, false},
		{`{} ?: 1`, []any{}},
		{`Convert.toInt(null)`, nil},
		{`Convert.toInt("")`, nil},
		{`Convert.toNum(" ")`, nil},
		{`Iso3166Convert.toName(null)`, nil},
		{`Time.fromUnixToIso8601(null)`, nil},
		{`Time.fromIso8601ToUnix("")`, nil},
	})
}

func TestStrings(t *testing.T) {
	testEval(t, []evalCase{
		{`String.substring("Li", 0, 6)`, "Li"},
		{`String.substring("Li", -3, 1)`, "L"},
		{`String.substring("Li", 2, 6)`, ""},
		{`String.substring("Li", 9, 12)`, ""},
		{`String.substring("Li", 1, 0)`, ""},
		{`String.substring("Li", 0.0, 1.0)`, "L"},
		{`String.substring("Größe", 2, 4)`, "öß"},
		{`String.substring("Größe", 4, 99)`, "e"},
		{`String.substring("a😀b", 1, 3)`, "😀"},
		{`String.substring("a😀b", 0, 2)`, "a"},
		{`String.substring("a😀b", 2, 4)`, "b"},
		{`String.substring("a😀b", 2, 3)`, ""},
		{`String.len("Größe")`, int64(5)},
		{`String.len("a😀b")`, int64(4)},
		{`"Größe"[2]`, "ö"},
		{`"abc"[3]`, nil},
		{`String.substringBefore("abc", "@")`, "abc"},
		{`String.substringAfter("abc", "@")`, ""},
		{`String.substringBefore("abc", "")`, ""},
		{`String.substringAfter("abc", "")`, "abc"},
		{`String.substringAfter("a@b@c", "@")`, "b@c"},
		{`String.replace("a.c", ".", "b")`, "abc"},
		{`String.replace("abc", "", "x")`, "abc"},
		{`String.replaceFirst("a.c.", ".", "$1")`, "a$1c."},
		{"String.removeSpaces(' a\t\u00a0b\n')", "ab"},
		{`String.toUpperCase("straße ﬁn")`, "STRASSE FIN"},
		{`String.toUpperCase("éàŁ")`, "ÉÀŁ"},
		{`String.toLowerCase("ÉÀŁ İ")`, "éàł i̇"},
		{`String.toLowerCase("ΟΔΟΣ ΣΑΣ Σ")`, "οδος σας σ"},
		{`"a" + 1`, "a1"},
		{`1 + 2 + "a" + 1 + 2`, "3a12"},
		{`"a" + true`, "atrue"},
		{`"a" + 2.0`, "a2"},
		{`"a" + 0.25`, "a0.25"},
		{`"a" + user.count`, "a3"},
		{`"a" + 1e21`, "a1e+21"},
		{`String.len(12345)`, int64(5)},
		{`String.append(user.groupCode, true)`, "123true"},
		{`len("abc")`, int64(3)},
		{`append("a", "b")`, "ab"},
		{`join("-", "a", "b")`, "a-b"},
		{`replace("aba", "a", "c")`, "cbc"},
		{`replaceFirst("aba", "a", "c")`, "cba"},
		{`removeSpaces("a b")`, "ab"},
		{`startsWith("ab", "a")`, true},
		{`stringContains("ab", "b")`, true},
		{`stringSwitch("ab", "d", "b", "v")`, "v"},
		{`String.join(",")`, ""},
	})
}

func TestMatches(t *testing.T) {
	testEval(t, []evalCase{
		{`"abc" matches "b"`, false},
		{`"abc" matches ".*b.*"`, true},
		{`"ab" matches "a|ab"`, true},
		{`"ab" matches "a|b"`, false},
		{`"a.b" matches "\Qa.b"`, true},
		{`"axb" matches "\Qa.b"`, false},
		{`"a\b" matches "a\\b"`, true},
		{`"]" matches "[]x]"`, true},
		{`"a" matches "[^]x]"`, true},
		{`"[" matches "[\[x]"`, true},
		{`"[" matches "\Q[\E"`, true},
		{`"ENGINEER" MATCHES '(?i)engineer'`, true},
		{`user.groupCode matches "\d+"`, true},
		{`!(user.email matches ".*@okta\.com")`, true},
		{`user.email matches ".*@gmail\.com" AND user.hasBadge`, true},
	})
}

func TestNumbers(t *testing.T) {
	testEval(t, []evalCase{
		{`1 + 2 * 3`, int64(7)},
		{`(1 + 2) * 3`, int64(9)},
		{`10 - 4 - 3`, int64(3)},
		{`7 / 2`, int64(3)},
		{`-7 / 2`, int64(-3)},
		{`-7 % 2`, int64(-1)},
		{`7 / 2.0`, 3.5},
		{`7.5 % 2`, 1.5},
		{`1 + 0.5`, 1.5},
		{`--1`, int64(1)},
		{`+1.5`, 1.5},
		{`-2.5`, -2.5},
		{`user.salary / 1000`, int64(1500)},
		{`user.rate * user.groupCode`, 307.5},
		{`1 == 1.0`, true},
		{`user.count == 3`, true},
		{`9007199254740993 == 9007199254740992.0`, false},
		{`Convert.toInt(-1.5)`, int64(-1)},
		{`Convert.toInt("2.5")`, int64(3)},
		{`Convert.toInt(0.49999999999999994)`, int64(0)},
		{`Convert.toInt(" 12 ")`, int64(12)},
		{`Convert.toInt("-2147483649")`, int64(-2147483649)},
		{`Convert.toInt(12)`, int64(12)},
		{`Convert.toNum(12)`, 12.0},
		{`Convert.toNum("-1e2")`, -100.0},
	})
}

func TestComparisonsAndLogic(t *testing.T) {
	testEval(t, []evalCase{
		{`1 < 2`, true}, {`2 <= 2`, true}, {`2 > 2.5`, false}, {`3 >= 2.5`, true},
		{`"a" < "b"`, true}, {`"B" < "a"`, true}, {`"a" >= "ab"`, false},
		{`1 != 2`, true}, {`"a" == "a"`, true}, {`"a" == "A"`, false}, {`true == true`, true},
		{`user.groupCode == "123"`, false},
		{`user.groupCode != "123"`, true},
		{`{1, 2} == {1, 2.0}`, true}, {`{1, 2} == {2, 1}`, false}, {`{1} == {1, 2}`, false},
		{`true and not false`, true}, {`true && !false`, true}, {`false or true`, true}, {`false || false`, false},
		{`true OR false AND false`, true},
		{`(true OR false) AND false`, false},
		{`NOT (user.city == "Paris")`, true},
		{`false AND user.city`, false},
		{`true OR user.city`, true},
		{`true ? 1 : false ? 2 : 3`, int64(1)},
		{`false ? 1 : false ? 2 : 3`, int64(3)},
		{`false ? 1 : true ? user.missing ?: 4 : 3`, int64(4)},
		{`1 + 1 == 2 ? "a" + "b" : "c"`, "ab"},
		{`user.hasBadge ? user.firstName : user.city * 2`, "Winston"},
	})
}

func TestArrays(t *testing.T) {
	testEval(t, []evalCase{
		{`Arrays.size("a, b,c")`, int64(3)},
		{`Arrays.size("")`, int64(0)},
		{`Arrays.contains("a, b", "b")`, true},
		{`Arrays.contains("1, 2", 2)`, false},
		{`Arrays.get("a, b", 1)`, "b"},
		{`Arrays.add("a", "b")`, []any{"a", "b"}},
		{`Arrays.remove({1, 2, 1.0}, 1)`, []any{int64(2)}},
		{`Arrays.get({1}, 5)`, nil},
		{`{1}[1]`, nil},
		{`user.strArray[1.0]`, "two"},
		{`Arrays.flatten({1, {2, {3}}}, {})`, []any{int64(1), int64(2), int64(3)}},
		{`Arrays.flatten("a,b", {"c,d"})`, []any{"a", "b", "c,d"}},
		{`Arrays.flatten()`, []any{}},
		{`Arrays.toCsvString({1, {2.5, true}, "a,b"})`, "1,2.5,true,a,b"},
		{`Arrays.isEmpty({null})`, false},
		{`"a,b".contains("a,")`, true},
		{`"a1".contains(1)`, true},
		{`"a".contains({"a"})`, false},
	})
}

func TestTime(t *testing.T) {
	testEval(t, []evalCase{
		{`Time.fromUnixToIso8601("0")`, "1970-01-01T00:00:00.000Z"},
		{`Time.fromUnixToIso8601(1438363117979)`, "2015-07-31T17:18:37.979Z"},
		{`Time.fromUnixToIso8601("-1")`, "1969-12-31T23:59:59.999Z"},
		{`Time.fromIso8601ToUnix("2015-07-31T17:18:37.979Z")`, "1438363117979"},
		{`Time.fromIso8601ToUnix("2015-07-31T13:18:37-04:00")`, "1438363117000"},
		{`Time.fromIso8601ToUnix("2021-09-20T00:00:00.000Z")`, "1632096000000"},
		{`Time.fromWindowsToIso8601("130828367179790000")`, "2015-07-31T17:18:37.979Z"},
		{`Time.fromUnixToIso8601("253402300798000")`, "9999-12-31T23:59:58.000Z"},
		{`Time.fromWindowsToIso8601("-5000000")`, "1600-12-31T23:59:59.500Z"},
		{`Time.fromWindowsToIso8601("0")`, "1601-01-01T00:00:00.000Z"},
		{`Time.fromIso8601ToWindows("2015-07-31T17:18:37.979Z")`, "130828367179790000"},
		{`Time.fromIso8601ToWindows("0001-01-01T00:00:00Z")`, "-504911232000000000"},
	})
}

func TestDatePatterns(t *testing.T) {
	const at = `"2015-07-31T17:08:37.979Z"`
	var cases []evalCase
	for pattern, want := range map[string]string{
		"yyyy-MM-dd":           "2015-07-31",
		"dd.MM.yy":             "31.07.15",
		"d/M/yyyy":             "31/7/2015",
		"EEE, MMM d, yyyy":     "Fri, Jul 31, 2015",
		"EEEE dd MMMM":         "Friday 31 July",
		"hh:mm a":              "05:08 PM",
		"H'h'mm":               "17h08",
		"yyyyMMddHHmmssSSS":    "20150731170837979",
		"yyyy-DDD e k K":       "2015-212 5 17 5",
		"YYYY-MM-dd'T'HH:mm Z": "2015-07-31T17:08 +0000",
		"'o''clock' h ZZ":      "o'clock 5 +00:00",
		"S SSSSSS":             "9 979000",
	} {
		cases = append(cases, evalCase{`Time.fromIso8601ToString(` + at + `, "` + pattern + `")`, want})
	}
	for text, want := range map[string]string{
		`"2015-07-31", "yyyy-MM-dd"`:                                 "2015-07-31T00:00:00.000Z",
		`"31.7.2015", "dd.MM.yyyy"`:                                  "2015-07-31T00:00:00.000Z",
		`"20150731170837", "yyyyMMddHHmmss"`:                         "2015-07-31T17:08:37.000Z",
		`"07/31/2015 05:08 pm", "MM/dd/yyyy hh:mm a"`:                "2015-07-31T17:08:00.000Z",
		`"12:00 AM", "hh:mm a"`:                                      "2000-01-01T00:00:00.000Z",
		`"Fri, July 31, 2015", "EEE, MMM d, yyyy"`:                   "2015-07-31T00:00:00.000Z",
		`"2015-07-31T13:08:37.9-0400", "yyyy-MM-dd''T''HH:mm:ss.SZ"`: "2015-07-31T17:08:37.900Z",
		`"2015-212", "yyyy-DDD"`:                                     "2015-07-31T00:00:00.000Z",
		`"2016-02-29T24", "yyyy-MM-dd''T''kk"`:                       "2016-02-29T00:00:00.000Z",
	} {
		cases = append(cases, evalCase{`Time.fromStringToIso8601(` + strings.ReplaceAll(text, "''", "'") + `)`, want})
	}
	cases = append(cases,
		evalCase{`Time.fromIso8601ToString("2015-07-31T23:30:00-04:00", "yyyy-MM-dd HH:mm")`, "2015-08-01 03:30"},
		evalCase{`Time.fromIso8601ToString(null, "yyyy")`, nil}, evalCase{`Time.fromStringToIso8601("", "yyyy")`, nil},
		evalCase{`Time.fromIso8601ToString(Time.fromStringToIso8601("1.2.2023", "d.M.yyyy"), "yyyy/MM/dd")`, "2023/02/01"},
	)
	testEval(t, cases)
	fits := "does not fit the date pattern"
	for source, want := range map[string]string{
		`Time.fromIso8601ToString(user.x, "yyyy-MM-dd QQ")`:          "line 1, column 34: the date pattern has the letter Q; the letters are y M d H h K k a m s S E e D Z; put text between single quotes",
		`Time.fromIso8601ToString(user.x, "yyyy 'o")`:                "line 1, column 34: a quote in the date pattern is not closed; the letters are y M d H h K k a m s S E e D Z; put text between single quotes",
		`Time.fromIso8601ToString(user.x, "")`:                       "line 1, column 34: the date pattern is empty; the letters are y M d H h K k a m s S E e D Z; put text between single quotes",
		`Time.fromStringToIso8601(user.x, "dd.MM.yy")`:               "line 1, column 34: a year of two digits is read by the current date: write yyyy; the letters are y M d H h K k a m s S E e D Z; put text between single quotes",
		`Time.fromStringToIso8601("31.02.2015", "dd.MM.yyyy")`:       fits,
		`Time.fromStringToIso8601("2015-07-31 x", "yyyy-MM-dd")`:     fits,
		`Time.fromStringToIso8601("Mon 2015-07-31", "E yyyy-MM-dd")`: fits,
		`Time.fromStringToIso8601("201507", "yyyyMMdd")`:             fits,
		`Time.fromStringToIso8601("25:00", "HH:mm")`:                 fits,
		`Time.fromStringToIso8601("2015-366", "yyyy-D")`:             fits,
	} {
		if _, err := el.Parse(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%s) = %v, want %q", source, err, want)
		}
	}
}

// A table of values is as long as a company has departments.
func TestLongChain(t *testing.T) {
	for name, form := range map[string][2]string{"else-ifs": {"", ""}, "in parentheses": {"(", ")"}} {
		var source strings.Builder
		const n = 400
		for i := range n {
			fmt.Fprintf(&source, `user.department == "Department %d" ? "D%d" : %s`, i, i, form[0])
		}
		source.WriteString(`user.city ?: "none"` + strings.Repeat(form[1], n))
		e, err := el.Parse(source.String())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for department, want := range map[string]string{"Department 0": "D0", "Department 399": "D399", "Sales": "none"} {
			if got, err := e.Eval(el.Env{User: map[string]any{"department": department}}); err != nil || got != want {
				t.Errorf("%s: of %s = %v, %v, want %s", name, department, got, err, want)
			}
		}
	}
}

// The table holds what ISO 3166-1 holds: 249 countries, and each of the four
// names of one leads back to it.
func TestCountryTable(t *testing.T) {
	e := mustParse(t, `{Iso3166Convert.toAlpha2(user.c), Iso3166Convert.toAlpha3(user.c),
		Iso3166Convert.toNumeric(user.c), Iso3166Convert.toName(user.c)}`)
	lookUp := func(code any) any {
		got, err := e.Eval(el.Env{User: map[string]any{"c": code}})
		if err != nil {
			t.Fatalf("Eval for %v: %v", code, err)
		}
		return got
	}
	count := 0
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			code := string(first) + string(second)
			row := lookUp(code).([]any)
			if row[0] == nil {
				continue
			}
			count++
			for i, name := range row {
				if got := lookUp(name); !cmp.Equal(got, any(row)) {
					t.Errorf("country %s by its name %d, %v: %v, want %v", code, i, name, got, row)
				}
			}
		}
	}
	if count != 249 {
		t.Errorf("%d countries, want 249", count)
	}
}

func TestCountries(t *testing.T) {
	testEval(t, []evalCase{
		{`Iso3166Convert.toAlpha2("us")`, "US"},
		{`Iso3166Convert.toAlpha3("DE")`, "DEU"},
		{`Iso3166Convert.toNumeric("AF")`, "004"},
		{`Iso3166Convert.toName("004")`, "Afghanistan"},
		{`Iso3166Convert.toName("4")`, "Afghanistan"},
		{`Iso3166Convert.toName(4)`, "Afghanistan"},
		{`Iso3166Convert.toAlpha2("United States")`, "US"},
		{`Iso3166Convert.toAlpha2("united states of america")`, "US"},
		{`Iso3166Convert.toAlpha2("Türkiye")`, "TR"},
		{`Iso3166Convert.toAlpha2(" FR ")`, "FR"},
		{`Iso3166Convert.toAlpha2("XX")`, nil},
		{`Iso3166Convert.toAlpha2("0840")`, nil},
		{`Iso3166Convert.toAlpha2("")`, nil},
		{`Iso3166Convert.toAlpha2("Nowhere")`, nil},
	})
}

// Whatever a profile holds, Eval's time and memory stay bounded: a value past a
// bound is an error where it arises.
func TestValuesAreBounded(t *testing.T) {
	long := strings.Repeat("x", el.MaxStringBytes)
	many := make([]any, el.MaxElements)
	deep := any("x")
	for range 20 {
		deep = []any{deep}
	}
	env := el.Env{User: map[string]any{
		"long": long, "longer": long + "x", "many": many, "more": append(many[:len(many):len(many)], 1), "deep": deep,
		"nan": math.NaN(), "inf": math.Inf(1), "big": 1e308, "max": int64(math.MaxInt64), "min": int64(math.MinInt64),
	}}
	mustEval(t, `user.long`, env)
	mustEval(t, `user.many`, env)
	cases := []struct{ src, want string }{
		{`user.longer`, `line 1, column 1: the string is longer than 65536 bytes`},
		{`"x" + user.long`, `line 1, column 5: the string is longer than 65536 bytes`},
		{`String.append(user.long, "x")`, `line 1, column 1: String.append: the result is too long`},
		{`String.join("", user.long, "x")`, `line 1, column 1: String.join: the result is too long`},
		{`String.replace(user.long, "x", user.long)`, `line 1, column 1: String.replace: the result is too long`},
		{`user.long.replaceFirst("x", "yy")`, `line 1, column 11: replaceFirst: the result is too long`},
		{`String.toUpperCase(String.replace(user.long, "xxx", "ΐ"))`, `line 1, column 1: the string is longer than 65536 bytes`},
		{`Arrays.toCsvString({user.long, 1})`, `line 1, column 1: Arrays.toCsvString: the result is too long`},
		{`user.more`, `line 1, column 1: the array has more than 10000 elements`},
		{`Arrays.add(user.many, 1)`, `line 1, column 1: the array has more than 10000 elements`},
		{`Arrays.flatten(user.many, 1)`, `line 1, column 1: Arrays.flatten: the result has too many elements`},
		{`{user.many, user.many}`, `line 1, column 1: the array has more than 10000 elements`},
		{`user.deep`, `line 1, column 1: the attribute's arrays are nested more than 16 deep`},
		{`user.nan`, `line 1, column 1: the number is not finite`},
		{`user.inf`, `line 1, column 1: the number is not finite`},
		{`user.big * 10`, `line 1, column 10: the number is not finite`},
		{`user.max + 1`, `line 1, column 10: the integer overflows 64 bits`},
		{`user.min - 1`, `line 1, column 10: the integer overflows 64 bits`},
		{`user.max * 2`, `line 1, column 10: the integer overflows 64 bits`},
		{`user.min * -1`, `line 1, column 10: the integer overflows 64 bits`},
		{`-1 * user.min`, `line 1, column 4: the integer overflows 64 bits`},
		{`user.min / -1`, `line 1, column 10: the integer overflows 64 bits`},
		{`-user.min`, `line 1, column 1: the integer overflows 64 bits`},
		{`Convert.toInt(user.big)`, `line 1, column 1: Convert.toInt: the number is not within 64 bits`},
	}
	for _, c := range cases {
		if _, err := mustParse(t, c.src).Eval(env); err == nil || err.Error() != c.want {
			t.Errorf("Eval(%s) error = %v, want %s", c.src, err, c.want)
		}
	}
}
