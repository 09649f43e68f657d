package walkmetest_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/walkme/walkmetest"
)

func TestWrongCredential(t *testing.T) {
	tests := []struct {
		name        string
		quirks      walkmetest.Quirks
		status      int
		contentType string
		body        string
	}{
		{"strict", walkmetest.Quirks{}, 401, "application/scim+json", `"status":"401"`},
		{"as 200", walkmetest.Quirks{AuthFailureAs200: true}, 200, "application/json", `"msg":"Access token doesn't exist in database"`},
		{"plain text", walkmetest.Quirks{PlainText401: true}, 401, "text/plain; charset=utf-8", "Unauthorized"},
		{"HTML", walkmetest.Quirks{HTMLErrors: true}, 401, "text/html; charset=utf-8", "<title>401 Unauthorized</title>"},
	}
	for _, test := range tests {
		tenant := fixture(t, walkmetest.Options{Quirks: test.quirks})
		req := newRequest(t, tenant, "GET", "/Users/u-ann", "")
		req.SetBasicAuth(walkmetest.DefaultUsername, "wrong")
		reply, body, err := send(http.DefaultClient, req)
		if err != nil {
			t.Fatal(err)
		}
		if got := reply.Header.Get("Content-Type"); reply.StatusCode != test.status || got != test.contentType || !strings.Contains(body, test.body) {
			t.Errorf("%s: answer = %d %s %q, want %d %s with %q", test.name, reply.StatusCode, got, body, test.status, test.contentType, test.body)
		}
	}
}

func TestCredentials(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{Username: "u", Password: "p:ß", Token: "abc"})
	status := func(authorization string) int {
		req := newRequest(t, tenant, "GET", "/Users/u-ann", "")
		req.Header.Set("Authorization", authorization)
		reply, _, err := send(http.DefaultClient, req)
		if err != nil {
			t.Fatal(err)
		}
		return reply.StatusCode
	}
	old := tenant.Authorization()
	for authorization, want := range map[string]int{old: 200, "Bearer abc": 200, "Bearer x": 401, "abc": 401, "": 401} {
		if got := status(authorization); got != want {
			t.Errorf("Authorization %q = %d, want %d", authorization, got, want)
		}
	}
	tenant.SetCredentials("u2", "p2")
	for authorization, want := range map[string]int{old: 401, "Bearer abc": 401, tenant.Authorization(): 200} {
		if got := status(authorization); got != want {
			t.Errorf("after SetCredentials: Authorization %q = %d, want %d", authorization, got, want)
		}
	}
}

func TestContentType(t *testing.T) {
	for contentType, want := range map[string]int{
		"application/scim+json": 201, "application/json; charset=utf-8": 201, "text/plain": 415, "": 415,
	} {
		tenant := fixture(t, walkmetest.Options{})
		req := newRequest(t, tenant, "POST", "/Users", user(`"userName":"dan@example.com"`))
		req.Header.Set("Content-Type", contentType)
		reply, body, err := send(http.DefaultClient, req)
		if err != nil {
			t.Fatal(err)
		}
		if reply.StatusCode != want {
			t.Errorf("Content-Type %q = %d %s, want %d", contentType, reply.StatusCode, body, want)
		}
	}
}

func TestLocation(t *testing.T) {
	tests := []struct {
		quirks walkmetest.Quirks
		name   string
		want   func(url, id string) string
	}{
		{walkmetest.Quirks{}, "dan@example.com", func(url, id string) string { return url + "/Users/" + id }},
		{walkmetest.Quirks{RelativeLocation: true}, "dan@example.com", func(_, id string) string { return "Users/" + id }},
		{walkmetest.Quirks{NoMeta: true}, "dan@example.com", func(_, _ string) string { return "" }},
		{walkmetest.Quirks{CreatedWithoutID: true}, "d+n@example.com", func(url, _ string) string { return url + "/Users/undefined" }},
	}
	for _, test := range tests {
		tenant := fixture(t, walkmetest.Options{Quirks: test.quirks})
		reply, _, err := send(http.DefaultClient, newRequest(t, tenant, "POST", "/Users", user(`"userName":"`+test.name+`"`)))
		if err != nil {
			t.Fatal(err)
		}
		u, _ := tenant.User(test.name)
		if got, want := reply.Header.Get("Location"), test.want(tenant.URL(), u.ID); got != want {
			t.Errorf("Location = %q, want %q", got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, value := range []string{"", "7", "Wed, 21 Oct 2026 07:28:00 GMT"} {
		tenant := fixture(t, walkmetest.Options{Quirks: walkmetest.Quirks{RateLimit: walkmetest.RateLimit{Every: 1, RetryAfter: value}}})
		reply, _, err := send(http.DefaultClient, newRequest(t, tenant, "GET", "/Users/u-ann", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := reply.Header.Get("Retry-After"); reply.StatusCode != 429 || got != value {
			t.Errorf("answer = %d, Retry-After %q, want 429, %q", reply.StatusCode, got, value)
		}
	}
}

func TestEmailFilterDrops(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{Quirks: walkmetest.Quirks{EmailFilterDrops: true}})
	if reply, _, err := send(http.DefaultClient, newRequest(t, tenant, "GET", lookup("Users", `emails.value eq "x"`), "")); err == nil {
		t.Errorf("answer = %d, want a broken connection", reply.StatusCode)
	}
}

func TestContentEncoding(t *testing.T) {
	readers := map[string]func(io.Reader) (io.ReadCloser, error){
		"gzip":    func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
		"deflate": zlib.NewReader,
	}
	for encoding, open := range readers {
		tenant := fixture(t, walkmetest.Options{Quirks: walkmetest.Quirks{ContentEncoding: encoding}})
		reply, body, err := send(http.DefaultClient, newRequest(t, tenant, "GET", "/Users/u-ann", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := reply.Header.Get("Content-Encoding"); got != encoding {
			t.Errorf("Content-Encoding = %q, want %q", got, encoding)
		}
		r, err := open(strings.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", encoding, err)
		}
		plain, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(plain, tenant.Requests()[0].RespBody) {
			t.Errorf("%s: body = %q, %v, want %q", encoding, plain, err, tenant.Requests()[0].RespBody)
		}
	}
}

// A GET shows the keys in the order in which the client gave them.
func TestKeyOrder(t *testing.T) {
	run(t, fixture(t, walkmetest.Options{}), []step{
		{"POST", "/Users", user(`"userName":"dan@example.com","zeta":1,"name":{"givenName":"D","familyName":"F"},"alpha":{"b":[1.50,"ü<&>"],"a":null},"active":true`), 201,
			[]string{`"userName":"dan@example.com","zeta":1,"name":{"givenName":"D","familyName":"F"},"alpha":{"b":[1.50,"ü<&>"],"a":null},"active":true`}},
	})
}
