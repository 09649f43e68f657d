package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

func quirkErrorChecks() []Check {
	return []Check{
		{ID: "quirks.conflict-error", Level: Recommended, Writes: true, Source: "RFC 7644, 3.12, table 9", Title: "a 409 is a SCIM error with scimType uniqueness",
			Okta: "Okta goes by the status and shows the detail.", Remedy: `answer {"schemas":[…],"status":"409","scimType":"uniqueness","detail":"…"}`, run: conflictError},
		{ID: "quirks.error-types", Level: Recommended, Source: "RFC 7644, 3.12, table 9", Title: "scimType says what went wrong, where it says anything",
			Okta: "Okta goes by the status and shows the detail.", Remedy: "leave scimType out of a 404", run: errorTypes},
		{ID: "quirks.error-status", Level: Info, Source: "RFC 7644, 3.12; Okta's own examples", Title: "how status is written in an error",
			Okta: "Okta takes a text and a number; the RFC wants a text.", run: errorStatus},
		{ID: "quirks.broken-json", Level: Recommended, Writes: true, Source: "RFC 7644, 3.12", Title: "a body that is no JSON is answered 400 with a SCIM error",
			Okta: "Okta never sends one.", Remedy: "answer 400 with the Error schema", run: brokenJSON},
		{ID: "quirks.no-user-name", Level: Recommended, Writes: true, Source: "RFC 7643, 4.1.1; RFC 7644, 3.12", Title: "a POST without userName is answered 400 with a SCIM error, and makes nothing",
			Okta: "Okta never sends one.", Remedy: "demand userName", run: noUserName},
		{ID: "quirks.unknown-path", Level: Recommended, Source: "RFC 7644, 3.12", Title: "an address that does not exist is answered 404 with a SCIM error",
			Okta: "Okta never asks; a mistake in the base URL is seen sooner.", Remedy: "answer 404 with the Error schema for every path below the base URL", run: unknownPath},
		{ID: "quirks.patch-errors", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.2", Title: "a PATCH that makes no sense is answered 400, not with success",
			Okta: "An error that is answered with success is never seen.", Remedy: "refuse an unknown op with 400, scimType invalidSyntax", run: patchNonsense},
	}
}

func conflictError(t *trial) {
	o, name := t.specMade("conflict-error")
	if o == nil {
		return
	}
	x := t.post("/Users", t.specBody(name))
	if x.Status != http.StatusConflict {
		t.skip("a second POST of the name was answered %d (see spec.duplicate)", x.Status)
		return
	}
	t.errorMessage(x)
	t.expect(x.object().text("scimType") == "uniqueness", "scimType is %s", spelled(x.object().get("scimType")))
}

func errorTypes(t *trial) {
	x := t.get(resource("/Users", unknownID))
	kind := x.object().text("scimType")
	t.expect(x.ok() || kind == "" || kind == "noTarget", "the scimType of a %d is %q", x.Status, kind)
}

func errorStatus(t *trial) {
	x := t.get(resource("/Users", unknownID))
	switch v := x.object().get("status").(type) {
	case nil:
	case string:
		t.note("it is a string")
	case json.Number:
		t.note("it is a number")
	default:
		t.note("it is %s", spelled(v))
	}
}

// refusedInWords fails unless an answer is 400 with a SCIM error.
func (t *trial) refusedInWords(x *Exchange) {
	if t.expect(x.Status/100 == 4, "it %s", x.answered()) {
		t.expect(hasSchema(x.object(), scim.SchemaError), "the answer %d is no SCIM error", x.Status)
	}
}

func brokenJSON(t *trial) {
	t.refusedInWords(t.post("/Users", `{"schemas":["`+scim.SchemaUser+`"],"userName":`))
}

func noUserName(t *trial) {
	t.refusedInWords(t.post("/Users", `{"schemas":["`+scim.SchemaUser+`"],"name":{"givenName":"Probe","familyName":"Person"},"active":true}`))
}

func unknownPath(t *trial) {
	x := t.get("/" + t.session.run + "-nothing")
	if t.expect(x.Status == http.StatusNotFound, "it %s", x.answered()) {
		t.expect(hasSchema(x.object(), scim.SchemaError), "the 404 is no SCIM error")
	}
}

func patchNonsense(t *trial) {
	people := t.pool(1)
	if people == nil {
		return
	}
	x := t.patch(people[0].path(), patchBody(scim.Operation{Op: "explode", Path: "active"}))
	t.expect(x.Status/100 == 4 || x.Status == http.StatusNotImplemented, `the op "explode" %s`, x.answered())
}

