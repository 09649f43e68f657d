package probe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
)

// specChecks are Okta's SPEC suite (Okta-SCIM-20-SPEC-Test.json, exported 2024-05-13),
// in its order, and what Okta's documents demand of the same requests.
func specChecks() []Check {
	list := []Check{{
		ID: "spec.credentials", Level: Required, Source: "Okta, Test API Credentials; SPEC test 1; manual plan C9306, C9340",
		Title:  "the credentials are accepted: GET /Users?startIndex=1&count=2 answers with a list",
		Okta:   "Okta refuses to save the integration.",
		Task:   "Error authenticating",
		Remedy: "accept the value of the Authorization header as it is typed into Okta, and the header Accept: application/scim+json; answer 200 with a ListResponse",
		run:    credentials,
	}}
	list = append(list, specListChecks()...)
	list = append(list, specLookupChecks()...)
	list = append(list, specErrorChecks()...)
	list = append(list, specWriteChecks()...)
	return append(list, specGroupChecks()...)
}

func specListChecks() []Check {
	return []Check{
		{
			ID: "spec.users-list", Level: Required, Source: "SPEC test 1", Title: "a list of one user answers 200 with the ListResponse schema",
			Okta: "Imports and look-ups fail; the SPEC suite, which the catalogue demands, stops here.", Remedy: "answer 200 and " + scim.SchemaListResponse, run: usersList,
		}, {
			ID: "spec.users-list-numbers", Level: Required, Source: "SPEC test 1; RFC 7644, 3.4.2; support.okta.com 0D54z0000A4i091CQA",
			Title:  "itemsPerPage, startIndex and totalResults are JSON numbers",
			Okta:   "The look-up before each create ends in application.provision.user.sync FAILURE, reason null, and nothing more is sent: nobody is provisioned and no message says why.",
			Remedy: "write the counters as numbers, not as strings", run: listNumbers,
		}, {
			ID: "spec.active-boolean", Level: Required, Source: "Okta, Active resources; RFC 7643, 4.1.1", Title: "active is a JSON boolean in every user of the list",
			Okta: "Okta cannot tell whether the account is active: a returner is not activated, or an import skips the account.", Remedy: "show active of every user, as true or false without quotes", run: listActive,
		}, {
			ID: "spec.users-not-empty", Level: Recommended, Source: "SPEC test 1", Title: "the server has at least one user",
			Okta: "Okta's engine does not mind; its SPEC suite needs one before it starts.", Remedy: "make one user before the suite is run", run: notEmpty,
		}, {
			ID: "spec.first-user", Level: Required, Source: "SPEC test 1", Title: "the first user has id, userName, active, family and given name",
			Okta: "The SPEC suite fails, and an import of such a user is incomplete.", Remedy: "show these attributes of every user; give users that were there before a name", run: firstUser,
		}, {
			ID: "spec.first-user-email", Level: Required, Source: "SPEC test 1", Title: "the first user has an e-mail address with a value",
			Okta: "The SPEC suite fails; an import cannot match the user by e-mail.", Remedy: "show emails with a value for every user, those that were there before included", run: firstEmail,
		}, {
			ID: "spec.user-by-id", Level: Required, Source: "SPEC test 2", Title: "reading that user by id shows the same user with the same attributes",
			Okta:   "Before each update Okta reads the user and puts back what it read: what is missing there is lost, and a list in place of the user goes back as it is.",
			Remedy: "answer GET /Users/{id} with the user, in the same form as in the list", run: userByID,
		},
	}
}

func credentials(t *trial) {
	err := t.client().TestCredentials(t.ctx, false)
	if x := t.redirected(); x != nil {
		t.misdirected(x)
		return
	}
	if err == nil {
		return
	}
	t.failure = err
	x := t.last()
	switch {
	case x == nil || x.Err != nil:
		t.fail("nothing answers: %v", err)
	case x.Status == http.StatusUnauthorized || x.Status == http.StatusForbidden:
		t.fail("the credentials are refused: %d%s", x.Status, detailOf(x))
	case x.Status == http.StatusNotFound:
		t.fail("there is no /Users below this base URL: 404%s", detailOf(x))
		t.remedy = "give the SCIM base URL, the part before /Users"
	case x.Status == http.StatusBadRequest && strings.HasPrefix(t.target, "http:") && bytes.Contains(x.Body, []byte("HTTPS")):
		t.fail("the list of users %s%s", x.answered(), detailOf(x))
		t.remedy = "write https:// before the host: the server speaks TLS there"
	case x.ok():
		t.fail("%d, and the answer is not SCIM's%s", x.Status, reasonOf(err))
		t.remedy = "give the SCIM base URL, the part before /Users; answer 200 with a ListResponse"
	case x.Status >= 500:
		t.fail("the list of users %s%s", x.answered(), detailOf(x))
		t.remedy = "look into the log of the server: it has failed; or of the proxy before it"
	default:
		t.fail("the list of users %s%s", x.answered(), detailOf(x))
	}
}

// redirected is the first exchange that was answered with a redirect. The client may have
// followed it: that of a write it never does.
func (t *trial) redirected() *Exchange {
	for _, x := range t.since(0) {
		if x.Err == nil && x.Status/100 == 3 {
			return x
		}
	}
	return nil
}

