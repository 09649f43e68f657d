package har_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/har"
)

// archive is what a reader of the format relies on. Unknown fields are errors.
type archive struct {
	Log struct {
		Version string      `json:"version"`
		Creator har.Creator `json:"creator"`
		Entries []entry     `json:"entries"`
	} `json:"log"`
}

type entry struct {
	StartedDateTime time.Time `json:"startedDateTime"`
	Time            *float64  `json:"time"`
	Request         struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []pair    `json:"cookies"`
		Headers     []pair    `json:"headers"`
		QueryString []pair    `json:"queryString"`
		PostData    *postData `json:"postData"`
		HeadersSize *int      `json:"headersSize"`
		BodySize    *int64    `json:"bodySize"`
	} `json:"request"`
	Response struct {
		Status      *int    `json:"status"`
		StatusText  string  `json:"statusText"`
		HTTPVersion string  `json:"httpVersion"`
		Cookies     []pair  `json:"cookies"`
		Headers     []pair  `json:"headers"`
		Content     content `json:"content"`
		RedirectURL *string `json:"redirectURL"`
		HeadersSize *int    `json:"headersSize"`
		BodySize    *int64  `json:"bodySize"`
		Error       string  `json:"_error"`
	} `json:"response"`
	Cache           *struct{}          `json:"cache"`
	Timings         map[string]float64 `json:"timings"`
	ServerIPAddress string             `json:"serverIPAddress"`
	Connection      string             `json:"connection"`
}

type pair struct{ Name, Value string }

type postData struct{ MimeType, Text, Comment string }

type content struct {
	Size                              int64
	MimeType, Text, Encoding, Comment string
}

func parse(t *testing.T, path string) archive {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out archive
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		t.Fatalf("the archive does not parse: %v\n%s", err, data)
	}
	if _, err := dec.Token(); err != io.EOF {
		t.Fatalf("something stands after the archive")
	}
	for i, e := range out.Log.Entries {
		if e.Time == nil || e.Request.HeadersSize == nil || e.Request.BodySize == nil || e.Request.Headers == nil || e.Request.Cookies == nil ||
			e.Request.QueryString == nil || e.Response.Status == nil || e.Response.Headers == nil || e.Response.Cookies == nil ||
			e.Response.RedirectURL == nil || e.Response.HeadersSize == nil || e.Response.BodySize == nil || e.Cache == nil {
			t.Errorf("entry %d lacks a field that HAR 1.2 requires: %+v", i, e)
		}
		sum := e.Timings["blocked"] + e.Timings["send"] + e.Timings["wait"] + e.Timings["receive"]
		if d := sum - *e.Time; d > 0.01 || d < -0.01 {
			t.Errorf("entry %d: the timings add up to %v, not to %v", i, sum, *e.Time)
		}
	}
	return out
}

// stage is a server, and a client whose exchanges are recorded.
type stage struct {
	*testing.T
	url      string
	client   *http.Client
	path     string
	recorder *har.Recorder
}