// quirkRunChecks judge the whole run. They come last.
func quirkRunChecks() []Check {
	list := []Check{
		{ID: "quirks.answers-in-time", Level: Required, Source: "Okta, FAQ, implementation requirements", Title: "every answer came within 60 s",
			Okta: "Okta gives up after 60 s, and the task is in error.", Task: "Error while contacting the server", Remedy: "answer faster, or do the work after the answer", run: answersInTime},
		{ID: "quirks.answers-fast", Level: Recommended, Source: "Okta, FAQ, implementation requirements", Title: "every answer came within 5 s",
			Okta: "Okta waits; a burst of assignments takes long.", Remedy: "find out what is slow", run: answersFast},
		{ID: "quirks.no-breaks", Level: Recommended, Source: "seen on public SCIM servers", Title: "no request was answered 5xx, broken off, or by a page that is not SCIM's",
			Okta: "Okta repeats nothing but a 429: each of these leaves a task in error until an admin retries.", Task: "Error while contacting the server", Remedy: "answer what is wrong with a request with 4xx; look at what failed", run: noBreaks},
		{ID: "quirks.rate", Level: Recommended, Source: "Okta, Understanding SCIM, rate limits", Title: "the pace of this run met no rate limit",
			Okta: "Okta waits as Retry-After says, and doubles the wait with each further 429; the tenth is final.", Remedy: "allow at least 25 requests a second, as SCIM services commonly do", Switch: "walkme.requests_per_second", run: noLimits},
		{ID: "quirks.retry-after", Level: Required, Source: "Okta, Understanding SCIM, rate limits", Title: "a 429 says in Retry-After, in whole seconds, when to come again",
			Okta: "Without whole seconds Okta waits for five minutes, then ten, then twenty.", Remedy: "write Retry-After: 30", run: retryAfterUsable},
	}
	for i := range list {
		list[i].late = true
	}
	return list
}

// log is every exchange of the run so far.
func (t *trial) log() []*Exchange {
	t.conduit.mu.Lock()
	defer t.conduit.mu.Unlock()
	return append([]*Exchange(nil), t.conduit.log...)
}

func answersInTime(t *trial) {
	for _, x := range t.log() {
		if errors.Is(x.Err, errTooSlow) {
			t.failAt(x, "%s %s got none", x.Method, x.where(t.session.run))
			return
		}
	}
}

func answersFast(t *trial) {
	const limit = 5
	var slowest *Exchange
	for _, x := range t.log() {
		if slowest == nil || x.Took > slowest.Took {
			slowest = x
		}
	}
	if slowest == nil {
		return
	}
	t.decisive = slowest
	t.note("the slowest took %s", slow(slowest.Took))
	if slowest.Took.Seconds() > limit {
		t.failAt(slowest, "%s %s took %s", slowest.Method, slowest.where(t.session.run), slow(slowest.Took))
	}
}

func noBreaks(t *trial) {
	broken := 0
	for _, x := range t.log() {
		if x.Err == nil && (x.Status < 500 || x.Status == http.StatusNotImplemented) && !x.foreign() {
			continue
		}
		if broken++; broken == 1 {
			t.failAt(x, "%s %s %s%s", x.Method, x.where(t.session.run), x.answered(), detailOf(x))
		}
	}
	if broken > 1 {
		t.findings = append(t.findings, fmt.Sprintf("and %d more", broken-1))
	}
}

// foreign tells whether a success is none of SCIM's: a page of a gateway, or an object
// that is neither a resource nor a list.
func (x *Exchange) foreign() bool {
	if x.ok() && strings.Contains(x.Header.Get("Content-Type"), "html") && x.object() == nil {
		return true
	}
	o := x.object()
	return x.ok() && len(o) > 0 && o.schemas() == nil && !o.has("id") && !o.has("Resources") && !o.has("totalResults")
}

func noLimits(t *trial) {
	t.conduit.mu.Lock()
	limited := t.conduit.limited
	t.conduit.mu.Unlock()
	if len(limited) > 0 {
		t.failAt(limited[0], "%s answered 429", counted(len(limited), "request was", "requests were"))
	}
}

func retryAfterUsable(t *trial) {
	t.conduit.mu.Lock()
	bad := t.conduit.badRetry
	t.conduit.mu.Unlock()
	if bad != nil {
		t.failAt(bad, "Retry-After is %q", bad.Header.Get("Retry-After"))
	}
}
