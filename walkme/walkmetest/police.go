package walkmetest

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Rule is something that Okta's provisioning engine never does. Breaking one is
// a violation, whatever the tenant answers.
type Rule string

// The rules.
const (
	// RuleHeaders: exactly Okta's headers, Content-Type with a body and
	// only then.
	RuleHeaders Rule = "headers"

	// RuleCredentials: no credential in a query.
	RuleCredentials Rule = "credentials"

	// RuleQuery: filter, startIndex and count in this order, blanks as %20,
	// on lists only.
	RuleQuery Rule = "query"

	// RuleJSON: compact JSON in raw UTF-8, without a newline at its end.
	RuleJSON Rule = "json"

	// RuleNeverSent: no request that Okta does not know: discovery, /Bulk,
	// /Me, /.search.
	RuleNeverSent Rule = "never-sent"

	// RuleSecondCreate: no POST of a name that a POST has created.
	RuleSecondCreate Rule = "second-create"

	// RuleDeleteUser: no DELETE of a user.
	RuleDeleteUser Rule = "delete-user"

	// RuleDroppedKeys: a PUT carries every key that a GET shows. Of a group
	// id and meta may be missing.
	RuleDroppedKeys Rule = "dropped-keys"

	// RulePassword: no password in a PUT or PATCH, unless the tenant shows
	// it.
	RulePassword Rule = "password"

	// RuleNoChange: no write that changes nothing. Free are what Okta
	// repeats itself: the rename PATCH, "Push Now" (replace of members),
	// the members once more after the POST of a group; the first write to
	// an account or group that was there before, the profile after an
	// activation, and the first write after an administrator's edit or
	// after an answer that a fault kept from the client.
	RuleNoChange Rule = "no-change"

	// RuleOverlap: one write to a group at a time.
	RuleOverlap Rule = "overlap"

	// RuleInFlight: no more requests at once than Options.MaxInFlight.
	RuleInFlight Rule = "in-flight"

	// RuleBatch: no PATCH with more membership changes than
	// Options.MaxBatch. A replace has no limit.
	RuleBatch Rule = "batch"

	// RuleProtected: no write to what Protect names.
	RuleProtected Rule = "protected"
)

type violation struct {
	rule   Rule
	detail string
}

// Violations lists the rules that were broken, in the order in which the
// requests ended, as "rule: what (request 7: PUT /Users/…)".
func (t *Tenant) Violations() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.violations)
}

// Protect marks users and groups as foreign: every write to one of them, and
// every change of a protected user's memberships, breaks RuleProtected.
func (t *Tenant) Protect(ids ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		if u := t.users.byID[id]; u != nil {
			u.protected = true
		}
		if g := t.groups.byID[id]; g != nil {
			g.protected = true
		}
	}
}

// ClientRestarted gives the client the free repetitions of RuleNoChange that
// it deserves after it was killed and cannot know what was answered.
func (t *Tenant) ClientRestarted() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, u := range t.users.order {
		u.pardon(1)
	}
	for _, g := range t.groups.order {
		g.pardon(len(g.members) + 1)
	}
}

func (ex *exchange) violate(rule Rule, format string, args ...any) {
	if !ex.t.allow[rule] {
		ex.found = append(ex.found, violation{rule, fmt.Sprintf(format, args...)})
	}
}

// convict files the violations of a request and returns their lines.
func (t *Tenant) convict(ex *exchange) []string {
	lines := make([]string, len(ex.found))
	for i, v := range ex.found {
		lines[i] = fmt.Sprintf("%s: %s (request %d: %s %s)", v.rule, v.detail, ex.rec.Seq, ex.rec.Method, ex.rec.Path)
	}
	t.violations = append(t.violations, lines...)
	return lines
}

// policeArrival judges what can be seen of a request as such.
func (ex *exchange) policeArrival(r *http.Request) {
	ex.policeHeaders(r)
	ex.policeQuery()
	ex.policeBody()
	if limit := ex.t.opts.MaxInFlight; limit > 0 && ex.t.inFlight > limit {
		ex.violate(RuleInFlight, "%d requests at once, %d allowed", ex.t.inFlight, limit)
	}
	if g := ex.group(); g != nil && IsWrite(ex.rec) && ex.t.writing[g.id] > 0 {
		ex.violate(RuleOverlap, "another write to this group is in flight")
	}
	if ex.kind != "Users" && ex.kind != "Groups" || !ex.known || strings.HasPrefix(ex.id, ".") {
		ex.violate(RuleNeverSent, "Okta does not send this")
	}
}

// oktaHeaders are the headers of every request, with their values.
var oktaHeaders = map[string]string{
	"Accept":          contentSCIM,
	"Accept-Charset":  "utf-8",
	"Accept-Encoding": "gzip,deflate",
	"User-Agent":      "Okta SCIM Client 1.0.0",
}

const oktaContentType = contentSCIM + "; charset=utf-8"

func (ex *exchange) policeHeaders(r *http.Request) {
	for _, name := range slices.Sorted(maps.Keys(oktaHeaders)) {
		if got := strings.Join(r.Header.Values(name), "|"); got != oktaHeaders[name] {
			ex.violate(RuleHeaders, "%s is %q, want %q", name, got, oktaHeaders[name])
		}
	}
	want := ""
	if len(ex.rec.Body) > 0 {
		want = oktaContentType
	}
	if got := r.Header.Get("Content-Type"); got != want {
		ex.violate(RuleHeaders, "Content-Type is %q, want %q", got, want)
	}
	if len(r.TransferEncoding) > 0 {
		ex.violate(RuleHeaders, "the body is chunked")
	}
	if r.Header.Get("Authorization") == "" {
		ex.violate(RuleHeaders, "Authorization is missing")
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		switch name {
		case "Authorization", "Content-Type", "Content-Length", "Connection":
		default:
			if _, ok := oktaHeaders[name]; !ok {
				ex.violate(RuleHeaders, "Okta does not send %s", name)
			}
		}
	}
}

