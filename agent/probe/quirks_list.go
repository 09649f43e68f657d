package probe

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"okta-walkme-agent/internal/scim"
)

func quirkListChecks() []Check {
	const imports = "Okta's import loses people or never ends."
	return []Check{
		{ID: "quirks.paging", Level: Required, Source: "Okta, FAQ, Pagination", Title: "startIndex and count are obeyed: two pages of one user are two users",
			Okta: imports, Remedy: "obey startIndex (from 1) and count", run: pagingObeyed},
		{ID: "quirks.total", Level: Required, Source: "RFC 7644, 3.4.2", Title: "totalResults is the number of all users, not of this page",
			Okta: "Okta's import ends after the first page.", Remedy: "put the number of all matches into totalResults", run: totalOfAll},
		{ID: "quirks.items-per-page", Level: Recommended, Source: "RFC 7644, 3.4.2", Title: "itemsPerPage is the number of entries in the answer",
			Okta: "Not known whether Okta goes on by 100 or by itemsPerPage: if by the latter, people are left out.", Remedy: "put the number of entries of this page into itemsPerPage", run: itemsPerPage},
		{ID: "quirks.past-end", Level: Recommended, Source: "RFC 7644, 3.4.2.4", Title: "a page past the end is empty",
			Okta: "Okta does not ask for it as long as totalResults is right.", Remedy: "answer an empty list", run: pastEnd},
		{ID: "quirks.count-zero", Level: Recommended, Source: "RFC 7644, 3.4.2.4", Title: "count=0 answers no entries",
			Okta: "Okta never asks; other clients count with it.", Remedy: "answer totalResults alone", run: countZero},
		{ID: "quirks.start-zero", Level: Recommended, Source: "RFC 7644, 3.4.2.4", Title: "a startIndex below 1 is taken for 1",
			Okta: "Okta never asks; other clients do.", Remedy: "take values below 1 for 1", run: startZero},
		{ID: "quirks.empty-list", Level: Recommended, Source: "RFC 7644, 3.4.2", Title: "an empty list has an empty array, not null",
			Okta: "Okta's look-up takes it by all that is known; other clients do not.", Remedy: `write "Resources":[]`, run: emptyList},
		{ID: "quirks.list-keys", Level: Info, Source: "Okta, SCIM provisioning standards, 2019", Title: "the spelling of the keys of a list",
			Okta: "Okta takes resources, totalresults, startindex and itemsperpage in lower case, too.", run: listKeys},
		{ID: "quirks.ids-unique", Level: Required, Source: "Okta, Unique ID", Title: "every user of the list has an id of its own",
			Okta: "Okta's record points to the wrong account, or to none.", Remedy: "give every user an id that nobody else has and that stays", run: idsUnique},
		{ID: "quirks.ids-safe", Level: Recommended, Source: "seen on public SCIM servers", Title: "ids need no escaping in a path",
			Okta: "Not known whether Okta escapes ids: with a slash or a blank in one, every request about the account may go elsewhere.", Remedy: "give ids of letters, digits and hyphens", run: idsSafe},
		{ID: "quirks.ids-stable", Level: Recommended, Source: "Okta, Unique ID; seen on public SCIM servers", Title: "ids are not made of names",
			Okta: "After a change of name the id says another name; if it follows the name, Okta loses the account.", Remedy: "give ids that say nothing", run: idsNotNames},
		{ID: "quirks.meta", Level: Recommended, Source: "RFC 7643, 3.1", Title: "a user has meta with resourceType, created and lastModified",
			Okta: "Okta never reads it.", Remedy: "show meta", run: metaShown},
		{ID: "quirks.location", Level: Recommended, Source: "RFC 7643, 3.1", Title: "meta.location is the absolute address of the user",
			Okta: "Okta never reads it and builds addresses from ids.", Remedy: "write the whole URL", run: locationAbsolute},
		{ID: "quirks.json-accepted", Level: Recommended, Source: "RFC 7644, 3.1", Title: "answers are JSON by their Content-Type, without a byte order mark",
			Okta: "Okta takes text/json, too, and its own examples are text/html; other clients do not.", Remedy: "answer application/scim+json, in UTF-8 without a byte order mark", run: mediaType},
	}
}

// directory asks for a page of users; nil (and the check failed) when there is none to
// be had, or (skipped) fewer users than the check needs.
func (t *trial) directory(start, count, atLeast int) object {
	list := t.page("/Users", start, count)
	if list == nil {
		return nil
	}
	if total, _ := number(list.get("totalResults")); total < atLeast && len(list.list("Resources")) < atLeast {
		if t.pool(atLeast) == nil {
			t.why = ""
			t.skip("it needs %s on the server", counted(atLeast, "user", "users"))
			return nil
		}
		return t.page("/Users", start, count)
	}
	return list
}

func pagingObeyed(t *trial) {
	first := t.directory(1, 1, 2)
	if first == nil {
		return
	}
	one, n := first.entries("Resources"), len(first.list("Resources"))
	if !t.expect(n == 1, "count=1 is answered with %d entries", n) || !t.expect(len(one) == 1, "count=1 is answered with an entry that is no object") {
		return
	}
	second := t.page("/Users", 2, 1)
	if second == nil {
		return
	}
	two := second.entries("Resources")
	if !t.expect(len(two) == 1, "startIndex=2&count=1 is answered with %d entries", len(second.list("Resources"))) {
		return
	}
	t.expect(one[0].id() != two[0].id(), "startIndex=2 shows the same user as startIndex=1")
	if !t.hasGroups() {
		return
	}
	if n := len(t.get(pageOf("/Groups", 1, 1)).object().list("Resources")); n > 1 {
		t.fail("/Groups answers count=1 with %d entries", n)
	}
}

