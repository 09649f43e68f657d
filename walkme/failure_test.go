package walkme_test

import (
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

var ann = person("00u1", scim.Attribute{Path: "userName", Value: "ann@example.com"})

// What a failed write did, by the answer.
func TestOutcome(t *testing.T) {
	html := `<html><head><title>502 Bad Gateway</title></head><body>…</body></html>`
	for _, tt := range []struct {
		status int
		answer string
		want   walkme.Effect
		text   string
	}{
		{400, `{"schemas":["` + scim.SchemaError + `"],"detail":"department is required","status":"400"}`, walkme.Refused,
			"Bad Request. Errors reported by remote server: department is required"},
		{401, `Unauthorized`, walkme.Refused, "Unauthorized. Errors reported by remote server: Unauthorized"},
		{404, notFound, walkme.Refused, "Not Found. Errors reported by remote server: User not found"},
		{409, taken, walkme.Refused, "Conflict. Errors reported by remote server: User already exists in the database."},
		{501, ``, walkme.Refused, "Not Implemented"},
		{500, ``, walkme.Unknown, "outcome unknown: Internal Server Error"},
		{502, html, walkme.Unknown, "outcome unknown: Bad Gateway. Errors reported by remote server: 502 Bad Gateway"},
		{200, userJSON("42", "ann@example.com", ""), walkme.Unknown, "create not confirmed (HTTP 200): the status is not 201"},
		{201, ``, walkme.Unknown, "create not confirmed (HTTP 201): the answer is empty"},
		{201, userJSON("", "ann@example.com", ""), walkme.Unknown, "create not confirmed (HTTP 201): the answer has no id"},
		{201, userJSON("42", "bob@example.com", ""), walkme.Unknown, "create not confirmed (HTTP 201): the answer shows another user"},
		{201, html, walkme.Unknown, "create not confirmed (HTTP 201): not a JSON object"},
		{200, `{"status":"error","msg":"bad token"}`, walkme.Unknown, "create not confirmed (HTTP 200): the answer has no id"},
	} {
		t.Run(fmt.Sprint(tt.status, " ", tt.text), func(t *testing.T) {
			c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(tt.status, tt.answer)}})
			_, err := c.CreateUser(t.Context(), ann)
			if got := walkme.Outcome(err); got != tt.want {
				t.Errorf("Outcome(%v) = %s, want %s", err, got, tt.want)
			}
			if err == nil || err.Error() != "walkme: create user: "+tt.text {
				t.Errorf("CreateUser() = %v, want %s", err, tt.text)
			}
		})
	}
}

func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	})
}

func TestOutcomeWithoutAnswer(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		err  error // of the transport
		want walkme.Effect
	}{
		{"the context has ended", ended, nil, walkme.NotSent},
		{"a dry run", t.Context(), fmt.Errorf("dry run: %w", walkme.ErrNotSent), walkme.NotSent},
		{"nobody listens", t.Context(), &net.OpError{Op: "dial", Err: errors.New("connection refused")}, walkme.NotSent},
		{"no such host", t.Context(), &net.DNSError{Err: "no such host"}, walkme.NotSent},
		{"the connection breaks", t.Context(), io.ErrUnexpectedEOF, walkme.Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, walkme.Config{BaseURL: target, Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, tt.err })})
			_, err := c.CreateUser(tt.ctx, ann)
			if got := walkme.Outcome(err); got != tt.want {
				t.Errorf("Outcome(%v) = %s, want %s", err, got, tt.want)
			}
			if strings.Contains(err.Error(), "example.com") {
				t.Errorf("the error names the URL: %v", err)
			}
		})
	}
	if got := walkme.Outcome(nil); got != walkme.Done {
		t.Errorf("Outcome(nil) = %s, want done", got)
	}
	if got := walkme.Outcome(errors.New("foreign")); got != walkme.Unknown {
		t.Errorf("Outcome(foreign error) = %s, want unknown", got)
	}
}