func (ex *exchange) policeQuery() {
	raw := ex.rec.RawQuery
	if raw == "" {
		return
	}
	var keys []string
	for part := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(part, "=")
		keys = append(keys, key)
		if strings.Contains(value, "+") {
			ex.violate(RuleQuery, "a blank in %s is written as +", key)
		}
		if plain, err := url.QueryUnescape(value); err == nil && ex.isSecret(key, plain) {
			ex.violate(RuleCredentials, "%s in the query", key)
		}
	}
	list, lookup := []string{"startIndex", "count"}, []string{"filter", "startIndex", "count"}
	if ex.id != "" || ex.rec.Method != http.MethodGet || !slices.Equal(keys, list) && !slices.Equal(keys, lookup) {
		ex.violate(RuleQuery, "unexpected query %s", strings.Join(keys, ","))
	}
}

func (ex *exchange) isSecret(key, value string) bool {
	for _, name := range []string{"token", "password", "secret", "authorization", "api_key", "apikey", "username"} {
		if strings.Contains(strings.ToLower(key), name) {
			return true
		}
	}
	return strings.Contains(value, ex.t.opts.Password) || strings.HasPrefix(value, "Basic ") || strings.HasPrefix(value, "Bearer ")
}

func (ex *exchange) policeBody() {
	body := ex.rec.Body
	if len(body) == 0 {
		return
	}
	if hasUnicodeEscape(body) {
		ex.violate(RuleJSON, "text is escaped that needs no escape")
	}
	if !isCompact(body) {
		ex.violate(RuleJSON, "the body is not compact JSON")
	}
}

// policeCreate judges a POST of a name.
func (ex *exchange) policeCreate(before bool, attr, name string) {
	if before {
		ex.violate(RuleSecondCreate, "%s %q was created before", attr, name)
	}
}

// policePut compares the body of a PUT with what a GET would have shown.
func (ex *exchange) policePut(shown object) {
	if ex.body.has("password") && !shown.has("password") {
		ex.violate(RulePassword, "a PUT with a password")
	}
	for _, f := range shown {
		if ex.kind == "Groups" && (f.key == "id" || f.key == "meta") {
			continue
		}
		if !ex.body.has(f.key) {
			ex.violate(RuleDroppedKeys, "the PUT drops %s", f.key)
			continue
		}
		parts, ok := f.value.(object)
		sent, isObject := ex.body.get(f.key).(object)
		if !ok || !isObject {
			continue
		}
		for _, part := range parts {
			if !sent.has(part.key) {
				ex.violate(RuleDroppedKeys, "the PUT drops %s.%s", f.key, part.key)
			}
		}
	}
}

func (ex *exchange) policeProtected(protected bool) {
	if protected {
		ex.violate(RuleProtected, "%s is not the client's", ex.id)
	}
}

func (ex *exchange) policeUserWrite(u *userRecord, changed, reactivated bool) {
	ex.policeProtected(u.protected)
	if ex.rec.Method == http.MethodPatch && strings.Contains(string(ex.rec.Body), `"password"`) {
		ex.violate(RulePassword, "a PATCH of the password")
	}
	ex.policeNoChange(&u.stamp, changed, 1)
	if ex.unsure || reactivated {
		u.pardon(1)
	}
}

func (ex *exchange) policeGroupWrite(g *groupRecord, members []string, changed, routine bool) {
	ex.policeProtected(g.protected)
	ex.policeMembers(g.members, members)
	if !routine {
		ex.policeNoChange(&g.stamp, changed, max(1, ex.memberChanges()))
	}
	if ex.unsure {
		g.pardon(len(members) + 1)
	}
}

// memberChanges is the number of membership changes that the PATCH asks for.
func (ex *exchange) memberChanges() int {
	if ex.rec.Method != http.MethodPatch {
		return 1
	}
	ops, _ := ex.readPatch()
	return countMembers(ops)
}

// policeNoChange takes a repetition off the allowance, or convicts.
func (ex *exchange) policeNoChange(s *stamp, changed bool, size int) {
	if changed {
		return
	}
	if s.repeats > 0 {
		s.repeats -= min(size, s.repeats)
		return
	}
	ex.violate(RuleNoChange, "the write changes nothing")
}

// policeMembers protects the memberships of foreign users.
func (ex *exchange) policeMembers(before, after []string) {
	if slices.Equal(before, after) {
		return
	}
	was, is := make(map[string]bool), make(map[string]bool)
	for _, id := range before {
		was[id] = true
	}
	for _, id := range after {
		is[id] = true
	}
	for _, id := range slices.Concat(before, after) {
		if u := ex.t.users.byID[id]; u != nil && u.protected && was[id] != is[id] {
			ex.violate(RuleProtected, "the membership of %s is not the client's", id)
		}
	}
}

func (ex *exchange) policeBatch(ops []patchOp) {
	if n, limit := countMembers(ops), ex.t.opts.MaxBatch; n > limit {
		ex.violate(RuleBatch, "%d membership changes in one PATCH, %d allowed", n, limit)
	}
}

func countMembers(ops []patchOp) int {
	n := 0
	for _, op := range ops {
		name, _, filtered := strings.Cut(op.path, "[")
		switch {
		case op.op == opReplace || !strings.EqualFold(name, "members"):
		case filtered:
			n++
		default:
			n += len(elements(op.value))
		}
	}
	return n
}