func totalOfAll(t *trial) {
	one := t.directory(1, 1, 2)
	if one == nil {
		return
	}
	alone, known := number(one.get("totalResults"))
	more := t.page("/Users", 1, 100)
	if more == nil {
		return
	}
	n := len(more.list("Resources"))
	t.expect(known && alone >= n, "with count=1 totalResults is %d, and the list has %d entries at least", alone, n)
}

func itemsPerPage(t *trial) {
	list := t.directory(1, 100, 1)
	if list == nil {
		return
	}
	if n, known := number(list.get("itemsPerPage")); known {
		t.expect(n == len(list.list("Resources")), "itemsPerPage is %d, the answer has %d entries", n, len(list.list("Resources")))
	}
}

func pastEnd(t *trial) {
	if t.directory(1, 2, 1) == nil {
		return
	}
	x := t.get(pageOf("/Users", 1_000_000, 10))
	if x.Status == http.StatusNotFound {
		return
	}
	if t.expect(x.ok(), "startIndex=1000000 %s%s", x.answered(), detailOf(x)) {
		n := len(x.object().list("Resources"))
		t.expect(n == 0, "startIndex=1000000 is answered with %d entries", n)
	}
}

func countZero(t *trial) {
	if t.directory(1, 2, 1) == nil {
		return
	}
	x := t.get(pageOf("/Users", 1, 0))
	if t.expect(x.ok(), "count=0 %s%s", x.answered(), detailOf(x)) {
		n := len(x.object().list("Resources"))
		t.expect(n == 0, "count=0 is answered with %d entries", n)
	}
}

func startZero(t *trial) {
	if t.directory(1, 2, 1) == nil {
		return
	}
	x := t.get(pageOf("/Users", 0, 1))
	if t.expect(x.ok(), "startIndex=0 %s%s", x.answered(), detailOf(x)) {
		n := len(x.object().list("Resources"))
		t.expect(n == 1, "startIndex=0&count=1 is answered with %d entries", n)
	}
}

func emptyList(t *trial) {
	x := t.get(filtered("/Users", scim.FilterEq(scim.PathUserName, unknownName)))
	if !x.ok() {
		t.skip("a look-up without a hit is answered %d", x.Status)
		return
	}
	list := x.object()
	if !list.has("Resources") && list.counts("totalResults", 0) {
		t.note("it has none, as RFC 7644 allows with totalResults 0")
		return
	}
	_, isList := list.get("Resources").([]any)
	t.expect(isList, "Resources is %s", spelled(list.get("Resources")))
}

func listKeys(t *trial) {
	x := t.get(pageOf("/Users", 1, 1))
	for _, key := range []string{"Resources", "totalResults", "startIndex", "itemsPerPage"} {
		if _, exact := x.object()[key]; !exact && x.object().has(key) {
			t.note("%s is spelt otherwise", key)
		}
	}
}

func idsUnique(t *trial) {
	list := t.directory(1, 100, 1)
	if list == nil {
		return
	}
	seen := map[string]bool{}
	for _, u := range list.entries("Resources") {
		id := u.id()
		if !t.expect(id != "", "a user of the list has no id") || !t.expect(!seen[id], "two users have the id %q", id) ||
			!t.expect(id != "bulkId", "an id is the word bulkId (RFC 7643, 3.1)") {
			return
		}
		seen[id] = true
	}
}

func idsSafe(t *trial) {
	list := t.directory(1, 100, 1)
	if list == nil {
		return
	}
	for _, u := range list.entries("Resources") {
		if id := u.id(); url.PathEscape(id) != id && !t.expect(!strings.ContainsAny(id, "/ \"\\?#%"), "the id %q has to be escaped in a path", id) {
			return
		}
	}
}

func idsNotNames(t *trial) {
	list := t.directory(1, 100, 1)
	if list == nil {
		return
	}
	for _, u := range list.entries("Resources") {
		if !t.expect(u.id() == "" || !scim.SameName(u.id(), u.text("userName")), "the id of a user is the userName") {
			return
		}
	}
}

func metaShown(t *trial) {
	u := t.anyUser()
	if u == nil {
		return
	}
	meta := u.child("meta")
	if !t.expect(meta != nil, "meta is missing") {
		return
	}
	for _, key := range []string{"resourceType", "created", "lastModified"} {
		t.expect(meta.text(key) != "", "meta.%s is missing", key)
	}
}

func locationAbsolute(t *trial) {
	u := t.anyUser()
	if u == nil {
		return
	}
	where := u.child("meta").text("location")
	if where == "" {
		t.skip("no location is shown (see quirks.meta)")
		return
	}
	at, err := url.Parse(where)
	t.expect(err == nil && at.IsAbs() && at.Host != "", "meta.location is %q", where)
}

func mediaType(t *trial) {
	x := t.get(pageOf("/Users", 1, 1))
	media := strings.ToLower(x.Header.Get("Content-Type"))
	t.note("it is %s", media)
	t.expect(!x.ok() || strings.Contains(media, "json") || strings.HasPrefix(media, "text/"), "the Content-Type of a list is %q", media)
	t.expect(!bytes.HasPrefix(x.Body, []byte(byteOrderMark)), "the JSON begins with a byte order mark, which RFC 8259, 8.1 forbids")
}