// A write that reached the server before the connection broke.
func TestDroppedConnection(t *testing.T) {
	var requests atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		requests.Add(1)
		panic(http.ErrAbortHandler)
	}))
	defer srv.Close()
	c := client(t, walkme.Config{BaseURL: srv.URL})
	_, err := c.CreateUser(t.Context(), ann)
	if walkme.Outcome(err) != walkme.Unknown || requests.Load() != 1 {
		t.Errorf("CreateUser() = %v after %d requests, want an unknown outcome after 1", err, requests.Load())
	}
}

// refusing is a transport that lets no write leave, as in a dry run.
type refusing struct{}

func (refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet {
		return nil, walkme.ErrNotSent
	}
	return http.DefaultTransport.RoundTrip(req)
}

func TestRefusedByTheTransport(t *testing.T) {
	c, _ := converse(t, walkme.Config{Transport: refusing{}},
		turn{"GET /Users/42", 200, userJSON("42", "ann@example.com", annActive)})
	if err := c.SetActive(t.Context(), "42", false); walkme.Outcome(err) != walkme.NotSent {
		t.Errorf("SetActive() = %v, want not sent", err)
	}
	if _, err := c.User(t.Context(), "42"); err != nil {
		t.Errorf("User() = %v", err)
	}
}

// An update reads before it writes; what is read must be the user.
func TestUpdateRefusesToEchoSomethingElse(t *testing.T) {
	for _, tt := range []struct{ name, answer string }{
		{"a list", list(userJSON("42", "ann@example.com", ""))},
		{"another user", userJSON("43", "bob@example.com", "")},
		{"no id", `{"userName":"ann@example.com"}`},
		{"a login page", `<html><title>Sign in</title></html>`},
		{"nothing", ``},
	} {
		for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
			c, _ := converse(t, walkme.Config{Profile: profile}, turn{"GET /Users/42", 200, tt.answer})
			_, err := c.UpdateUser(t.Context(), "42", ann)
			var unusable *walkme.AnswerError
			if !errors.As(err, &unusable) || walkme.Outcome(err) != walkme.NotSent {
				t.Errorf("%s: UpdateUser() = %v, want an AnswerError", tt.name, err)
			}
		}
	}
}

func TestUserIsGone(t *testing.T) {
	for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		c, _ := converse(t, walkme.Config{Profile: profile}, turn{"GET /Users/42", 404, notFound})
		_, err := c.UpdateUser(t.Context(), "42", ann)
		const want = "walkme: update user 42: Matching user not found: Not Found. Errors reported by remote server: User not found"
		if !isErr(err, scim.ErrNotFound) || err.Error() != want {
			t.Errorf("UpdateUser() = %v, want %s", err, want)
		}
	}
}

// Some servers say 500 where others say 404.
func TestServerErrorOfSomethingGone(t *testing.T) {
	c, _ := converse(t, walkme.Config{},
		turn{"PATCH /Users/42 " + deactivate, 500, ``}, turn{"GET /Users/42", 404, notFound},
		turn{"DELETE /Groups/g1", 500, ``}, turn{"GET /Groups/g1", 404, notFound},
		turn{"PATCH /Users/42 " + deactivate, 500, ``}, turn{"GET /Users/42", 200, userJSON("42", "x", "")})
	if err := c.SetActive(t.Context(), "42", false); !isErr(err, scim.ErrNotFound) {
		t.Errorf("SetActive() = %v, want ErrNotFound", err)
	}
	if err := c.DeleteGroup(t.Context(), "g1"); !isErr(err, scim.ErrNotFound) {
		t.Errorf("DeleteGroup() = %v, want ErrNotFound", err)
	}
	if err := c.SetActive(t.Context(), "42", false); walkme.Outcome(err) != walkme.Unknown {
		t.Errorf("SetActive() = %v, want an unknown outcome", err)
	}
}