func start(t *testing.T, handle http.HandlerFunc) *stage {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	s := &stage{T: t, url: server.URL, path: filepath.Join(t.TempDir(), "trace.har")}
	var err error
	if s.recorder, err = har.Create(s.path, har.Creator{Name: "test", Version: "1"}); err != nil {
		t.Fatal(err)
	}
	base := &http.Transport{DisableCompression: true}
	t.Cleanup(base.CloseIdleConnections)
	s.client = &http.Client{Transport: s.recorder.Transport(base), CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	return s
}

// do sends a request and reads its answer.
func (s *stage) do(method, target, mimeType, body string, header http.Header) (int, string, error) {
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+target, in)
	if err != nil {
		return 0, "", err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if mimeType != "" {
		req.Header.Set("Content-Type", mimeType)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

func (s *stage) entries() []entry { return parse(s.T, s.path).Log.Entries }

func TestExchange(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/scim+json")
		w.Header().Set("Location", "/Users/1")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"got":%d}`, len(got))
	})
	status, text, err := s.do("POST", "/Users?a=1&b=%20x&c", "application/scim+json; charset=utf-8", `{"userName":"ann@example.com"}`, nil)
	if status != 201 || text != `{"got":30}` || err != nil {
		t.Fatalf("the exchange was changed: %d, %q, %v", status, text, err)
	}
	got := parse(t, s.path)
	if got.Log.Version != "1.2" || got.Log.Creator.Name != "test" || len(got.Log.Entries) != 1 {
		t.Fatalf("log = %+v, want version 1.2 with one entry", got.Log)
	}
	e := got.Log.Entries[0]
	if e.Request.Method != "POST" || e.Request.URL != s.url+"/Users?a=1&b=%20x&c" || e.Request.HTTPVersion != "HTTP/1.1" {
		t.Errorf("request = %+v", e.Request)
	}
	if diff := cmp.Diff([]pair{{"a", "1"}, {"b", " x"}, {"c", ""}}, e.Request.QueryString); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
	if p := e.Request.PostData; p == nil || p.Text != `{"userName":"ann@example.com"}` || p.MimeType != "application/scim+json; charset=utf-8" || *e.Request.BodySize != 30 {
		t.Errorf("postData = %+v", p)
	}
	for _, name := range []string{"Host", "User-Agent", "Content-Length"} {
		if !slices.ContainsFunc(e.Request.Headers, func(p pair) bool { return p.Name == name }) {
			t.Errorf("the request's headers lack %s, which went over the wire: %v", name, e.Request.Headers)
		}
	}
	if *e.Response.Status != 201 || e.Response.StatusText != "Created" || *e.Response.RedirectURL != "/Users/1" || e.Response.Content.Text != text {
		t.Errorf("response = %+v", e.Response)
	}
	if e.ServerIPAddress != "127.0.0.1" || e.Connection == "" {
		t.Errorf("server = %q, connection = %q", e.ServerIPAddress, e.Connection)
	}
}

// TestBodyWithoutCopy: a body that can be read only once is copied as it passes.
func TestBodyWithoutCopy(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(w, r.Body); err != nil {
			t.Error(err)
		}
	})
	req, err := http.NewRequestWithContext(t.Context(), "POST", s.url, io.MultiReader(strings.NewReader("once "), strings.NewReader("only")))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); string(text) != "once only" || err != nil {
		t.Errorf("the server got %q, %v", text, err)
	}
	if e := s.entries()[0]; e.Request.PostData.Text != "once only" || *e.Request.BodySize != 9 {
		t.Errorf("postData = %+v", e.Request.PostData)
	}
}

func TestCreate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.har")
	r, err := har.Create(path, har.Creator{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(parse(t, path).Log.Entries); n != 0 {
		t.Errorf("a new archive has %d entries", n)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode = %v, %v, want 0600", info.Mode(), err)
	}
	if _, err := har.Create(path, har.Creator{}); !errors.Is(err, os.ErrExist) {
		t.Errorf("Create of an existing file = %v, want ErrExist", err)
	}
	link := path + ".link"
	if err := os.Symlink(path+".elsewhere", link); err != nil {
		t.Fatal(err)
	}
	if _, err := har.Create(link, har.Creator{}); !errors.Is(err, os.ErrExist) {
		t.Errorf("Create through a dangling link = %v, want ErrExist", err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Errorf("Close = %v", err)
	}
}

// TestSecrets has a server that gives away all it knows: whatever a client sends
// comes back in the body, in a header and in the address of a redirect.
func TestSecrets(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(`okta:pass"w/rd-1`))
	tests := []struct {
		name, method, target, mimeType, body string
		header                               http.Header
		secrets                              []string
	}{
		{"Basic", "GET", "/Users", "", "", http.Header{"Authorization": {basic}},
			[]string{basic, basic[6:], `pass"w/rd-1`, `pass\"w/rd-1`, "pass%22w%2Frd-1"}},
		{"Bearer", "GET", "/Users", "", "", http.Header{"Authorization": {"Bearer eyJhbGciOi.token"}}, []string{"eyJhbGciOi.token"}},
		{"API token", "GET", "/Users", "", "", http.Header{"Authorization": {"SSWS 00token-text"}}, []string{"00token-text"}},
		{"cookie", "GET", "/Users", "", "", http.Header{"Cookie": {"sid=102cookie-text"}}, []string{"102cookie-text"}},
		{"assertion in the query", "POST", "/oauth2/v1/token?grant_type=client_credentials&client_assertion=eyJ.as%2Bsertion", "", "", nil,
			[]string{"eyJ.as+sertion", "eyJ.as%2Bsertion"}},
		{"assertion in a form", "POST", "/oauth2/v1/token", "application/x-www-form-urlencoded; charset=utf-8", "scope=x&client_assertion=eyJ.as%2Bsertion", nil,
			[]string{"eyJ.as+sertion", "eyJ.as%2Bsertion"}},
		{"password of a user", "POST", "/Users", "application/scim+json", `{"userName":"a","password":"Pl\u0061ce-holder1"}`, nil,
			[]string{"Place-holder1", `Pl\u0061ce-holder1`}},
		{"password in a PATCH", "PATCH", "/Users/1", "application/scim+json",
			`{"Operations":[{"op":"replace","value":"New-secret1","path":"urn:ietf:params:scim:schemas:core:2.0:User:password"}]}`, nil, []string{"New-secret1"}},
		{"JSON that calls itself text", "POST", "/Users", "text/plain", `{"password":"Plain-secret1"}`, nil, []string{"Plain-secret1"}},
		{"broken JSON", "POST", "/Users", "application/json", `{"a":]{"password" : "Broken-secret1`, nil, []string{"Broken-secret1"}},
		{"deep", "POST", "/Users", "application/json", strings.Repeat(`{"a":[`, 50000) + `{"PassWord":{"value":["Deep-secret1", 7777777]}}`, nil,
			[]string{"Deep-secret1", "7777777"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				auth := r.Header.Get("Authorization")
				_, password, _ := r.BasicAuth()
				w.Header().Set("Set-Cookie", "sid=102session-text")
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("X-Debug", auth+password)
				w.Header().Set("Location", "https://x.example/?"+r.URL.RawQuery)
				quoted, _ := json.Marshal(password)
				fmt.Fprintf(w, "<pre>%s %s %s %s %s %s</pre>", body, auth, password, quoted, r.URL, r.Header["Cookie"])
			})
			if _, _, err := s.do(tt.method, tt.target, tt.mimeType, tt.body, tt.header); err != nil {
				t.Fatal(err)
			}
			s.entries()
			text, err := os.ReadFile(s.path)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range append(tt.secrets, "102session-text") {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("the archive has %q in it:\n%.3000s", secret, text)
				}
			}
			if !bytes.Contains(text, []byte("[hidden]")) {
				t.Error("nothing was hidden")
			}
		})
	}
}

