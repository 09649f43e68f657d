// Package oktatest is an Okta org with one app, over HTTP, for tests and
// demonstrations. It is to okta what net/http/httptest is to net/http.
//
//	org := oktatest.Start(oktatest.Options{})
//	defer org.Close()
//	ann := org.Hire(oktatest.Person{First: "Ann", Last: "Lee", Email: "ann@example.com"})
//	org.Assign(ann)
//
// The methods of Org are what admins and HR do to the org; they take effect at
// once. Over HTTP the org answers like the real one as far as reading an app
// goes: null where Okta sends null, error bodies and codes, Link headers on
// lines of their own whose next link forgets expand, default and maximum page
// sizes, rate-limit headers and 429s, timestamps cut to the second, DPoP, the
// System Log's endless next link.
//
// Where Okta's behaviour is not documented the org takes the form that is
// harder on its client: searches ignore case, the deletion of a person does not
// move the membership time of their groups, and a group that is embedded in an
// assignment does not tell its membership time.
//
// A method that is given an id which does not exist panics: the test is wrong.
package oktatest