func TestAcceptedNotApplied(t *testing.T) {
	still := userJSON("42", "ann@example.com", annActive)
	stringly := userJSON("42", "ann@example.com", `,"active":"False"`)
	t.Run("the answer and a read contradict", func(t *testing.T) {
		c, _ := converse(t, walkme.Config{}, turn{"PATCH /Users/42 " + deactivate, 200, still}, turn{"GET /Users/42", 200, still})
		var notApplied *walkme.NotAppliedError
		if err := c.SetActive(t.Context(), "42", false); !errors.As(err, &notApplied) || walkme.Outcome(err) != walkme.Refused {
			t.Errorf("SetActive() = %v, want NotAppliedError", err)
		}
	})
	t.Run("only the answer was old", func(t *testing.T) {
		c, _ := converse(t, walkme.Config{}, turn{"PATCH /Users/42 " + deactivate, 200, still}, turn{"GET /Users/42", 200, stringly})
		if err := c.SetActive(t.Context(), "42", false); err != nil {
			t.Errorf("SetActive() = %v", err)
		}
	})
	t.Run("by PUT", func(t *testing.T) {
		c, _ := converse(t, walkme.Config{Profile: walkme.AIW}, turn{"GET /Users/42", 200, still},
			turn{"PUT /Users/42 " + userJSON("42", "ann@example.com", annInactive), 200, still}, turn{"GET /Users/42", 200, still})
		if err := c.SetActive(t.Context(), "42", false); walkme.Outcome(err) != walkme.Refused {
			t.Errorf("SetActive() = %v, want NotAppliedError", err)
		}
	})
	t.Run("an activation that a profile PUT would take back", func(t *testing.T) {
		inactive := userJSON("42", "ann@example.com", annInactive)
		c, _ := converse(t, walkme.Config{UpdateAttributes: true}, turn{findAnn, 200, list(inactive)},
			turn{"PATCH /Users/42 " + activate, 204, ""}, turn{"GET /Users/42", 200, inactive})
		found, err := c.FindUser(t.Context(), "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		var notApplied *walkme.NotAppliedError
		if _, err := c.LinkUser(t.Context(), found, ann); !errors.As(err, &notApplied) {
			t.Errorf("LinkUser() = %v, want NotAppliedError", err)
		}
	})
	t.Run("a rename", func(t *testing.T) {
		old := groupSchemas + `"id":"g1","displayName":"Old"}`
		c, _ := converse(t, walkme.Config{},
			turn{"PATCH /Groups/g1 " + patchOp + `[{"op":"replace","value":{"id":"g1","displayName":"New"}}]}`, 200, old}, turn{"GET /Groups/g1", 200, old})
		if err := c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: "g1", Name: "New"}); walkme.Outcome(err) != walkme.Refused {
			t.Errorf("RenameGroup() = %v, want NotAppliedError", err)
		}
	})
}

// A link whose second write fails says that the first one was applied.
func TestPartialLink(t *testing.T) {
	active := userJSON("42", "ann@example.com", annActive)
	c, _ := converse(t, walkme.Config{UpdateAttributes: true}, turn{findAnn, 200, list(userJSON("42", "ann@example.com", annInactive))},
		turn{"PATCH /Users/42 " + activate, 204, ""}, turn{"GET /Users/42", 200, active},
		turn{"PUT /Users/42 " + userJSON("42", "ann@example.com", `,"active":true,"externalId":"00u1","groups":[]`), 400, `{"detail":"no"}`})
	found, err := c.FindUser(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	var partial *walkme.PartialError
	if _, err = c.LinkUser(t.Context(), found, ann); !errors.As(err, &partial) || walkme.Outcome(err) != walkme.Unknown {
		t.Errorf("LinkUser() = %v (%s), want PartialError, unknown", err, walkme.Outcome(err))
	}
}

// Ids go into paths escaped, whatever is in them.
func TestIDsAreEscaped(t *testing.T) {
	for id, escaped := range map[string]string{
		"peer/Grp x":         "peer%2FGrp%20x",
		"ann+b@example.com":  "ann+b@example.com",
		`a"b?c#d%e`:          "a%22b%3Fc%23d%25e",
		"..":                 "%2E%2E",
		"zoë":                "zo%C3%AB",
		"../Groups/anything": "..%2FGroups%2Fanything",
	} {
		c, _ := converse(t, walkme.Config{}, turn{"DELETE /Groups/" + escaped, 204, ""})
		if err := c.DeleteGroup(t.Context(), id); err != nil {
			t.Errorf("DeleteGroup(%q) = %v", id, err)
		}
	}
	c, _ := converse(t, walkme.Config{})
	if err := c.DeleteGroup(t.Context(), ""); walkme.Outcome(err) != walkme.NotSent {
		t.Errorf("DeleteGroup(\"\") = %v, want an error before the wire", err)
	}
}

func TestCompressedAnswers(t *testing.T) {
	plain := userJSON("42", "ann@example.com", "")
	for name, compress := range map[string]func(io.Writer) io.WriteCloser{
		"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		"Deflate": func(w io.Writer) io.WriteCloser { f, _ := flate.NewWriter(w, 9); return f }, // without the header
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", name)
			z := compress(w)
			io.WriteString(z, plain)
			z.Close()
		}))
		c := client(t, walkme.Config{BaseURL: srv.URL})
		if u, err := c.User(t.Context(), "42"); err != nil || u.UserName != "ann@example.com" {
			t.Errorf("%s: User() = %+v, %v", name, u, err)
		}
		srv.Close()
	}
}