func TestAccessTokenInAnswer(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3600,"access_token":"eyJ.access","scope":"okta.users.read"}`)
	})
	if _, _, err := s.do("POST", "/oauth2/v1/token", "", "", nil); err != nil {
		t.Fatal(err)
	}
	want := `{"token_type":"Bearer","expires_in":3600,"access_token":"[hidden]","scope":"okta.users.read"}`
	if got := s.entries()[0].Response.Content.Text; got != want {
		t.Errorf("text = %s, want %s", got, want)
	}
}

func TestCompressed(t *testing.T) {
	const plain = `{"Resources":[],"password":"in-the-gzip"}`
	const want = `{"Resources":[],"password":"[hidden]"}`
	var zipped, deflated bytes.Buffer
	g, z := gzip.NewWriter(&zipped), zlib.NewWriter(&deflated)
	for _, w := range []io.WriteCloser{g, z} {
		if _, err := io.WriteString(w, plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		encoding, body, text, comment string
	}{
		{"gzip", zipped.String(), want, ""},
		{"deflate", deflated.String(), want, ""},
		{"gzip", zipped.String()[:zipped.Len()-6], want, "decompressed until: unexpected EOF"},
		{"gzip", plain, "", "41 bytes left out: gzip: invalid header"},
		{"br", plain, "", "41 bytes left out: the encoding is none that is decompressed here"},
		{"identity", plain, want, ""},
	}
	for _, tt := range tests {
		t.Run(tt.encoding, func(t *testing.T) {
			s := start(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", tt.encoding)
				fmt.Fprint(w, tt.body)
			})
			if _, got, err := s.do("GET", "/", "", "", nil); got != tt.body || err != nil {
				t.Fatalf("the body was changed: %q, %v", got, err)
			}
			e := s.entries()[0]
			if c := e.Response.Content; c.Text != tt.text || c.Comment != tt.comment {
				t.Errorf("content = %+v, want %q, comment %q", c, tt.text, tt.comment)
			}
			if *e.Response.BodySize != int64(len(tt.body)) {
				t.Errorf("bodySize = %d, want %d", *e.Response.BodySize, len(tt.body))
			}
		})
	}
}

// TestBounded cuts a secret and a character in two.
func TestBounded(t *testing.T) {
	const mib = 1 << 20
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/secret" {
			fmt.Fprintf(w, `{"a":"%s","password":"%s"}`, strings.Repeat("x", mib-30), strings.Repeat("topsecret", 100))
			return
		}
		fmt.Fprint(w, strings.Repeat("x", mib-1)+"ééé")
	})
	if _, got, err := s.do("GET", "/secret", "", "", nil); len(got) < mib+800 || err != nil {
		t.Fatalf("the reader got %d bytes, %v", len(got), err)
	}
	if _, _, err := s.do("GET", "/rune", "", "", nil); err != nil {
		t.Fatal(err)
	}
	all := s.entries()
	first, second := all[0].Response.Content, all[1].Response.Content
	if strings.Contains(first.Text, "topse") || !strings.HasSuffix(first.Text, `"password":"[hidden]"`) || !strings.HasPrefix(first.Comment, "the first 1048576 of ") {
		t.Errorf("the end of the text is %q, comment %q", first.Text[len(first.Text)-40:], first.Comment)
	}
	if second.Encoding != "" || len(second.Text) != mib-1 || second.Comment != "the first 1048576 of 1048581 bytes" {
		t.Errorf("%d bytes, encoding %q, comment %q", len(second.Text), second.Encoding, second.Comment)
	}
}

func TestBroken(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
			w.(http.Flusher).Flush()
		}
		panic(http.ErrAbortHandler)
	})
	if _, _, err := s.do("POST", "/none", "application/json", `{"a":1}`, http.Header{"Authorization": {"Bearer broken-token"}}); err == nil {
		t.Fatal("the client got an answer")
	}
	if _, _, err := s.do("GET", "/half", "", "", nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("the client got %v", err)
	}
	all := s.entries()
	none, half := all[0], all[1]
	if *none.Response.Status != 0 || none.Response.Error != "EOF" || none.Request.PostData.Text != `{"a":1}` {
		t.Errorf("without an answer: %+v", none)
	}
	if *half.Response.Status != 200 || half.Response.Error != "unexpected EOF" || half.Response.Content.Text != "half" || half.Response.Content.Comment != "" {
		t.Errorf("cut off: %+v", half.Response)
	}
}

// TestReaderGivesUp: a reader who closes early still leaves an entry.
func TestReaderGivesUp(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 100)) })
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(resp.Body.Close(), resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	all := s.entries()
	if len(all) != 1 || len(all[0].Response.Content.Text) != 10 || all[0].Response.Content.Comment != "the reader stopped after 10 bytes" {
		t.Errorf("entries = %+v", all)
	}
}

// TestSentAgain: net/http repeats a request whose idle connection has gone. The
// body stands in the archive once.
func TestSentAgain(t *testing.T) {
	served := 0
	s := start(t, func(w http.ResponseWriter, r *http.Request) {
		served++
		if served > 1 {
			return
		}
		conn, in, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		if _, err := in.ReadByte(); err != nil { // of the next request, which gets no answer
			t.Error(err)
		}
	})
	if _, _, err := s.do("GET", "/", "", "", nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.do("PUT", "/", "application/json", `{"a":1}`, http.Header{"Idempotency-Key": {"1"}}); err != nil {
		t.Fatal(err)
	}
	e := s.entries()[1]
	if e.Request.PostData.Text != `{"a":1}` || *e.Request.BodySize != 7 {
		t.Errorf("postData = %+v", e.Request.PostData)
	}
	hosts := slices.DeleteFunc(e.Request.Headers, func(p pair) bool { return p.Name != "Host" })
	if len(hosts) != 1 {
		t.Errorf("the request has %d Host headers", len(hosts))
	}
}

// TestWholeAfterEachExchange reads the file while several goroutines write it.
func TestWholeAfterEachExchange(t *testing.T) {
	s := start(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) })
	const workers, each = 8, 25
	var wg sync.WaitGroup
	for i := range workers {
		wg.Go(func() {
			for j := range each {
				if _, _, err := s.do("PUT", fmt.Sprintf("/%d/%d", i, j), "text/plain", "body", nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all := s.entries()
	if len(all) != workers*each {
		t.Fatalf("%d entries, want %d", len(all), workers*each)
	}
	seen := map[string]bool{}
	for _, e := range all {
		seen[e.Request.URL] = true
		if !strings.HasSuffix(e.Request.URL, e.Response.Content.Text) || e.Request.PostData.Text != "body" {
			t.Errorf("%s was answered %q", e.Request.URL, e.Response.Content.Text)
		}
	}
	if len(seen) != workers*each {
		t.Errorf("%d different requests, want %d", len(seen), workers*each)
	}
	if err := s.recorder.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.do("GET", "/late", "", "", nil); err != nil {
		t.Errorf("an exchange after Close: %v", err)
	}
}

func BenchmarkExchange(b *testing.B) {
	body := strings.Repeat(`{"userName":"ann@example.com","name":{"givenName":"Ann"}},`, 2000)
	r, err := har.Create(filepath.Join(b.TempDir(), "trace.har"), har.Creator{})
	if err != nil {
		b.Fatal(err)
	}
	transport := r.Transport(answer(body))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		req, err := http.NewRequestWithContext(b.Context(), "GET", "http://x.example/", nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := transport.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
	if err := r.Close(); err != nil {
		b.Fatal(err)
	}
}

// answer is a transport that always answers the same list.
type answer string

func (a answer) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", Header: http.Header{}, Body: io.NopCloser(strings.NewReader("[" + string(a) + "]"))}, nil
}

// failing is a transport that quotes what a proxy said.
type failing string

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New(string(f)) }

// TestHide: what net/http adds below the transport is hidden, too.
func TestHide(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.har")
	r, err := har.Create(path, har.Creator{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r.Hide("pr0xy-passw0rd")
	req, err := http.NewRequestWithContext(t.Context(), "GET", "https://acme.okta.com/api/v1/apps", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Transport(failing(`malformed HTTP response "pr0xy-passw0rd"`)).RoundTrip(req); err == nil {
		t.Fatal("the failing transport did not fail")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(text), "pr0xy-passw0rd") || !strings.Contains(string(text), "malformed HTTP response") {
		t.Errorf("the trace holds a proxy's credential, or lacks the error: %v\n%s", err, text)
	}
}
