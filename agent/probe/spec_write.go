package probe

import (
	"net/http"
	"time"

	"okta-walkme-agent/internal/scim"
)

func specWriteChecks() []Check {
	return []Check{
		{
			ID: "spec.create", Level: Required, Writes: true, Source: "SPEC test 6", Title: "POST of a user as application/json, without a password, answers 201",
			Okta: "The SPEC suite fails. Okta's engine sends application/scim+json and a password.", Remedy: "take both content types, and users without a password", run: specCreate,
		}, {
			ID: "spec.created-user", Level: Required, Writes: true, Source: "SPEC test 6", Title: "the created user is active, has an id, both names and the User schema",
			Okta: "Okta keeps the id of this answer as the link to the account; without one the task fails and the account is an orphan.", Remedy: "answer 201 with the whole user", run: specCreated,
		}, {
			ID: "spec.case-kept", Level: Required, Writes: true, Source: "SPEC test 6; posthog/posthog#42253", Title: "userName comes back in the case in which it was sent",
			Okta: "The SPEC suite fails; an import sees another name than the one in Okta.", Remedy: "compare names without regard to case, and store them as they came", run: specCase,
		}, {
			ID: "spec.created-read", Level: Required, Writes: true, Source: "SPEC test 7", Title: "reading the created user shows userName and names as sent",
			Okta: "Okta's next update puts the wrong values back.", Remedy: "store what was sent", run: specRead,
		}, {
			ID: "spec.duplicate", Level: Required, Writes: true, Source: "SPEC test 8", Title: "the same POST again answers 409",
			Okta: "A second account for one person, and the look-up then finds two.", Remedy: "refuse a userName that is taken with 409, scimType uniqueness", run: specDuplicate,
		},
	}
}

// specUser is the account that the SPEC suite makes, with a name in mixed case.
func (t *trial) specUser(slug string) (*Exchange, string) {
	name := t.userName(slug + "-Runscope123Abcdef")
	return t.send(http.MethodPost, "/Users", t.specBody(name), func(h http.Header) {
		h.Set("Content-Type", "application/json")
		h.Set("Accept", "application/scim+json; charset=utf-8")
	}), name
}

func (t *trial) specBody(name string) string {
	return `{"schemas":["` + scim.SchemaUser + `"],"userName":` + quoted(name) + `,"name":{"givenName":"Probe","familyName":"Person"},"emails":[{"primary":true,"value":` +
		quoted(t.emailOf(name)) + `,"type":"work"}],"displayName":"Probe Person","active":true}`
}

func specCreate(t *trial) {
	x, _ := t.specUser("spec-create")
	if t.expect(x.Status == http.StatusCreated, "the POST %s%s", x.answered(), detailOf(x)) {
		t.expect(x.object() != nil, "the POST %s without the account in its body", x.answered())
	}
}

// specMade is the user of a SPEC POST, nil (and the check skipped) without one. Where
// the mixed case is refused, which spec.create says, the name is in lower case.
func (t *trial) specMade(slug string) (object, string) {
	x, name := t.specUser(slug)
	if x.Err == nil && x.Status == http.StatusBadRequest {
		name = scim.LowerCase(name)
		x = t.post("/Users", t.specBody(name))
	}
	if !x.ok() || x.object() == nil {
		t.skip("the POST %s (see spec.create)", x.answered())
		return nil, ""
	}
	return x.object(), name
}

func specCreated(t *trial) {
	o, _ := t.specMade("spec-created")
	if o == nil {
		return
	}
	t.expect(o.id() != "", "the answer has no id")
	t.expect(o.get("active") == true, "active is %s", spelled(o.get("active")))
	t.expect(o.child("name").text("givenName") == "Probe", "name.givenName is %s", spelled(o.child("name").get("givenName")))
	t.expect(o.child("name").text("familyName") == "Person", "name.familyName is %s", spelled(o.child("name").get("familyName")))
	t.expect(hasSchema(o, scim.SchemaUser), "schemas lacks %s", scim.SchemaUser)
}

func specCase(t *trial) {
	o, name := t.specMade("spec-case")
	if o == nil {
		return
	}
	t.expect(o.text("userName") == name, "userName is %q, sent was %q", o.text("userName"), name)
	if o.id() == "" {
		return
	}
	if again := t.read(resource("/Users", o.id())); again != nil {
		t.expect(again.text("userName") == name, "read again userName is %q, sent was %q", again.text("userName"), name)
	}
}