func TestAnswersAreBounded(t *testing.T) {
	big := strings.Repeat(" ", 2<<20)
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(200, big+userJSON("42", "x", ""))}})
	if _, err := c.User(t.Context(), "42"); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("User() = %v, want an answer that is too large", err)
	}
	if err := c.SetActive(t.Context(), "42", true); err != nil {
		t.Errorf("SetActive() = %v, want it done, whatever else was said", err)
	}
	if _, err := c.CreateUser(t.Context(), ann); walkme.Outcome(err) != walkme.Unknown {
		t.Errorf("CreateUser() = %v, want an unknown outcome", err)
	}
	c = client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(400, "no. "+big)}})
	if _, err := c.User(t.Context(), "42"); err == nil || err.Error() != "walkme: read user 42: Bad Request. Errors reported by remote server: no." {
		t.Errorf("User() = %v", err)
	}
	c = client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(300, "choose. "+big)}})
	if _, err := c.User(t.Context(), "42"); err == nil || err.Error() != "walkme: read user 42: Multiple Choices. Errors reported by remote server: redirected" {
		t.Errorf("User() = %v", err)
	}
	bomb := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, strings.Repeat(" ", 32<<20))
		z.Close()
	})
	c = client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{bomb}})
	if err := c.TestCredentials(t.Context(), false); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("TestCredentials() = %v, want an answer that is too large", err)
	}
}

// An answer that is just as long as one may be is read whole.
func TestLongestAnswer(t *testing.T) {
	text := userJSON("42", "ann@example.com", "")
	longest := strings.Repeat(" ", 1<<20-len(text)) + text
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(200, longest)}})
	if u, err := c.User(t.Context(), "42"); err != nil || u.UserName != "ann@example.com" {
		t.Errorf("User() = %v, %v", u, err)
	}
	c = client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(201, longest)}})
	if u, err := c.CreateUser(t.Context(), ann); err != nil || u.ID != "42" {
		t.Errorf("CreateUser() = %v, %v", u, err)
	}
}

