package scenario

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

func key(name string) string { return scim.NameKey(name) }

// requests looks for each expected request behind the one before.
func (j *judge) requests(line int, want []RequestExpectation) {
	if len(want) == 0 {
		if len(j.exchanges) > 0 {
			j.fail(line, "expect_requests: %d requests were sent, want none\n%s", len(j.exchanges), j.sent(0))
		}
		return
	}
	from := 0
	for i, w := range want {
		at := slices.IndexFunc(j.exchanges[from:], func(x exchange) bool { return j.request(w, x) == "" })
		if at < 0 {
			j.fail(cmp.Or(w.Line, line), "expect_requests: %s\n%s", j.missing(w, i, from), j.sent(from))
			return
		}
		from += at + 1
	}
}

// only holds the whole conversation against what is expected.
func (j *judge) only(line int, want []RequestExpectation) {
	for i, w := range want {
		if i >= len(j.exchanges) {
			j.fail(cmp.Or(w.Line, line), "expect_only_requests: %d requests were sent, want %d; missing is %s\n%s", len(j.exchanges), len(want), w, j.sent(0))
			return
		}
		if d := j.request(w, j.exchanges[i]); d != "" {
			j.fail(cmp.Or(w.Line, line), "expect_only_requests: request %d is %s: %s\n%s", i+1, j.exchanges[i], d, j.sent(0))
			return
		}
	}
	if len(j.exchanges) > len(want) {
		j.fail(line, "expect_only_requests: %d requests were sent, want %d; the first too many is %s\n%s", len(j.exchanges), len(want), j.exchanges[len(want)], j.sent(0))
	}
}

// missing says what is nearest to a request that was not sent.
func (j *judge) missing(want RequestExpectation, i, from int) string {
	after := ""
	if i > 0 {
		after = fmt.Sprintf(" after the %d expected before it", i)
	}
	for _, x := range j.exchanges[from:] {
		if x.method == want.Method && j.path(want.Path, x.path) {
			return fmt.Sprintf("no %s%s is as expected; of %s %s", want, after, x, j.request(want, x))
		}
	}
	return fmt.Sprintf("there is no %s%s", want, after)
}

func (j *judge) sent(from int) string {
	if len(j.exchanges) == from {
		return "      nothing was sent"
	}
	var b strings.Builder
	for _, x := range j.exchanges[from:] {
		fmt.Fprintf(&b, "      %s\n", x)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (w RequestExpectation) String() string {
	out := w.Method + " " + w.Path
	if w.Filter != "" {
		out += "?filter=" + w.Filter
	}
	if w.Status != 0 {
		out += fmt.Sprintf(" -> %d", w.Status)
	}
	return out
}

// request says where a request is not what is expected: "" if it is.
func (j *judge) request(want RequestExpectation, x exchange) string {
	if want.Method != "" && want.Method != x.method {
		return fmt.Sprintf("the method is %s, want %s", x.method, want.Method)
	}
	if want.Path != "" && !j.path(want.Path, x.path) {
		return fmt.Sprintf("the path is %s, want %s", x.path, want.Path)
	}
	if filter := j.named(want.Filter); filter != "" && x.query.Get("filter") != filter {
		return fmt.Sprintf("the filter is %q, want %q", x.query.Get("filter"), filter)
	}
	for name, value := range want.Query {
		if got := x.query.Get(name); got != j.named(value) {
			return fmt.Sprintf("%s in the query is %q, want %q", name, got, value)
		}
	}
	for name, value := range want.Headers {
		if got := x.header.Get(name); got != value {
			return fmt.Sprintf("the header %s is %q, want %q", name, got, value)
		}
	}
	if want.Status != 0 && want.Status != x.status {
		return fmt.Sprintf("the status is %d, want %d", x.status, want.Status)
	}
	body := decoded(x.body)
	if want.Body != nil {
		if d := difference("", j.resolved(want.Body), body); d != "" {
			return d
		}
	}
	object, _ := body.(map[string]any)
	for _, path := range want.Without {
		if v := valueAt(object, j.named(path)); v != nil {
			return fmt.Sprintf("%s is %s, want it not there", path, shown(v))
		}
	}
	if want.Answer != nil {
		return difference("", j.resolved(want.Answer), decoded(x.answer))
	}
	return ""
}

// path compares segment by segment: * stands for any characters, {NAME} for the id of that
// account or group.
func (j *judge) path(want, got string) bool {
	w, g := strings.Split(want, "/"), strings.Split(got, "/")
	if len(w) != len(g) {
		return false
	}
	for i := range w {
		plain, err := url.PathUnescape(g[i])
		if err != nil {
			return false
		}
		if !j.segment(w[i], plain) {
			return false
		}
	}
	return true
}

func (j *judge) segment(want, got string) bool {
	parts := strings.Split(want, "*")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(j.named(part))
	}
	return regexp.MustCompile("^(?s:" + strings.Join(parts, ".*") + ")$").MatchString(got)
}

var placeholder = regexp.MustCompile(`\{[^{}]+\}`)

// named puts ids in the place of {NAME}: the id of an account or group, and of
// {okta:LOGIN} the person's in Okta. What is unknown stays.
func (j *judge) named(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := match[1 : len(match)-1]
		if login, ok := strings.CutPrefix(name, "okta:"); ok {
			return cmp.Or(j.s.directory.People[key(login)], j.s.directory.Groups[login], match)
		}
		if a := j.inv.account(name); a != nil {
			return textOf(a["id"])
		}
		if g, ok := j.inv.group(name); ok {
			return g.id
		}
		return cmp.Or(j.s.ids["User "+key(name)], j.s.ids["Group "+key(name)], match)
	})
}

// resolved is named for every text of an expected body.
func (j *judge) resolved(v any) any {
	switch v := v.(type) {
	case string:
		return j.named(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = j.resolved(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = j.resolved(value)
		}
		return out
	}
	return v
}
