package oktatest

import (
	"net/http"

	"okta-walkme-agent/internal/fault"
)

// FaultKinds are what AddFault takes.
func FaultKinds() []fault.Kind {
	return []fault.Kind{
		{Name: "status", Value: "status", Default: "500", Summary: "answers with an error of that status"},
		{Name: "drop", Summary: "breaks the connection without an answer"},
		{Name: "cut", Summary: "breaks the connection in the middle of the body"},
		{Name: "empty", Summary: "answers 200 with nothing in it"},
		{Name: "null", Summary: "answers 200 with null, as a list of nobody"},
		{Name: "no-entries", Summary: "answers 200 with an empty list that has no further page"},
		{Name: "no-next-link", Summary: "leaves the link to the next page out"},
		{Name: "repeat-page", Summary: "lets the next link lead to the page it is on"},
		{Name: "html", Value: "status", Default: "200", Summary: "answers with a sign-in page of HTML"},
		{Name: "rate-limit", Summary: "answers 429, as Okta does, without Retry-After"},
		{Name: "slow", Value: "duration", Default: "5s", Summary: "is answered after that time"},
	}
}

// AddFault lets a rule decide what goes wrong. A hook (Org.Fault) is asked first. It
// returns the rule with what was left out.
func (o *Org) AddFault(r fault.Rule) (fault.Rule, error) {
	r, err := r.Check(FaultKinds())
	if err == nil {
		o.rules.Add(r)
	}
	return r, err
}

// Faults are the rules that still may meet a request.
func (o *Org) Faults() []fault.Rule { return o.rules.List() }

// ClearFaults ends all faults by rules.
func (o *Org) ClearFaults() { o.rules.Clear() }

const tooMany = `{"errorCode":"E0000047","errorSummary":"API call exceeded rate limit due to too many requests.","errorLink":"E0000047","errorId":"oaeTooManyRequests00000","errorCauses":[]}`

// ruled is the fault that a rule has for the request: an empty one, if none has.
func (o *Org) ruled(r *http.Request) *Fault {
	rule, met := o.rules.Meet(fault.Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery})
	if !met {
		return &Fault{}
	}
	switch rule.Kind {
	case "status":
		return &Fault{Status: rule.Status(), Body: `{"errorCode":"E0000009","errorSummary":"Internal Server Error","errorLink":"E0000009","errorId":"oaeInternalServerError00","errorCauses":[]}`}
	case "drop":
		return &Fault{Drop: true}
	case "cut":
		return &Fault{CutAfter: 10}
	case "empty":
		return &Fault{Status: http.StatusOK}
	case "null":
		return &Fault{Status: http.StatusOK, Body: "null"}
	case "no-entries":
		return &Fault{Status: http.StatusOK, Body: "[]"}
	case "no-next-link":
		return &Fault{Rewrite: func(header http.Header, body []byte) []byte {
			header.Del("Link")
			return body
		}}
	case "repeat-page":
		return &Fault{RepeatPage: true}
	case "html":
		return &Fault{Status: rule.Status(), Body: "<!DOCTYPE html><title>Sign in</title>", Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
	case "rate-limit":
		return &Fault{Status: http.StatusTooManyRequests, Body: tooMany}
	}
	return &Fault{Delay: rule.Duration()}
}