// A group is read and written although its members make it larger than any user may
// be. A page of groups that is too large is asked for in smaller ones.
func TestBigGroups(t *testing.T) {
	const size = 600
	display := strings.Repeat("x", 2_000)
	entries := make([]string, size)
	for i := range entries {
		entries[i] = fmt.Sprintf(`{"value":"%d","display":%q}`, i, display)
	}
	members := `"members":[` + strings.Join(entries, ",") + `]}`
	var counts []string
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			io.WriteString(w, `{"id":"g1","displayName":"Editors",`+members)
			return
		}
		n, _ := strconv.Atoi(r.URL.Query().Get("count"))
		first, _ := strconv.Atoi(r.URL.Query().Get("startIndex"))
		counts = append(counts, fmt.Sprint(first, "+", n))
		if first == 1 && n > 1 || first == 2 && n == 100 {
			io.WriteString(w, strings.Repeat(" ", 33<<20))
			return
		}
		var page []string
		for i := first; i < first+n && i <= 20; i++ {
			page = append(page, fmt.Sprintf(`{"id":"g%d","displayName":"Group %d"}`, i, i))
		}
		io.WriteString(w, list(page...))
	})
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{handler}})
	g, err := c.Group(t.Context(), "g1")
	if err != nil || len(g.Members) != size {
		t.Fatalf("Group() = %v, want %d members", err, size)
	}
	if _, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Add: g.Members[:1], Managed: g.Members[:1]}); err != nil {
		t.Errorf("UpdateMembers() = %v", err)
	}
	n := 0
	for _, err := range c.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if got := strings.Join(counts, " "); n != 20 || got != "1+100 1+10 1+1 2+100 2+10 12+100 21+100" {
		t.Errorf("%d groups in pages %s, want 20, in pages of ten or one where more are too large", n, got)
	}
}

// The credential never follows a redirect to another host, and no redirect
// turns a write into a read.
func TestRedirects(t *testing.T) {
	var stolen []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		stolen = append(stolen, r.Header.Get("Authorization"))
	}))
	defer thief.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/Users/away":
			http.Redirect(w, r, thief.URL+"/Users/away", http.StatusTemporaryRedirect)
		case "/Users/moved":
			http.Redirect(w, r, "/Users/here", http.StatusFound)
		case "/Users/nowhere":
			w.WriteHeader(http.StatusNotModified)
		case "/Users/4", "/Users/3", "/Users/2", "/Users/1":
			n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/Users/"))
			http.Redirect(w, r, "/Users/"+strconv.Itoa(n+1), http.StatusFound)
		case "/Users/5":
			http.Redirect(w, r, "/Users/here", http.StatusFound)
		case "/Users/0":
			http.Redirect(w, r, "/Users/1", http.StatusFound)
		case "/Users/here":
			io.WriteString(w, userJSON("moved", "ann@example.com", ""))
		}
	}))
	defer srv.Close()
	c := client(t, walkme.Config{BaseURL: srv.URL})
	for _, err := range []error{
		second(c.User(t.Context(), "away")),
		c.SetActive(t.Context(), "away", true),
		c.SetActive(t.Context(), "moved", true),
	} {
		var refused *scim.Error
		if !errors.As(err, &refused) || refused.Status/100 != 3 || walkme.Outcome(err) != walkme.Refused || !strings.Contains(err.Error(), "redirected to ") {
			t.Errorf("a redirect = %v, want a refusal that says where to", err)
		}
	}
	if err := second(c.User(t.Context(), "nowhere")); err == nil || !strings.HasSuffix(err.Error(), ": redirected") {
		t.Errorf("a redirect without an address = %v", err)
	}
	if len(stolen) > 0 {
		t.Errorf("another host got %d requests", len(stolen))
	}
	if _, err := c.User(t.Context(), "moved"); err != nil {
		t.Errorf("User() within the host = %v", err)
	}
	for id, followed := range map[string]bool{"1": true, "0": false} { // five redirects, and six
		if _, err := c.User(t.Context(), id); strings.Contains(fmt.Sprint(err), "redirected") == followed {
			t.Errorf("User(%s) = %v, want it followed to the end: %t", id, err, followed)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A server, or a gateway, may repeat the request in its error.
func TestSecretsStayOutOfErrors(t *testing.T) {
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(400)
		fmt.Fprintf(w, "bad request: Authorization: %s\x1b[31m %s", r.Header.Get("Authorization"), body)
	})
	c := client(t, walkme.Config{BaseURL: target, Rand: constant(0), Transport: handlerTransport{echo},
		Auth: walkme.Auth{Username: "okta", Password: "pa:ss wörd"}})
	_, err := c.CreateUser(t.Context(), ann)
	if err == nil {
		t.Fatal("CreateUser() = nil")
	}
	for _, secret := range []string{"b2t0YTpwYTpzcyB3w7ZyZA==", "pa:ss", "AAAAAAAA", "\x1b"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("CreateUser() = %q shows %q", err, secret)
		}
	}
}

