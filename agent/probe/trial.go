package probe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// trial is one check while it runs: what was sent for it, and what was found.
type trial struct {
	*session
	ctx     context.Context
	check   *Check
	dialect walkme.Profile

	exchanges []*Exchange // guarded by the conduit
	decisive  *Exchange   // the one that a report shows; nil: the last
	findings  []string
	notes     []string
	why       string // it was skipped; empty: it was not
	failure   error  // of the client's call that failed last

	okta, remedy, switchTo string // in place of the check's
}

func (s *session) trial(ctx context.Context, c *Check) *trial {
	t := &trial{session: s, check: c, dialect: cmp.Or(c.dialect, s.first())}
	t.ctx = context.WithValue(ctx, trialKey{}, t)
	return t
}

// client is the agent's own client in the dialect of the check.
func (t *trial) client() *walkme.Client { return t.clients[t.dialect] }

// fail notes that the check does not hold. The last exchange decided, unless another
// one did before.
func (t *trial) fail(format string, args ...any) {
	t.failAt(t.last(), format, args...)
}

// failAt is fail for another exchange than the last.
func (t *trial) failAt(x *Exchange, format string, args ...any) {
	if len(t.findings) == 0 {
		t.decisive = x
	}
	t.findings = append(t.findings, fmt.Sprintf(format, args...))
}

// note says something about a check that holds.
func (t *trial) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// skip says why the check cannot be made.
func (t *trial) skip(format string, args ...any) {
	t.why = fmt.Sprintf(format, args...)
}

// expect is fail unless something holds. It returns whether it does.
func (t *trial) expect(holds bool, format string, args ...any) bool {
	if !holds {
		t.fail(format, args...)
	}
	return holds
}

// last is the exchange that ended last; nil before the first.
func (t *trial) last() *Exchange {
	t.conduit.mu.Lock()
	defer t.conduit.mu.Unlock()
	if len(t.exchanges) == 0 {
		return nil
	}
	return t.exchanges[len(t.exchanges)-1]
}

// since returns what was exchanged after the first n exchanges.
func (t *trial) since(n int) []*Exchange {
	t.conduit.mu.Lock()
	defer t.conduit.mu.Unlock()
	return slices.Clone(t.exchanges[min(n, len(t.exchanges)):])
}

func (t *trial) count() int {
	t.conduit.mu.Lock()
	defer t.conduit.mu.Unlock()
	return len(t.exchanges)
}

// get, and the like, make a request by hand, with Okta's headers. path begins with a
// slash and is escaped.
func (t *trial) get(path string) *Exchange { return t.send(http.MethodGet, path, "", nil) }

func (t *trial) post(path, body string) *Exchange  { return t.send(http.MethodPost, path, body, nil) }
func (t *trial) put(path, body string) *Exchange   { return t.send(http.MethodPut, path, body, nil) }
func (t *trial) patch(path, body string) *Exchange { return t.send(http.MethodPatch, path, body, nil) }

// send makes one request by hand; edit may change its headers. It never returns nil.
func (t *trial) send(method, path, body string, edit func(http.Header)) *Exchange {
	var text []byte
	if body != "" {
		text = []byte(body)
	}
	before := t.count()
	req, err := t.client().NewRequest(t.ctx, method, path, text)
	if err == nil {
		if edit != nil {
			edit(req.Header)
		}
		var resp *http.Response
		if resp, err = t.conduit.RoundTrip(req); err == nil {
			_ = resp.Body.Close() // it is in memory
		}
	}
	if sent := t.since(before); len(sent) > 0 {
		return sent[len(sent)-1]
	}
	x := &Exchange{Method: method, Path: path, Sent: text, Err: err}
	t.conduit.keep(t.ctx, x)
	return x
}

// called notes that a call of the client failed, in the words of its exchange.
func (t *trial) called(err error, what string) bool {
	if err == nil {
		return true
	}
	t.failure = err
	x := t.refused()
	t.failAt(x, "%s %s%s", what, x.answered(), reasonOf(err))
	return false
}

// reasonOf is what an error says beyond the status.
func reasonOf(err error) string {
	var answer *scim.Error
	var unusable *walkme.AnswerError
	var unconfirmed *walkme.UnconfirmedError
	var idle *walkme.NotAppliedError
	switch {
	case errors.As(err, &idle):
		return ", and had no effect: " + idle.What
	case errors.As(err, &unconfirmed):
		return ": " + unconfirmed.Reason
	case errors.As(err, &unusable):
		return ": " + unusable.Reason
	case errors.As(err, &answer) && answer.Detail != "":
		return ": " + answer.Detail
	}
	return ""
}

// refused is the latest exchange of the check that was no success, else the last.
func (t *trial) refused() *Exchange {
	for _, x := range slices.Backward(t.since(0)) {
		if !x.ok() {
			return x
		}
	}
	return t.last()
}

