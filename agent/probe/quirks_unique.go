package probe

import (
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

func quirkUniqueChecks() []Check {
	return []Check{
		{ID: "quirks.unique-other-email", Level: Required, Writes: true, Source: "seen on public SCIM servers", Title: "a userName that is taken is 409, with another e-mail address, too",
			Okta: "Two accounts of one name; the look-up then finds two.", Remedy: "make userName unique, not the e-mail address", run: uniqueOtherEmail},
		{ID: "quirks.unique-same-email", Level: Recommended, Writes: true, Source: "RFC 7643, 4.1.2", Title: "two people may have one e-mail address",
			Okta: "The second person, such as an administrator's second account, gets 409 although no look-up finds the name.", Task: taskCreate, Remedy: "make userName unique, not the e-mail address", run: uniqueSameEmail},
		{ID: "quirks.unique-case", Level: Recommended, Writes: true, Source: "RFC 7643, 4.1.1; seen on public SCIM servers", Title: "a userName that differs in case alone is taken",
			Okta: "Two accounts; the look-up then finds both, and Okta takes the first.", Remedy: "compare userName without regard to case", run: uniqueCase},
		{ID: "quirks.conflict-found", Level: Required, Writes: true, Source: "seen on public SCIM servers", Title: "whoever a 409 speaks of is found by the look-up",
			Okta: "The look-up finds nobody, the POST is a conflict: no retry ever gets out of that.", Task: taskCreate, Remedy: "let the look-up see every account that makes a name taken", Switch: "walkme.wire.resolve_conflicts: true", run: conflictFound},
		{ID: "quirks.put-taken-name", Level: Recommended, Writes: true, Source: "seen on public SCIM servers", Title: "a PUT onto another account's userName is refused, and changes nothing",
			Okta: "Two accounts of one name, or an error although the change was made.", Task: taskUpdate, Remedy: "refuse with 409 before anything is stored", run: putTakenName},
		{ID: "quirks.id-of-client", Level: Recommended, Writes: true, Source: "RFC 7643, 3.1; Okta, Unique ID", Title: "the server gives the id, whatever the POST says",
			Okta: "Okta sends no id.", Remedy: "ignore id in a POST", run: idOfClient},
		{ID: "quirks.post-location", Level: Recommended, Writes: true, Source: "RFC 7644, 3.3", Title: "the answer to a POST has the header Location, with the address of the new user",
			Okta: "Okta goes by the id in the body.", Remedy: "send Location", run: postLocation},
		{ID: "quirks.read-after-write", Level: Required, Writes: true, Source: "lost answers, seen in production", Title: "what was made is found at once: a look-up right after a POST whose answer was lost",
			Okta: "A retry after a lost answer makes a second account, or ends in 409.", Task: taskCreate, Remedy: "answer reads from where writes go", run: readAfterWrite},
	}
}

func uniqueOtherEmail(t *trial) {
	a := t.account("twice")
	if a == nil {
		return
	}
	_, err := t.create(t.personWith(a.name(), t.label("other")+"@"+t.options.Domain))
	x := t.last()
	t.expect(err != nil && x.Status == http.StatusConflict, "the second POST of the name %s%s", x.answered(), detailOf(x))
}

func uniqueSameEmail(t *trial) {
	a := t.account("shared-mail")
	if a == nil {
		return
	}
	mail, _ := a.want.Attributes.Get(pathEmail).(string)
	_, err := t.create(t.personWith(t.userName("shared-mail"), mail))
	t.called(err, "the second POST with the address")
}

func uniqueCase(t *trial) {
	a := t.account("Case")
	if a == nil {
		return
	}
	lower := scim.LowerCase(a.name())
	_, err := t.create(t.personWith(lower, t.label("other")+"@"+t.options.Domain))
	x := t.last()
	t.expect(err != nil && x.Status/100 == 4, "the POST of the name in lower case %s", x.answered())
}

func conflictFound(t *trial) {
	a := t.account("conflict")
	if a == nil {
		return
	}
	for _, inactive := range []bool{false, true} {
		if inactive && t.client().SetActive(t.ctx, a.id, false) != nil {
			return
		}
		x := t.post("/Users", t.specBody(a.name()))
		if x.Status != http.StatusConflict {
			t.skip("a second POST of the name was answered %d (see spec.duplicate)", x.Status)
			return
		}
		if !t.found(a, a.name()) {
			return
		}
	}
}

func putTakenName(t *trial) {
	people := t.accounts("taken", "taker")
	if people == nil {
		return
	}
	o := t.get(people[1].path()).copied()
	if o.text("userName") == "" {
		t.skip("the account cannot be read")
		return
	}
	o.set("userName", people[0].name())
	put := t.put(people[1].path(), o.json())
	t.expect(put.Status/100 == 4, "the PUT %s", put.answered())
	now := t.get(people[1].path()).object()
	if scim.SameName(now.text("userName"), people[0].name()) {
		t.failAt(put, "the account has the other one's name now")
	}
}

func idOfClient(t *trial) {
	const own = "00000000-0000-4000-8000-0000000c11e7"
	body := strings.Replace(t.specBody(t.userName("own-id")), "{", `{"id":"`+own+`",`, 1)
	x := t.post("/Users", body)
	if !x.ok() {
		t.skip("the POST %s", x.answered())
		return
	}
	t.expect(x.object().id() != own, "the account has the id that the POST named")
}

func postLocation(t *trial) {
	x := t.post("/Users", t.specBody(t.userName("location")))
	if !x.ok() {
		t.skip("the POST %s (see spec.create)", x.answered())
		return
	}
	t.expect(x.Header.Get("Location") != "", "it has no Location")
}

func readAfterWrite(t *trial) {
	want := t.person("lost-answer")
	x := t.post("/Users", t.specBody(want.Name()))
	if !x.ok() {
		t.skip("the POST %s (see spec.create)", x.answered())
		return
	}
	hits, _, fine := t.hits("/Users", scim.PathUserName, want.Name())
	if fine {
		t.expect(len(hits) == 1, "the look-up finds %s", counted(len(hits), "account", "accounts"))
	}
}