// A text is cut to a line. A secret that lies across the cut is hidden, too: no part of it
// would be known for one afterwards.
func TestSecretsAcrossTheCut(t *testing.T) {
	const password = "twelve-chars" // the shortest that could be cut in a way that shows much
	for before := range 600 {
		long := strings.Repeat("x", before) + password + strings.Repeat("y", 600)
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(400, long)},
			Auth: walkme.Auth{Username: "okta", Password: password}})
		if err := second(c.User(t.Context(), "42")); err == nil || strings.Contains(err.Error(), password[:4]) {
			t.Fatalf("User() with the secret behind %d letters = %v", before, err)
		}
	}
}

// A PATCH, PUT or DELETE with a good status is not a success if its body is
// about something else.
func TestWriteAnswers(t *testing.T) {
	for _, tt := range []struct {
		answer string
		want   walkme.Effect
	}{
		{``, walkme.Done},
		{`null`, walkme.Done},
		{`{}`, walkme.Done},
		{userJSON("42", "ann@example.com", annInactive), walkme.Done},
		{`{"schemas":["` + scim.SchemaUser + `"],"active":false}`, walkme.Done},
		{`{"status":"error","msg":"Access token doesn't exist in database"}`, walkme.Unknown},
		{`{"schemas":["` + scim.SchemaError + `"],"detail":"no"}`, walkme.Unknown},
		{userJSON("43", "bob@example.com", annInactive), walkme.Unknown},
		{`<html><title>Sign in</title></html>`, walkme.Unknown},
		{`{"id":"42"`, walkme.Unknown},
	} {
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(200, tt.answer)}})
		if err := c.SetActive(t.Context(), "42", false); walkme.Outcome(err) != tt.want {
			t.Errorf("SetActive() answered %s = %v (%s), want %s", tt.answer, err, walkme.Outcome(err), tt.want)
		}
	}
}

// A write that was answered well, but could not be verified, has an unknown
// outcome; if the object is gone by then, it is gone.
func TestVerificationFails(t *testing.T) {
	verify := wire(func(w *walkme.Wire) { w.VerifyWrites = true })
	add := "PATCH /Groups/g1 " + patchOp + `[{"op":"add","path":"members","value":[{"value":"1"}]}]}`
	for _, tt := range []struct {
		status int
		answer string
		want   walkme.Effect
	}{{500, "", walkme.Unknown}, {404, notFound, walkme.Refused}} {
		c, _ := converse(t, walkme.Config{Wire: verify},
			turn{"PATCH /Users/42 " + deactivate, 204, ""}, turn{"GET /Users/42", tt.status, tt.answer},
			turn{add, 204, ""}, turn{"GET /Groups/g1", tt.status, tt.answer})
		if err := c.SetActive(t.Context(), "42", false); walkme.Outcome(err) != tt.want {
			t.Errorf("SetActive() = %v (%s), want %s", err, walkme.Outcome(err), tt.want)
		}
		_, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Add: members("1")})
		if walkme.Outcome(err) != tt.want {
			t.Errorf("UpdateMembers() = %v (%s), want %s", err, walkme.Outcome(err), tt.want)
		}
	}
}

// Of two batches the first one counts even if the second is lost.
func TestPartialBatch(t *testing.T) {
	c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.MemberBatch = 1 })},
		turn{"PATCH /Groups/g1 " + patchOp + `[{"op":"remove","path":"members[value eq \"1\"]"}]}`, 204, ""},
		turn{"PATCH /Groups/g1 " + patchOp + `[{"op":"remove","path":"members[value eq \"2\"]"}]}`, 403, ""})
	_, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Remove: members("1", "2")})
	var partial *walkme.PartialError
	if !errors.As(err, &partial) || walkme.Outcome(err) != walkme.Unknown || !isErr(err, scim.ErrForbidden) {
		t.Errorf("UpdateMembers() = %v (%s), want PartialError, unknown", err, walkme.Outcome(err))
	}
}