// clean fails for the first of some exchanges that was no success: the client may have
// got over it, Okta does not.
func (t *trial) clean(from int, what string) bool {
	for _, x := range t.since(from) {
		if !x.ok() {
			t.failAt(x, "%s: %s %s %s%s", what, x.Method, x.where(t.session.run), x.answered(), detailOf(x))
			return false
		}
	}
	return true
}

func detailOf(x *Exchange) string {
	if x.Err != nil || x.ok() {
		return ""
	}
	if e := scim.ParseError(x.Status, x.Header.Get("Content-Type"), x.Body); e.Detail != "" {
		return ": " + e.Detail
	}
	return ""
}

// result closes the trial.
func (t *trial) result() Result {
	c := t.check
	r := Result{
		ID: c.ID, Suite: c.Suite, Title: c.Title, Source: c.Source, Level: c.Level, Outcome: Passed,
		OktaDoes: cmp.Or(t.okta, c.Okta), Remedy: cmp.Or(t.remedy, c.Remedy), Switch: cmp.Or(t.switchTo, c.Switch),
		Detail: strings.Join(t.notes, "; "),
	}
	if t.lost[c.ID] {
		r.Switch = ""
	}
	switch {
	case len(t.findings) > 0 && c.Level == Required && t.why == "":
		r.Outcome = Failed
	case len(t.findings) > 0 && c.Level == Recommended && t.why == "":
		r.Outcome = Warned
	case t.why != "":
		r.Outcome, r.Detail = Skipped, t.why
	}
	if len(t.findings) > 0 && t.why == "" {
		r.Detail = strings.Join(t.findings, "; ")
	}
	r.Detail = t.conceal(r.Detail)
	x := t.decisive
	if x == nil {
		x = t.last()
	}
	if r.Outcome != Skipped {
		r.Request, r.Response = t.conceal(t.asked(x)), t.conceal(x.response(t.session.run))
	}
	if len(t.findings) > 0 {
		r.OktaDoes += t.sees(x)
	}
	return r
}

// asked is the request of an exchange as a report shows it. What a read showed of a
// write is told with that write.
func (t *trial) asked(x *Exchange) string {
	text := x.request(t.session.run)
	if x == nil || x.Method != http.MethodGet || len(t.findings) == 0 {
		return text
	}
	var write *Exchange
	for _, before := range t.since(0) {
		if before == x {
			break
		}
		if before.Method != http.MethodGet {
			write = before
		}
	}
	if write == nil {
		return text
	}
	return fmt.Sprintf("%s\n%d%s%s", write.request(t.session.run), write.Status, thenRead, strings.TrimPrefix(text, http.MethodGet+" "))
}

// thenRead stands, in a request of a report, between the status of a write and the path of
// the read that showed what it did.
const thenRead = ", then " + http.MethodGet + " "

// readBehind parts a request of a report from the line about the read behind it; empty
// without one.
func readBehind(request string) (write, read string) {
	at := strings.LastIndexByte(request, '\n')
	if at < 0 || !strings.Contains(request[at:], thenRead) {
		return request, ""
	}
	return request[:at], request[at+1:]
}

// sees is the message that Okta's admin gets, where Okta itself makes the request.
func (t *trial) sees(x *Exchange) string {
	if t.check.Task == "" || x == nil || x.ok() {
		return ""
	}
	text := "no answer"
	if x.Err == nil {
		e := scim.ParseError(x.Status, x.Header.Get("Content-Type"), x.Body)
		if bytes.Contains(x.Body, []byte("<")) && !bytes.Contains(x.Body, []byte("{")) {
			e.Detail = "Invalid JSON: Unrecognized token"
		}
		text = e.Error()
	}
	return ` The admin sees "` + t.conceal(t.check.Task+": "+text) + `".`
}

// minSecret is the length below which a credential would be found in any text.
const minSecret = 4

// conceal takes the credential out of a text of the server.
func (s *session) conceal(text string) string {
	for _, secret := range s.hidden {
		if len(secret) < minSecret {
			continue
		}
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return text
}

// resource is the path of a resource; ids may hold anything.
func resource(endpoint, id string) string {
	escaped := url.PathEscape(id)
	if strings.Trim(id, ".") == "" {
		escaped = strings.ReplaceAll(escaped, ".", "%2E")
	}
	return endpoint + "/" + escaped
}

// filtered is the path of a look-up in Okta's form.
func filtered(endpoint, filter string) string {
	return endpoint + "?filter=" + scim.QueryEscape(filter) + "&startIndex=1&count=100"
}

// quoted is a JSON string.
func quoted(s string) string { return string(scim.AppendString(nil, s)) }

// hasSchema tells whether an object has a schema among its schemas.
func hasSchema(o object, urn string) bool {
	return slices.ContainsFunc(o.schemas(), func(s string) bool { return strings.EqualFold(s, urn) })
}
