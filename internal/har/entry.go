package har

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// entry renders the exchange without its secrets.
func (x *exchange) entry(broken error, ended time.Time) *entry {
	s := x.recorder.secretsIn(x.request)
	e := &entry{StartedDateTime: x.started.UTC().Format("2006-01-02T15:04:05.000Z07:00")}
	e.Request = x.renderRequest(s)
	e.Response = x.renderResponse(s, broken)
	e.Timings, e.Time = x.marks.timings(x.started, ended)
	if host, _, err := net.SplitHostPort(x.server); err == nil {
		e.ServerIPAddress = host
	}
	if _, port, err := net.SplitHostPort(x.local); err == nil {
		e.Connection = port
	}
	return e
}

func (x *exchange) renderRequest(s *secrets) request {
	sent := x.sent
	if sent == nil { // it never got that far
		sent = fields(x.request.Header)
	}
	out := request{
		Method: cmp.Or(x.request.Method, http.MethodGet), HTTPVersion: "HTTP/1.1", Cookies: []pair{},
		HeadersSize: unknown, BodySize: x.asked.size,
	}
	if x.answer != nil {
		out.HTTPVersion = x.answer.proto
	}
	if x.asked.size > 0 {
		mimeType := x.request.Header.Get("Content-Type")
		text := s.hideText(mimeType, x.asked.kept, x.asked.cut())
		out.PostData = &postData{MimeType: mimeType, Text: strings.ToValidUTF8(text, "\uFFFD"), Comment: x.asked.comment()}
	}
	// After the body, which may have named more of what is to be hidden.
	out.Headers = s.hideHeaders(sent)
	out.URL = s.hideURL(x.request.URL.String())
	out.QueryString = queryPairs(out.URL)
	return out
}

func (x *exchange) renderResponse(s *secrets, broken error) response {
	out := response{Cookies: []pair{}, Headers: []pair{}, HeadersSize: unknown, BodySize: unknown}
	if broken != nil {
		out.Error = s.conceal(broken.Error())
	}
	if x.answer == nil {
		return out
	}
	out.Status, out.HTTPVersion = x.answer.code, x.answer.proto
	_, out.StatusText, _ = strings.Cut(x.answer.status, " ")
	out.Headers = s.hideHeaders(fields(x.answer.header))
	out.RedirectURL = s.hideURL(x.answer.header.Get("Location"))
	if !x.answer.uncompressed {
		out.BodySize = x.answered.size
	}
	out.Content = x.renderContent(s, broken)
	return out
}

func (x *exchange) renderContent(s *secrets, broken error) content {
	c := content{Size: x.answered.size, MimeType: x.answer.header.Get("Content-Type"), Comment: x.answered.comment()}
	plain, cut := x.answered.kept, x.answered.cut()
	if encoding := x.answer.header.Get("Content-Encoding"); encoding != "" && len(plain) > 0 {
		d := decompress(encoding, plain, cut)
		plain, cut, c.Size = d.text, cut || d.cut, int64(len(d.text))
		c.Comment = cmp.Or(d.comment, c.Comment)
	}
	if cut {
		plain = validText(plain)
	}
	if !x.answered.all && x.answered.size != x.answer.length && broken == nil && c.Comment == "" {
		c.Comment = fmt.Sprintf("the reader stopped after %d bytes", x.answered.size)
	}
	c.Text = s.hideText(c.MimeType, plain, cut)
	if !utf8.ValidString(c.Text) {
		c.Text, c.Encoding = base64.StdEncoding.EncodeToString([]byte(c.Text)), "base64"
	}
	return c
}

// cut tells whether the kept bytes are not the whole body.
func (b *body) cut() bool { return b.size > int64(len(b.kept)) }

func (b *body) comment() string {
	if b.cut() {
		return fmt.Sprintf("the first %d of %d bytes", len(b.kept), b.size)
	}
	return ""
}

// validText drops a character that was cut in two.
func validText(text []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(text); i++ {
		if last := text[len(text)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				return text[:len(text)-i]
			}
			break
		}
	}
	return text
}

// fields lists header fields by name.
func fields(h http.Header) []pair {
	out := []pair{}
	for name, values := range h {
		for _, v := range values {
			out = append(out, pair{name, v})
		}
	}
	slices.SortStableFunc(out, func(a, b pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// timings are the parts of the time between start and end, which add up to it.
// What has no mark took no time, except that an answer which never came was
// waited for.
func (m marks) timings(started, ended time.Time) (timings, float64) {
	connected := later(started, m.connected)
	written := later(connected, m.written)
	firstByte := later(written, m.firstByte)
	if m.firstByte.IsZero() {
		firstByte = ended
	}
	ms := func(from, to time.Time) float64 { return float64(to.Sub(from).Microseconds()) / 1000 }
	return timings{
		Blocked: ms(started, connected), Send: ms(connected, written), Wait: ms(written, firstByte), Receive: ms(firstByte, ended),
	}, ms(started, ended)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
