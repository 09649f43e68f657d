package walkmetest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Quirk is one deviation by its name, as a command line or a file writes it.
type Quirk struct {
	// Name is the field of Quirks in lower case with hyphens: ignore-filter.
	Name string `json:"name"`

	// Value names what may stand behind "=", with its default. Empty is a quirk that
	// is on or off.
	Value string `json:"value,omitempty"`

	// Summary is one sentence: what the server does.
	Summary string `json:"summary"`

	set  func(q *Quirks, value string) error
	text func(q Quirks) string // "" is off
}

// KnownQuirks are all quirks: those that are on or off in the order of Quirks, then
// those that take a value.
func KnownQuirks() []Quirk {
	var all []Quirk
	for _, s := range switches {
		all = append(all, Quirk{
			Name: s.name, Summary: s.summary,
			set: func(q *Quirks, value string) error {
				on, err := strconv.ParseBool(cmp.Or(value, "true"))
				if err != nil {
					return fmt.Errorf("%s is on or off: %q is neither true nor false", s.name, value)
				}
				*s.of(q) = on
				return nil
			},
			text: func(q Quirks) string {
				if *s.of(&q) {
					return s.name
				}
				return ""
			},
		})
	}
	return append(all, valued...)
}

// valued are the quirks that take a value.
var valued = []Quirk{
	number("page-cap", "50", "makes N the largest page, whatever count says", func(q *Quirks) *int { return &q.PageCap }),
	number("members-shown-max", "100", "shows at most N members of a group, whoever else is in it", func(q *Quirks) *int { return &q.MembersShownMax }),
	number("max-patch-ops", "10", "answers 400 to a PATCH of more than N operations", func(q *Quirks) *int { return &q.MaxPatchOps }),
	{
		Name: "unknown-member", Value: "404|500|dropped|stored (404)",
		Summary: "answers an unknown member so, in place of 400, or takes the others alone, or stores it",
		set: func(q *Quirks, value string) error {
			mode, ok := unknownMembers[cmp.Or(value, "404")]
			if !ok {
				return fmt.Errorf("unknown-member is 400, 404, 500, dropped or stored, not %q", value)
			}
			q.UnknownMember = mode
			return nil
		},
		text: func(q Quirks) string {
			for word, mode := range unknownMembers {
				if mode == q.UnknownMember && mode != UnknownMember400 {
					return "unknown-member=" + word
				}
			}
			return ""
		},
	},
	{
		Name: "rate-limit", Value: "N[:RETRY-AFTER] (10:1)",
		Summary: "answers 429 to every N-th request, with that Retry-After",
		set: func(q *Quirks, value string) error {
			every, after, _ := strings.Cut(cmp.Or(value, "10:1"), ":")
			n, err := strconv.Atoi(every)
			if err != nil || n < 0 {
				return fmt.Errorf("rate-limit wants a number of requests, not %q", every)
			}
			q.RateLimit = RateLimit{Every: n, RetryAfter: after}
			return nil
		},
		text: func(q Quirks) string {
			switch {
			case q.RateLimit.Every == 0:
				return ""
			case q.RateLimit.RetryAfter == "":
				return "rate-limit=" + strconv.Itoa(q.RateLimit.Every)
			}
			return fmt.Sprintf("rate-limit=%d:%s", q.RateLimit.Every, q.RateLimit.RetryAfter)
		},
	},
	{
		Name: "content-encoding", Value: "gzip|deflate (gzip)",
		Summary: "compresses its answers so when the request allows it",
		set: func(q *Quirks, value string) error {
			if value = cmp.Or(value, "gzip"); !slices.Contains([]string{"gzip", "deflate", "none"}, value) {
				return fmt.Errorf("content-encoding is gzip, deflate or none, not %q", value)
			}
			q.ContentEncoding = strings.TrimPrefix(value, "none")
			return nil
		},
		text: func(q Quirks) string {
			if q.ContentEncoding == "" {
				return ""
			}
			return "content-encoding=" + q.ContentEncoding
		},
	},
}

var unknownMembers = map[string]UnknownMember{
	"400": UnknownMember400, "404": UnknownMember404, "500": UnknownMember500,
	"dropped": UnknownMemberDropped, "stored": UnknownMemberStored,
}

func number(name, standard, summary string, of func(*Quirks) *int) Quirk {
	return Quirk{
		Name: name, Value: "N (" + standard + ")", Summary: summary,
		set: func(q *Quirks, value string) error {
			n, err := strconv.Atoi(cmp.Or(value, standard))
			if err != nil || n < 0 {
				return fmt.Errorf("%s wants a number, not %q", name, value)
			}
			*of(q) = n
			return nil
		},
		text: func(q Quirks) string {
			if *of(&q) == 0 {
				return ""
			}
			return name + "=" + strconv.Itoa(*of(&q))
		},
	}
}

// Set turns on the quirk that text names: "ignore-filter", "page-cap=2", and for a
// switch also "ignore-filter=false". Case and hyphens do not matter.
func (q *Quirks) Set(text string) error {
	name, value, _ := strings.Cut(strings.TrimSpace(text), "=")
	all := KnownQuirks()
	for _, k := range all {
		if plain(k.Name) == plain(name) {
			return k.set(q, value)
		}
	}
	near := []string{}
	for _, k := range all {
		if len(name) > 2 && (strings.Contains(plain(k.Name), plain(name)) || strings.Contains(plain(name), plain(k.Name))) {
			near = append(near, k.Name)
		}
	}
	if len(near) > 0 {
		return fmt.Errorf("there is no quirk %q; there is %s", name, strings.Join(near, ", "))
	}
	return fmt.Errorf("there is no quirk %q", name)
}

func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "")) }

// List are the quirks that are on, as Set takes them.
func (q Quirks) List() []string {
	out := []string{}
	for _, k := range KnownQuirks() {
		if text := k.text(q); text != "" {
			out = append(out, text)
		}
	}
	return out
}
