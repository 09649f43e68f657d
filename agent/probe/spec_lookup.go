package probe

import (
	"encoding/json"
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

func specLookupChecks() []Check {
	const okta = "Okta takes what comes for a match: it links the new person to somebody else's account, and overwrites it."
	return []Check{
		{
			ID: "spec.lookup-miss", Level: Required, Source: "SPEC test 3; RFC 7644, 3.4.2.2", Title: "looking up a name that nobody has finds nobody",
			Okta: okta, Task: "Error while checking whether the user exists", Remedy: `apply the filter userName eq "…"; without a hit answer 200 with totalResults 0`, run: lookupMiss,
		}, {
			ID: "spec.lookup-random-miss", Level: Required, Source: "SPEC test 5", Title: "looking up a new, random address finds nobody",
			Okta: okta, Remedy: "apply the filter to every value", run: lookupRandom,
		}, {
			ID: "spec.lookup-upper", Level: Required, Source: "SPEC test 9", Title: "a look-up in capitals is answered 200",
			Okta: "The create of a person whose login is in capitals fails.", Remedy: "take the filter's value in any case", run: lookupUpper,
		}, {
			ID: "spec.lookup-form", Level: Info, Source: "Okta, SCIM 2.0 reference, Determine if the user already exists", Title: "the form of an answer without a hit",
			Okta: "Okta takes 200 with an empty list and 404 with the Error schema alike; its SPEC suite wants 200.", run: lookupForm,
		},
	}
}

const unknownName = "abcdefgh@atko.com" // the SPEC suite's own

func lookupMiss(t *trial) { t.noneFound(unknownName) }

func lookupRandom(t *trial) { t.noneFound(t.userName("nobody")) }

// noneFound fails unless a look-up says that there is no account, in either form.
func (t *trial) noneFound(name string) {
	x := t.get(filtered("/Users", scim.FilterEq(scim.PathUserName, name)))
	if x.Status == http.StatusNotFound {
		t.expect(hasSchema(x.object(), scim.SchemaError), "404 without the Error schema")
		return
	}
	list := t.objectOf(x, "the look-up")
	if list == nil {
		t.okta = "The look-up comes before every create: nobody is provisioned."
		return
	}
	n := len(list.list("Resources"))
	t.expect(n == 0, "%d accounts are found, none of which was asked for", n)
	t.expect(hasSchema(list, scim.SchemaListResponse), "schemas lacks %s", scim.SchemaListResponse)
	t.expect(list.has("Resources") || list.counts("totalResults", 0), "the answer is not a list: it has no Resources")
	if n == 0 {
		total := list.get("totalResults")
		_, counted := total.(json.Number)
		t.expect(!counted || list.counts("totalResults", 0), "totalResults is %s although nobody is found", spelled(total))
	}
}

func lookupUpper(t *trial) {
	u := t.anyUser()
	if u == nil {
		return
	}
	x := t.get(filtered("/Users", scim.FilterEq(scim.PathUserName, strings.ToUpper(u.text("userName")))))
	t.expect(x.ok() || x.Status == http.StatusNotFound, "the look-up %s%s", x.answered(), detailOf(x))
}

func lookupForm(t *trial) {
	x := t.get(filtered("/Users", scim.FilterEq(scim.PathUserName, unknownName)))
	t.note("it is %d", x.Status)
}
