package probe

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"okta-walkme-agent/internal/scim"
)

const unknownID = "010101001010101011001010101011" // the SPEC suite's own

func specErrorChecks() []Check {
	return []Check{
		{
			ID: "spec.wrong-token", Level: Required, Source: "SPEC test 11; manual plan C9341", Title: "a wrong token is answered 401",
			Okta: "Okta shows no error while its credentials are dead, or takes the answer for an account that is gone.", Remedy: "answer 401 to an Authorization header that is not right", run: wrongToken,
		}, {
			ID: "spec.wrong-token-error", Level: Required, Source: "SPEC test 11", Title: "the 401 is a SCIM error: schema, status 401, a detail",
			Okta: "The admin sees no reason; the SPEC suite fails.", Remedy: `answer {"schemas":["` + scim.SchemaError + `"],"detail":"…","status":"401"}`, run: wrongTokenError,
		}, {
			ID: "spec.no-token", Level: Required, Source: "Okta, Authentication", Title: "nobody gets in without a token: /Users and /Groups answer 401",
			Okta: "The directory is open to everybody; the catalogue refuses the app.", Remedy: "demand the Authorization header on every path below the base URL", run: noToken,
		}, {
			ID: "spec.unknown-id", Level: Required, Source: "SPEC test 4", Title: "reading an unknown id answers 404",
			Okta: `Okta takes 404 alone for "gone": anything else leaves the task in error.`, Remedy: "answer 404 for an id that does not exist", run: missingID,
		}, {
			ID: "spec.unknown-id-error", Level: Required, Source: "SPEC tests 4 and 12", Title: "the 404 is a SCIM error: schema, status 404, a detail",
			Okta: "The admin sees no reason; the SPEC suite fails.", Remedy: `answer {"schemas":["` + scim.SchemaError + `"],"detail":"…","status":"404"}`, run: missingIDError,
		}, {
			ID: "spec.base-url", Level: Recommended, Source: "Okta, Base URL", Title: "the base URL is https, without an underscore, without a query",
			Okta: "Okta connects to https alone, and refuses an underscore in the address.", Remedy: "serve SCIM at an https address such as https://example.com/scim/v2", run: baseURL,
		},
	}
}

// asStranger reads with a credential of the right form that is not the right one.
func (t *trial) asStranger(path string) *Exchange {
	return t.send(http.MethodGet, path, "", func(h http.Header) {
		scheme, _, _ := strings.Cut(h.Get("Authorization"), " ")
		value := "wrong-token-of-the-probe"
		if scheme == "Basic" {
			value = "cHJvYmU6d3Jvbmc=" // probe:wrong
		}
		h.Set("Authorization", scheme+" "+value)
	})
}

func wrongToken(t *trial) {
	x := t.asStranger("/Users?startIndex=1&count=2")
	t.expect(x.Status == http.StatusUnauthorized, "a wrong token %s", x.answered())
}

func wrongTokenError(t *trial) {
	x := t.asStranger("/Users?startIndex=1&count=2")
	if x.Status != http.StatusUnauthorized {
		t.skip("the wrong token was not refused (see spec.wrong-token)")
		return
	}
	t.errorMessage(x)
}

// errorMessage fails unless an answer is the Error message of RFC 7644, 3.12. A status
// that is a number passes: Okta's own examples have one.
func (t *trial) errorMessage(x *Exchange) {
	o := x.object()
	if o == nil {
		if len(x.Body) == 0 {
			t.failAt(x, "the body is empty")
			return
		}
		t.failAt(x, "the body is not a JSON object: %s", x.Header.Get("Content-Type"))
		return
	}
	t.expect(hasSchema(o, scim.SchemaError), "schemas lacks %s", scim.SchemaError)
	t.expect(strings.TrimSpace(o.text("detail")) != "", "detail is missing or empty")
	status := fmt.Sprint(o.get("status"))
	t.expect(status == fmt.Sprint(x.Status), "status in the body is %s, the answer's is %d", spelled(o.get("status")), x.Status)
}

func noToken(t *trial) {
	for _, path := range []string{"/Users?startIndex=1&count=2", "/Groups?startIndex=1&count=2"} {
		x := t.send(http.MethodGet, path, "", func(h http.Header) { h.Del("Authorization") })
		refused := x.Status == http.StatusUnauthorized || x.Status == http.StatusForbidden
		absent := strings.HasPrefix(path, "/Groups") && (x.Status == http.StatusNotFound || x.Status == http.StatusMethodNotAllowed || x.Status == http.StatusNotImplemented)
		t.expect(refused || absent, "GET %s without a token %s", path, x.answered())
	}
}

func missingID(t *trial) {
	x := t.get(resource("/Users", unknownID))
	t.expect(x.Status == http.StatusNotFound, "an unknown id %s%s", x.answered(), detailOf(x))
}

func missingIDError(t *trial) {
	x := t.get(resource("/Users", unknownID))
	if x.Status != http.StatusNotFound {
		t.skip("the unknown id was not answered 404 (see spec.unknown-id)")
		return
	}
	t.errorMessage(x)
}

func baseURL(t *trial) {
	u, err := url.Parse(t.target)
	if err != nil {
		t.fail("the base URL cannot be read")
		return
	}
	if u.Scheme != "https" {
		t.note("plain http, which the agent and this probe take on loopback alone")
	}
	t.expect(!strings.Contains(t.target, "_"), "the base URL has an underscore")
	t.expect(len(t.target) <= 1024, "the base URL is longer than 1024 characters")
}
