package probe

import (
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

func quirkFilterChecks() []Check {
	return []Check{
		{ID: "quirks.filter-escaped-quote", Level: Required, Source: "RFC 7644, 3.4.2.2", Title: "a filter whose value has an escaped quote is read",
			Okta: "People and groups with a quote in their name cannot be provisioned.", Task: taskCreate, Remedy: "read the filter's value as a JSON string", run: escapedQuote},
		{ID: "quirks.filter-plus", Level: Recommended, Source: "Okta, SCIM provisioning standards, 2018", Title: "blanks of a filter may be written as %20 and as +",
			Okta: "Okta sends %20 today, and sent + in 2018.", Remedy: "decode the query as a form", run: filterPlus},
		{ID: "quirks.filter-case", Level: Recommended, Writes: true, Source: "RFC 7643, 4.1.1, caseExact false; zulip/zulip#21758", Title: "a look-up finds an account whatever the case of the name",
			Okta: "Okta asks for the login as it is spelt in Okta: the account is not found, and the POST ends in 409.", Task: taskCreate, Remedy: "compare userName without regard to case", run: filterCase},
		{ID: "quirks.filter-group-case", Level: Recommended, Writes: true, Source: "RFC 7643, 4.2", Title: "a look-up finds a group whatever the case of the name",
			Okta: "A group that was renamed in case alone is made a second time.", Task: taskGroup, Remedy: "compare displayName without regard to case", run: filterGroupCase},
		{ID: "quirks.filter-attribute-case", Level: Recommended, Source: "RFC 7643, 2.1", Title: "the attribute of a filter may be spelt in any case",
			Okta: "Okta always writes userName.", Remedy: "compare names of attributes without regard to case", run: filterAttributeCase},
		{ID: "quirks.filter-operator-case", Level: Recommended, Source: "RFC 7644, 3.4.2.2", Title: "the operator of a filter may be spelt in any case",
			Okta: "Okta always writes eq.", Remedy: "compare operators without regard to case", run: filterOperatorCase},
		{ID: "quirks.filter-email", Level: Recommended, Source: "RFC 7644, 3.4.2.2", Title: "a filter by e-mail address is answered",
			Okta: "Okta announced it in 2018 and was never seen to send it; this agent does so after a 409.", Remedy: "apply the filter, or refuse it with 400", run: filterEmail},
		{ID: "quirks.filter-other", Level: Recommended, Source: "RFC 7644, 3.4.2.2; RFC 7643, 5", Title: "a server that announces filters takes those with sw and with and",
			Okta: "Okta sends eq alone.", Remedy: "take the filters of RFC 7644, or announce filter.supported false", run: filterOther},
		{ID: "quirks.filter-letters", Level: Recommended, Writes: true, Source: "RFC 7643, 4.1.1", Title: "letters that look alike are not one: K and the Kelvin sign, s and the long s",
			Okta: "Two people share a name on the server, or one cannot be made.", Task: taskCreate, Remedy: "compare names in lower and in upper case, not by a fold of Unicode's", run: filterLetters},
	}
}

// someName is the userName of an account on the server, the run's own where it may write.
func (t *trial) someName() string {
	if t.options.AllowWrites {
		if people := t.pool(1); people != nil {
			return people[0].name()
		}
		t.why = ""
	}
	if u := t.anyUser(); u != nil {
		return u.text("userName")
	}
	return ""
}

// oneHit fails unless a query finds exactly the user of a name.
func (t *trial) oneHit(query, name, how string) {
	x := t.get("/Users?" + query)
	if !t.expect(x.ok(), "%s %s%s", how, x.answered(), detailOf(x)) {
		return
	}
	users := x.object().entries("Resources")
	t.expect(len(users) == 1 && scim.SameName(users[0].text("userName"), name), "%s finds %s, not the one", how, counted(len(users), "user", "users"))
}

func escapedQuote(t *trial) {
	for _, endpoint := range []string{"/Users", "/Groups"} {
		if endpoint == "/Groups" && !t.hasGroups() {
			continue
		}
		attribute := scim.PathUserName
		if endpoint == "/Groups" {
			attribute = scim.PathDisplayName
		}
		x := t.get(filtered(endpoint, scim.FilterEq(attribute, t.session.run+` "quoted" \`)))
		t.expect(x.ok() || x.Status == http.StatusNotFound, "the filter on %s %s%s", endpoint, x.answered(), detailOf(x))
		t.expect(len(x.object().list("Resources")) == 0, "the filter on %s finds what it does not name", endpoint)
	}
}

func filterPlus(t *trial) {
	name := t.someName()
	if name == "" {
		return
	}
	plus := strings.ReplaceAll(scim.QueryEscape(scim.FilterEq(scim.PathUserName, name)), "%20", "+")
	t.oneHit("filter="+plus+"&startIndex=1&count=100", name, "a filter with +")
}

func filterCase(t *trial) {
	people := t.pool(1)
	if people == nil {
		return
	}
	a := people[0]
	t.found(a, capitals(a.name()))
}

// capitals is how a person might spell a login.
func capitals(s string) string { return strings.ToUpper(s) }

func filterGroupCase(t *trial) {
	g := t.group("Case")
	if g == nil {
		return
	}
	called := g.name
	hits, _, fine := t.hits("/Groups", scim.PathDisplayName, scim.LowerCase(called))
	if fine {
		t.expect(len(hits) == 1, "in lower case the look-up of %q finds %d groups", called, len(hits))
	}
}

func filterAttributeCase(t *trial) {
	if name := t.someName(); name != "" {
		t.oneHit("filter="+scim.QueryEscape("USERNAME eq "+quoted(name))+"&startIndex=1&count=100", name, "a filter on USERNAME")
	}
}

func filterOperatorCase(t *trial) {
	if name := t.someName(); name != "" {
		t.oneHit("filter="+scim.QueryEscape("userName EQ "+quoted(name))+"&startIndex=1&count=100", name, "a filter with EQ")
	}
}

// nobody is the local part of an address that nobody has, with its sign.
const nobody = "nobody@"

func filterEmail(t *trial) {
	x := t.get(filtered("/Users", scim.FilterEq("emails.value", nobody+t.options.Domain)))
	refused := x.Status == http.StatusBadRequest || x.Status == http.StatusNotFound || x.Status == http.StatusNotImplemented
	if t.expect(x.ok() || refused, "the filter %s%s", x.answered(), detailOf(x)) && x.ok() {
		t.expect(len(x.object().list("Resources")) == 0, "the filter finds what it does not name")
	}
}

func filterOther(t *trial) {
	config := t.get("/ServiceProviderConfig")
	if config.object().child("filter").get("supported") != true {
		t.skip("the server does not announce filters")
		return
	}
	name := t.someName()
	if name == "" {
		return
	}
	head, _, _ := strings.Cut(name, "@")
	for _, f := range []string{
		"userName sw " + quoted(head), scim.FilterEq(scim.PathUserName, name) + " and active eq true", "userName pr",
	} {
		x := t.get(filtered("/Users", f))
		t.expect(x.ok() && len(x.object().list("Resources")) > 0, "the filter %s %s%s", strings.ReplaceAll(f, quoted(name), `"…"`), x.answered(), detailOf(x))
	}
}

func filterLetters(t *trial) {
	a := t.account("Kiss") // K, and two letters s
	if a == nil {
		return
	}
	for _, alike := range []struct{ name, text string }{{"the Kelvin sign finds the name with K", "\u212aiss"}, {"the long s finds the name with s", "Ki\u017fs"}} {
		x := t.get(filtered("/Users", scim.FilterEq(scim.PathUserName, strings.Replace(a.name(), "Kiss", alike.text, 1))))
		if x.ok() {
			t.expect(len(x.object().list("Resources")) == 0, "the look-up with %s", alike.name)
		}
	}
}