func specRead(t *trial) {
	o, name := t.specMade("spec-read")
	if o == nil || !t.expect(o.id() != "", "the answer to the POST has no id") {
		return
	}
	again := t.read(resource("/Users", o.id()))
	if again == nil {
		return
	}
	t.expect(scim.SameName(again.text("userName"), name), "userName is %s", spelled(again.get("userName")))
	t.expect(again.child("name").text("givenName") == "Probe", "name.givenName is %s", spelled(again.child("name").get("givenName")))
	t.expect(again.child("name").text("familyName") == "Person", "name.familyName is %s", spelled(again.child("name").get("familyName")))
}

func specDuplicate(t *trial) {
	_, name := t.specMade("spec-twice")
	if t.why != "" {
		return
	}
	x := t.send(http.MethodPost, "/Users", t.specBody(name), func(h http.Header) { h.Set("Content-Type", "application/json") })
	t.expect(x.Status == http.StatusConflict, "the second POST %s%s", x.answered(), detailOf(x))
}

func specGroupChecks() []Check {
	return []Check{
		{
			ID: "spec.groups", Level: Recommended, Source: "SPEC test 10, optional", Title: "/Groups answers 200",
			Okta: "Group Push and the import of groups cannot be switched on; people are provisioned all the same.", Remedy: "serve /Groups, or leave Group Push off", run: specGroups,
		}, {
			ID: "spec.groups-list", Level: Required, Source: "SPEC test 10", Title: "what /Groups answers is a ListResponse, counters as numbers",
			Okta: "Group Push fails at its look-up, and Okta's test of the credentials with it.", Task: "Error while searching for group", Remedy: "answer with a ListResponse, not with a bare array", run: specGroupList,
		}, {
			ID: "spec.groups-fast", Level: Recommended, Source: "SPEC test 10, optional", Title: "/Groups answers within 600 ms",
			Okta: "The SPEC suite notes it; Okta itself waits for 60 s.", Remedy: "do not read all members for a list", run: specGroupsFast,
		}, {
			ID: "spec.group-lookup-miss", Level: Required, Source: "Okta, SCIM 2.0 reference, Groups; FAQ 2026", Title: "looking up a group name that does not exist finds nothing",
			Okta: "Okta links the pushed group to a strange one, and overwrites its members.", Remedy: `apply the filter displayName eq "…"`, run: groupMiss,
		},
	}
}

func specGroups(t *trial) {
	x := t.get("/Groups?startIndex=1&count=100")
	t.groups = supported(x.ok())
	if x.Err == nil && (x.Status/100 == 4 || x.Status == http.StatusNotImplemented) {
		t.never("groups cannot be pushed: /Groups %s", x.answered())
	}
	t.expect(x.Status == http.StatusOK, "/Groups %s%s", x.answered(), detailOf(x))
}

func specGroupList(t *trial) {
	x := t.get("/Groups?startIndex=1&count=100")
	if !x.ok() {
		t.skip("the server has no groups (see spec.groups)")
		return
	}
	list := x.object()
	if !t.expect(list != nil, "the answer is not a JSON object: %.40s", x.Body) {
		t.never("groups cannot be pushed: what /Groups answers is no list")
		return
	}
	t.expect(hasSchema(list, scim.SchemaListResponse), "schemas lacks %s", scim.SchemaListResponse)
	t.expect(list.has("Resources") || list.counts("totalResults", 0), "the answer has no Resources")
	t.numbers(list)
}

func specGroupsFast(t *trial) {
	x := t.get("/Groups?startIndex=1&count=100")
	if !x.ok() {
		t.skip("the server has no groups (see spec.groups)")
		return
	}
	t.expect(x.Took <= 600*time.Millisecond, "it took %s", slow(x.Took))
}

func groupMiss(t *trial) {
	if !t.hasGroups() {
		t.skip("the server has no groups (see spec.groups)")
		return
	}
	x := t.get(filtered("/Groups", scim.FilterEq(scim.PathDisplayName, t.label("nothing"))))
	if x.Status == http.StatusNotFound {
		return
	}
	list := t.objectOf(x, "the look-up")
	if list == nil {
		t.okta = "The look-up comes before every push: no group is pushed."
		return
	}
	n := len(list.list("Resources"))
	t.expect(n == 0, "%d groups are found, none of which was asked for", n)
	t.expect(list.has("Resources") || list.counts("totalResults", 0), "the answer is not a list: it has no Resources")
}
