package el_test

import "testing"

// The tables below are the samples of Okta's pages "Okta Expression Language"
// and "Okta Expression Language in Okta Identity Engine", verbatim where the
// language is the same.

func TestOktaStringSamples(t *testing.T) {
	testEval(t, []evalCase{
		{`String.append("This is", " a test")`, "This is a test"},
		{`String.join(",", "This", "is", "a", "test")`, "This,is,a,test"},
		{`String.join("", "This", "is", "a", "test")`, "Thisisatest"},
		{`String.len("This")`, int64(4)},
		{`String.removeSpaces("This is a test")`, "Thisisatest"},
		{`String.replace("This is a test", "is", "at")`, "That at a test"},
		{`String.replaceFirst("This is a test", "is", "at")`, "That is a test"},
		{`String.startsWith("Kiss", "K")`, true},
		{`String.stringContains("This is a test", "test")`, true},
		{`String.stringContains("This is a test", "doesn'tExist")`, false},
		{`String.stringSwitch("This is a test", "default", "key1", "value1")`, "default"},
		{`String.stringSwitch("This is a test", "default", "test", "value1")`, "value1"},
		{`String.stringSwitch("First match wins", "default", "absent", "value1", "wins", "value2", "match", "value3")`, "value2"},
		{`String.stringSwitch("Substrings count", "default", "ring", "value1")`, "value1"},
		{`String.substring("This is a test", 2, 9)`, "is is a"},
		{`String.substringAfter("abc@okta.com", "@")`, "okta.com"},
		{`String.substringBefore("abc@okta.com", "@")`, "abc"},
		{`String.toUpperCase("This")`, "THIS"},
		{`String.toLowerCase("ThiS")`, "this"},
		{`toUpperCase(source.firstName)`, "WINSTON"},
		{`toLowerCase(source.firstName)`, "winston"},
		{`substringBefore(user.email, '@')`, "winston.churchill"},
		{`substringAfter(user.email, '@')`, "gmail.com"},
		{`substring(source.firstName, 1, 4)`, "ins"},
		{`substring("Alexander", 1, 4)`, "lex"},
	})
}

func TestOktaArraySamples(t *testing.T) {
	testEval(t, []evalCase{
		{`Arrays.add({10, 20, 30}, 40)`, []any{int64(10), int64(20), int64(30), int64(40)}},
		{`Arrays.add(user.intArray, 40)`, []any{int64(10), int64(20), int64(30), int64(40)}},
		{`Arrays.remove({10, 20, 30}, 20)`, []any{int64(10), int64(30)}},
		{`Arrays.remove(user.intArray, 20)`, []any{int64(10), int64(30)}},
		{`Arrays.clear({10, 20, 30})`, []any{}},
		{`Arrays.clear(user.intArray)`, []any{}},
		{`Arrays.get({0, 1, 2}, 0)`, int64(0)},
		{`Arrays.flatten(10, {20, 30}, 40)`, []any{int64(10), int64(20), int64(30), int64(40)}},
		{`Arrays.flatten('10, 20, 30, 40')`, []any{"10", "20", "30", "40"}},
		{`Arrays.contains({10, 20, 30}, 10)`, true},
		{`Arrays.contains({10, 20, 30}, 50)`, false},
		{`Arrays.size({10, 20, 30})`, int64(3)},
		{`Arrays.size(NULL)`, int64(0)},
		{`Arrays.isEmpty({10, 20})`, false},
		{`Arrays.isEmpty(NULL)`, true},
		{`Arrays.toCsvString({"This", "is", " a ", "test"})`, "This,is, a ,test"},
	})
}

func TestOktaConversionSamples(t *testing.T) {
	testEval(t, []evalCase{
		{`Convert.toInt('1234')`, int64(1234)},
		{`Convert.toInt(123.4)`, int64(123)},
		{`Convert.toInt(123.6)`, int64(124)},
		{`Convert.toNum('3.141')`, 3.141},
		{`Iso3166Convert.toAlpha2("IND")`, "IN"},
		{`Iso3166Convert.toAlpha3("840")`, "USA"},
		{`Iso3166Convert.toNumeric("USA")`, "840"},
		{`Iso3166Convert.toName("IN")`, "India"},
	})
}

func TestOktaOperatorSamples(t *testing.T) {
	testEval(t, []evalCase{
		{`'Hello world'`, "Hello world"},
		{`1234`, int64(1234)},
		{`3.141`, 3.141},
		{`true`, true},
		{`{1, 2, 3}[0]`, int64(1)},
		{`user.strArray[0]`, "one"},
		{`user.firstName + user.lastName`, "WinstonChurchill"},
		{`user.firstName + " " + user.lastName`, "Winston Churchill"},
		{`user.groupCode == 123 ? 'Sales' : 'Other'`, "Sales"},
		{`user.missing ?: {}`, []any{}},
		{`user.getInternalProperty("id")`, "00u1"},
		{`user.getInternalProperty('status') == "ACTIVE"`, true},
		{`user.id + " " + user.status`, "E-4711 contractor"}, // attributes that an org has added
	})
}

