package walkmetest

import (
	"net/http"

	"okta-walkme-agent/internal/fault"
)

// FaultKinds are what AddFault takes.
func FaultKinds() []fault.Kind {
	return []fault.Kind{
		{Name: "status", Value: "status", Default: "503", Summary: "answers with an error of that status, and has no effect"},
		{Name: "applied-status", Value: "status", Default: "500", Summary: "has its full effect, and answers with an error of that status"},
		{Name: "drop", Summary: "breaks the connection before the request has an effect"},
		{Name: "lost-answer", Summary: "has its full effect, and breaks the connection without an answer"},
		{Name: "truncated", Summary: "has its full effect, and breaks the connection in the middle of the answer"},
		{Name: "rate-limit", Value: "seconds", Default: "1", Summary: "answers 429 with that Retry-After (none leaves it out), and has no effect"},
		{Name: "gateway", Value: "status", Default: "502", Summary: "answers with a gateway's HTML page, and has no effect"},
		{Name: "error-as-200", Summary: "answers 200 with an object that is no SCIM message, and has no effect"},
		{Name: "slow", Value: "duration", Default: "5s", Summary: "is handled after that time"},
	}
}

// AddFault lets a rule decide what goes wrong. A hook (Tenant.Fault) is asked first.
// It returns the rule with what was left out.
func (t *Tenant) AddFault(r fault.Rule) (fault.Rule, error) {
	r, err := r.Check(FaultKinds())
	if err == nil {
		t.rules.Add(r)
	}
	return r, err
}

// Faults are the rules that still may meet a request.
func (t *Tenant) Faults() []fault.Rule { return t.rules.List() }

// ClearFaults ends all faults by rules.
func (t *Tenant) ClearFaults() { t.rules.Clear() }

// ruled is the fault that a rule has for the request, if any.
func (t *Tenant) ruled(r *Request) Fault {
	rule, met := t.rules.Meet(fault.Request{Method: r.Method, Path: r.Path, Query: r.RawQuery, Body: r.Body})
	if !met {
		return Fault{}
	}
	switch rule.Kind {
	case "status":
		return NotApplied(rule.Status())
	case "applied-status":
		return AppliedButStatus(rule.Status())
	case "drop":
		return DroppedBefore()
	case "lost-answer":
		return AppliedUnanswered()
	case "truncated":
		return AppliedTruncated()
	case "rate-limit":
		if rule.Value == "none" {
			return RateLimited("")
		}
		return RateLimited(rule.Value)
	case "gateway":
		return Gateway(rule.Status())
	case "error-as-200":
		return ErrorAs200()
	}
	return Fault{Delay: rule.Duration(), Header: http.Header{}}
}
