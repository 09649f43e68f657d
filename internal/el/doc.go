// Package el parses and evaluates the subset of the Okta Expression Language
// that maps a user to the attributes of an app.
//
// The language is Okta's (https://developer.okta.com/docs/reference/okta-expression-language/),
// which is a subset of the Spring Expression Language, SpEL. An expression that
// works in Okta's mapping editor gives the same value here, or Parse refuses it
// with a line, a column and a hint; it is never read as something else. Where
// Okta documents no result, the tables below say which one was chosen.
//
// # Model
//
// Parse compiles a source once: a lexer, a parser and a static check of names,
// argument counts and types. The compiled Expr is a tree without loops, state,
// clock or I/O, so that Eval is a pure function of its Env and always ends.
// Sizes are bounded by the Max constants. Eval does not panic.
//
// A value is null, a boolean, a number (int64 or float64), a string or an array
// of values.
//
// # Names
//
//	user.x, user['x']    attribute x of the Okta profile; source.x is the same
//	appuser.x            attribute x of the app's profile; appUser.x is the same
//	app.x                property x of the app
//	user.getInternalProperty("id" or "status")    what Okta itself keeps of the user; user.id
//	                     and user.status are attributes of the profile
//
// A missing attribute is null, one that was cleared is "", as in Okta.
//
// # Operators, loosest first
//
//	c ? a : b   a ?: b                ?: takes b if a is null or ""
//	OR ||
//	AND &&                            words in any case
//	== != < <= > >= matches           do not chain
//	+ -
//	* / %
//	! NOT - +                         bind more tightly than ==, as in SpEL
//	x[0]   x.method()
//
// Literals are 'text' and "text", 1234, 3.141, true, false, null and {1, 2, 3}.
// In a string a backslash is itself, as in Okta's "XDOMAIN\" + user.login; a
// doubled quote is a quote, as in SpEL.
//
// # Functions
//
// The String, Arrays, Convert and Iso3166Convert functions of Okta, the four
// Time functions that convert timestamps, the functions of String without
// "String." (Okta deprecates them), and Identity Engine's methods of strings,
// arrays and numbers, such as user.firstName.toLowerCase(). A function that
// needs more than one user's attributes is refused by its name.
//
// # Null
//
//	null + "x", null * 2, -null       null. Okta documents nothing and SpEL makes the
//	                                  text "nullx"; half a name is worse than none, and
//	                                  (user.x ?: "") asks for the empty string
//	String.append(null, "x") …        null, for String, Convert, Iso3166Convert and Time
//	                                  functions and methods, apart from these:
//	String.len(null)                  0
//	String.stringContains(null, "x")  false, startsWith and matches too
//	String.join(",", "a", null)       "a": null strings are left out
//	String.stringSwitch(null, d, …)   d, the default; a null key matches nothing
//	Arrays.size(null)                 0: null is the empty array to all Arrays functions
//	                                  but get, which returns null
//	Arrays.flatten(null, 1)           {1}; a null within an array is kept
//	Arrays.toCsvString({null, 1})     "1"
//	null[0]                           null
//	null ? a : b, !null, null AND x   null does not hold
//	null == null, null == x           true, false
//	null < 1, 1 < null                true, false: null is least, as in SpEL
//
// # Strings
//
//	String.len, index arguments       count UTF-16 units, as Java
//	substring(s, start, end)          bounds outside the string are brought inside, so
//	                                  that substring(user.lastName, 0, 6) takes any name;
//	                                  start ≥ end gives "". A bound within a character
//	                                  beyond U+FFFF leaves that character out
//	substringBefore, not found        the whole string
//	substringAfter, not found         ""
//	replace, replaceFirst             literal text, no pattern; "" matches nothing
//	removeSpaces                      removes all white space
//	toUpperCase, toLowerCase          Unicode's full mapping, as Java: "ß" becomes "SS"
//	"a" + 1, "a" + true               "a1", "atrue"; arrays do not concatenate
//	"a" + 2.0                         "a2": integers of a JSON profile may arrive as
//	                                  float64 and must look like integers
//	a number or boolean as argument   its text, where a string is wanted
//	s matches "p"                     p, a literal, matches all of s. RE2's syntax: what
//	                                  only Java has, look-around for one, is refused
//	"a" < "b"                         by code point
//
// # Numbers
//
//	7 / 2, -7 / 2, -7 % 2             3, -3, -1: integers stay integers, as in Java
//	7 / 2.0                           3.5
//	1 / 0, 1.0 / 0, 1 % 0             an error
//	overflow of 64 bits               an error (Okta's integers have 32 bits and wrap)
//	1 == 1.0                          true
//	Convert.toInt(-1.5), of "2.5"     -1, 3: to the nearest, halves upwards, as Java
//	Convert.toInt("abc")              an error
//	Convert.toInt(""), toNum("")      null
//
// # Arrays
//
//	a string given to Arrays.*        its comma-separated fields, trimmed, as strings
//	Arrays.get, x[n] behind the end   null, as a missing attribute; x may be a string
//	x[-1]                             an error
//	Arrays.remove                     removes every equal element
//	Arrays.toCsvString                no quoting; nested arrays are flattened
//
// # Types
//
//	1 == "1"                          false; Parse refuses it if both types are known
//	1 < "1", true < false             an error
//	"yes" ? a : b, !"x"               an error: a condition is boolean or null
//	Iso3166Convert of unknown         null. Codes and names in any case, numbers with or
//	                                  without leading zeros; toName gives ISO's English
//	                                  short name
package el
