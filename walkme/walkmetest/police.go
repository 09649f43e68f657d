package walkmetest

import (
	"fmt"
	"slices"
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

	// RuleNeverSent: no request that Okta does not know: /ServiceProviderConfig,
	// /Bulk, /Me, /.search, writes to what is for discovery.
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

// ResetViolations forgets the violations found so far.
func (t *Tenant) ResetViolations() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.violations = nil
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
