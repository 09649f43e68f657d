package walkmetest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

const (
	contentSCIM = "application/scim+json"
	contentJSON = "application/json"
	contentHTML = "text/html; charset=utf-8"

	schemaUser  = "urn:ietf:params:scim:schemas:core:2.0:User"
	schemaGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"
	schemaPatch = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	schemaList  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	schemaError = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// The scimTypes of RFC 7644, section 3.12, that are in use here.
const (
	invalidFilter = "invalidFilter"
	invalidPath   = "invalidPath"
	invalidSyntax = "invalidSyntax"
	invalidValue  = "invalidValue"
	mutability    = "mutability"
	noTarget      = "noTarget"
	uniqueness    = "uniqueness"
)

// answer is a whole answer; drop and truncate say how it gets lost.
type answer struct {
	status      int
	header      []headerField
	contentType string
	body        []byte
	drop        bool
	truncate    bool
	encoding    string
}

type headerField struct {
	key    string
	values []string
}

// setHeader overrules what was set before.
func (a *answer) setHeader(key string, values ...string) {
	a.header = append(a.header, headerField{key, values})
}

// refusal is why a request has no effect.
type refusal struct {
	status   int
	scimType string
	detail   string
}

func refuse(status int, scimType, format string, args ...any) *refusal {
	return &refusal{status, scimType, fmt.Sprintf(format, args...)}
}

func (ex *exchange) refused(r *refusal) answer { return ex.fail(r.status, r.scimType, r.detail) }

// succeed answers with a JSON body, or with none for nil.
func (ex *exchange) succeed(status int, body any) answer {
	reply := answer{status: status, encoding: ex.q.ContentEncoding}
	if body != nil {
		reply.contentType, reply.body = contentSCIM, encode(body)
	}
	return reply
}

// fail answers with the Error message of RFC 7644, section 3.12.
func (ex *exchange) fail(status int, scimType, detail string) answer {
	if ex.q.HTMLErrors {
		return answer{status: status, contentType: contentHTML, body: []byte(htmlPage(status))}
	}
	body := object{{"schemas", []any{schemaError}}}
	bare := status == http.StatusConflict && ex.q.ConflictWithoutType
	if ex.q.AlwaysInvalidSyntax {
		scimType = invalidSyntax
	}
	if scimType != "" && !bare {
		body.set("scimType", scimType)
	}
	body.set("detail", detail)
	switch {
	case bare:
	case ex.q.NumericStatus:
		body.set("status", status)
	default:
		body.set("status", strconv.Itoa(status))
	}
	return answer{status: status, contentType: contentSCIM, body: encode(body), encoding: ex.q.ContentEncoding}
}

func (ex *exchange) unauthorized() answer {
	if ex.q.AuthFailureAs200 {
		return answer{status: http.StatusOK, contentType: contentJSON,
			body: []byte(`{"status":"error","msg":"Access token doesn't exist in database"}`)}
	}
	reply := ex.fail(http.StatusUnauthorized, "", "The credential is not valid.")
	if ex.q.PlainText401 {
		reply = answer{status: http.StatusUnauthorized, contentType: "text/plain; charset=utf-8", body: []byte("Unauthorized\n")}
	}
	reply.setHeader("WWW-Authenticate", `Basic realm="SCIM"`)
	return reply
}

func (ex *exchange) notFound() answer {
	if ex.q.UnknownID500 && (ex.rec.Method == http.MethodPatch || ex.rec.Method == http.MethodDelete) {
		return ex.fail(http.StatusInternalServerError, "", "Internal error.")
	}
	return ex.fail(http.StatusNotFound, "", "Resource "+ex.id+" not found.")
}

func (ex *exchange) notAllowed(allow ...string) answer {
	reply := ex.fail(http.StatusMethodNotAllowed, "", ex.rec.Method+" is not possible here.")
	reply.setHeader("Allow", strings.Join(allow, ", "))
	return reply
}

func htmlPage(status int) string {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	return "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n<hr><center>gateway</center>\r\n</body>\r\n</html>\r\n"
}

// write sends the answer, or as much of it as a fault leaves.
func (t *Tenant) write(a *answer, w http.ResponseWriter, r *http.Request) {
	if a.drop {
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	for _, f := range a.header {
		h[http.CanonicalHeaderKey(f.key)] = f.values
	}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	}
	body := a.body
	if a.encoding != "" && len(body) > 0 && strings.Contains(r.Header.Get("Accept-Encoding"), a.encoding) {
		h.Set("Content-Encoding", a.encoding)
		body = t.compressed(a.encoding, body)
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if a.truncate {
		body = body[:len(body)/2]
	}
	_, _ = w.Write(body) // a client that is gone does not matter
	if a.truncate {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// compressor is much larger than what it compresses here, and used again.
type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

func (t *Tenant) compressed(encoding string, body []byte) []byte {
	var b bytes.Buffer
	pool := &t.gzips
	if encoding == "deflate" {
		pool = &t.zlibs // what RFC 9110 calls deflate
	}
	w, used := pool.Get().(compressor)
	switch {
	case used:
		w.Reset(&b)
	case pool == &t.zlibs:
		w = zlib.NewWriter(&b)
	default:
		w = gzip.NewWriter(&b)
	}
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	pool.Put(w)
	return b.Bytes()
}