func (t *trial) misdirected(x *Exchange) {
	to, err := url.Parse(x.Header.Get("Location"))
	base, baseErr := url.Parse(t.target)
	switch {
	case err != nil || baseErr != nil || *to == url.URL{}:
		t.failAt(x, "the request is redirected to nowhere")
	case to.Host != "" && to.Hostname() != base.Hostname():
		t.failAt(x, "the request is redirected to %s, as to a page for signing in", to.Host)
	default:
		where := *to
		where.RawQuery, where.User = "", nil
		t.failAt(x, "the request is redirected to %s", &where)
		t.remedy = "answer at this very address, with or without a slash at its end, or give the base URL to which it redirects: a redirected write loses its method or its body"
	}
}

// firstPage asks for one user as the SPEC suite does: count before startIndex.
func (t *trial) firstPage() object {
	return t.objectOf(t.get("/Users?count=1&startIndex=1"), "the list")
}

func usersList(t *trial) {
	if list := t.firstPage(); list != nil {
		t.expect(t.last().Status == http.StatusOK, "the status is %d, not 200", t.last().Status)
		t.expect(hasSchema(list, scim.SchemaListResponse), "schemas lacks %s", scim.SchemaListResponse)
		_, isList := list.get("Resources").([]any)
		t.expect(isList || list.counts("totalResults", 0), "Resources is not an array")
	}
}

func listNumbers(t *trial) {
	list := t.firstPage()
	if list == nil {
		return
	}
	t.numbers(list)
	if len(t.findings) > 0 {
		return
	}
	for _, key := range []string{"startIndex", "itemsPerPage"} {
		if !t.expect(list.has(key), "%s is missing", key) {
			t.okta = "Okta's SPEC suite, which the catalogue demands, fails; what its engine makes of it is not known."
			t.remedy = "write itemsPerPage, startIndex and totalResults, as numbers"
		}
	}
}

// numbers fails for counters of a list that are no numbers.
func (t *trial) numbers(list object) {
	for _, key := range []string{"totalResults", "startIndex", "itemsPerPage"} {
		switch v := list.get(key).(type) {
		case json.Number:
			n, whole := number(v)
			t.expect(whole && n >= 0, "%s is %s, not a whole number", key, v)
		case nil:
			t.expect(key != "totalResults", "totalResults is missing")
		case string:
			t.fail("%s is the string %s", key, spelled(v))
		default:
			t.fail("%s is %s, not a number", key, spelled(v))
		}
	}
}

func listActive(t *trial) {
	list := t.page("/Users", 1, 100)
	if list == nil {
		return
	}
	users := list.entries("Resources")
	if len(users) == 0 {
		t.skip("the server has no users")
		return
	}
	for _, u := range users {
		if v := u.get("active"); v != true && v != false {
			t.fail("active of id %s is %s", u.id(), spelled(v))
			return
		}
	}
}

// spelled shows a decoded JSON value as JSON has it.
func spelled(v any) string {
	switch v := v.(type) {
	case nil:
		return "missing or null"
	case string:
		return quoted(v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

func notEmpty(t *trial) {
	if list := t.firstPage(); list != nil {
		t.expect(len(list.list("Resources")) > 0, "the list is empty")
	}
}

// anyUser is the first user that the server shows; nil when it has none.
func (t *trial) anyUser() object {
	list := t.firstPage()
	if list == nil {
		return nil
	}
	users := list.entries("Resources")
	if len(users) == 0 {
		t.skip("the server has no users")
		return nil
	}
	return users[0]
}

func firstUser(t *trial) {
	u := t.anyUser()
	if u == nil {
		return
	}
	var missing []string
	for name, there := range map[string]bool{
		"id": u.id() != "", "userName": u.text("userName") != "", "active": u.get("active") != nil,
		pathFamily: u.child("name").text("familyName") != "", pathGiven: u.child("name").text("givenName") != "",
	} {
		if !there {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	t.expect(len(missing) == 0, "the first user lacks %s", strings.Join(missing, ", "))
}

func firstEmail(t *trial) {
	if u := t.anyUser(); u != nil {
		t.expect(u.primaryEmail() != "", "the first user has no e-mail address")
	}
}

func userByID(t *trial) {
	listed := t.anyUser()
	if listed == nil || !t.expect(listed.id() != "", "the first user has no id") {
		return
	}
	one := t.read(resource("/Users", listed.id()))
	if one == nil {
		return
	}
	if one.has("Resources") {
		t.fail("GET /Users/{id} answers with a list in place of the user")
		return
	}
	t.expect(one.id() == listed.id(), "the id is %q, asked was %q", one.id(), listed.id())
	var missing []string
	for key := range maps.Keys(listed) {
		if !one.has(key) {
			missing = append(missing, key)
		}
	}
	slices.Sort(missing)
	t.expect(len(missing) == 0, "by id the user lacks %s, which the list shows", strings.Join(missing, ", "))
}

// slow tells how long an exchange took, for people.
func slow(d time.Duration) string { return d.Round(time.Millisecond).String() }