func TestOktaConditionSamples(t *testing.T) {
	testEval(t, []evalCase{
		{`String.stringContains(user.department, "Sales")`, true},
		{`user.city == "San Francisco"`, true},
		{`user.salary >= 1000000`, true},
		{`!user.isContractor`, true},
		{`user.salary > 1000000 AND !user.isContractor`, true},
		{`user.department matches "California-[a-zA-Z]+-Sales"`, true},
		{`user.primaryPhone matches "(\+\d{1,2}\s)?\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}"`, true},
		{`user.title matches '(?i)engineer'`, true},
		{`user.hasBadge`, true},
		{`Convert.toInt("2018") == user.yearJoined`, false},
		{`user.employeeNumber == null`, true},
		{`user.employeeNumber == ""`, false},
		{`user.empty == null`, false},
		{`user.empty == ""`, true},
		{`user.employeeNumber != "" AND user.employeeNumber != null ? user.employeeNumber : user.login`, "winston.churchill@gmail.com"},
		{`user.firstName + " " + (String.len(user.middleInitial) == 0 ? "" : (String.substring(user.middleInitial, 0, 1) + ". ")) + user.lastName`, "Winston S. Churchill"},
		{`user.firstName + " " + (String.len(user.missing) == 0 ? "" : (String.substring(user.missing, 0, 1) + ". ")) + user.lastName`, "Winston Churchill"},
		{`(user.empty != "" ? (user.empty + " ") : user.title != "" ? (user.title + " ") : "") + user.lastName`, "Engineer Churchill"},
		{`(user.email != null && user.email != '') ? 'work' : ''`, "work"},
	})
}

func TestOktaPopularExpressions(t *testing.T) {
	testEval(t, []evalCase{
		{`user.firstName`, "Winston"},
		{`user.firstName + "." + user.lastName`, "Winston.Churchill"},
		{`substring(user.firstName, 0, 1) + user.lastName`, "WChurchill"},
		{`substring(user.firstName, 0, 1) + substring(user.lastName, 0, 6)`, "WChurch"},
		{`toLowerCase(substring( user.firstName, 0, 1)) + "." + toLowerCase(user.lastName)`, "w.churchill"},
		{`toUpperCase(substringBefore( substringAfter(user.email, "@"), ".")) + "\" + substringBefore( user.email, "@")`, `GMAIL\winston.churchill`},
		{`toUpperCase(substringBefore( substringAfter(user.email, "@"), ".")) + "\" + toLowerCase(substring( user.firstName, 0, 1)) + toLowerCase(user.lastName)`, `GMAIL\wchurchill`},
		{`"XDOMAIN\" + toLowerCase(substring( user.firstName, 0, 1)) + toLowerCase(user.lastName)`, `XDOMAIN\wchurchill`},
		{`String.replace(Arrays.toCsvString(user.strArray),","," ")`, "one two"},
		{`String.substring(user.email, String.len(user.email)-9, String.len(user.email))`, "gmail.com"},
		{`String.toLowerCase(String.substringBefore(user.email, "@"))`, "winston.churchill"},
		{`String.stringContains(user.email, "@") ? String.substringBefore(user.email, "@") : user.email`, "winston.churchill"},
	})
}

func TestIdentityEngineMethods(t *testing.T) {
	testEval(t, []evalCase{
		{`'test'.toUpperCase()`, "TEST"},
		{`'TEST'.toLowerCase()`, "test"},
		{`'test'.substring(1)`, "est"},
		{`user.firstName.substring(1,3)`, "in"},
		{`'hello'.replace('l', 'p')`, "heppo"},
		{`user.firstName.replace('ton', 'low')`, "Winslow"},
		{`'hello'.replaceFirst('l', 'p')`, "heplo"},
		{`'test'.length()`, int64(4)},
		{`'This is a test'.removeSpaces()`, "Thisisatest"},
		{`'This is a test'.contains('test')`, true},
		{`'This is a test'.contains('Test')`, false},
		{`"john.doe@okta.com".substringBefore('@')`, "john.doe"},
		{`"john.doe@okta.com".substringAfter('@')`, "okta.com"},
		{`"john.doe@okta.com".substringAfter('.')`, "doe@okta.com"},
		{`user.intArray.contains(30)`, true},
		{`{1, 2, 3}.contains('one')`, false},
		{`user.strArray.size()`, int64(2)},
		{`{}.isEmpty()`, true},
		{`user.strArray.add('zero')`, []any{"one", "two", "zero"}},
		{`{'one', 'two'}.add('two')`, []any{"one", "two", "two"}},
		{`{1, 2, 3}.remove(1)`, []any{int64(2), int64(3)}},
		{`{2, 3}.remove(1)`, []any{int64(2), int64(3)}},
		{`{{1}, {2, 3}}.flatten()`, []any{int64(1), int64(2), int64(3)}},
		{`user.stringDouble.toInteger()`, int64(1)},
		{`user.stringDouble.toNumber()`, 1.1},
		{`'1.7'.toNumber()`, 1.7},
		{`1.1.toInteger()`, int64(1)},
		{`-1.6.toInteger()`, int64(-2)},
		{`'840'.parseCountryCode()`, "US"},
		{`'USA'.parseCountryCode().toAlpha2()`, "US"},
		{`'840'.parseCountryCode().toAlpha3()`, "USA"},
		{`'United States'.parseCountryCode().toNumeric()`, "840"},
		{`'US'.parseCountryCode().toName()`, "United States"},
		{`user.missing.toUpperCase()`, nil},
		{`user.missing.contains("x")`, false},
		{`user.missing.size()`, int64(0)},
		{`user.firstName.toUpperCase().substring(0, 3).toLowerCase()`, "win"},
		{`"Kiss".startsWith("K")`, true},
	})
}
