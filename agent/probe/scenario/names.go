package scenario

import (
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"okta-walkme-agent/internal/near"
)

// vocabulary is what a file calls people, accounts and groups: every text in it that is
// neither a key nor part of an expected request.
type vocabulary struct {
	all  map[string]string // by key: as it is written
	okta map[string]string // of these, those that can be people and groups of Okta

	// computed: a mapping gives userNames that the file need not say.
	computed bool
}

func vocabularyOf(root *yaml.Node) *vocabulary {
	v := &vocabulary{all: map[string]string{}, okta: map[string]string{}}
	v.collect(root, true)
	return v
}

func (v *vocabulary) collect(n *yaml.Node, okta bool) {
	switch n.Kind {
	case yaml.AliasNode:
		v.collect(n.Alias, okta)
	case yaml.ScalarNode:
		v.all[key(n.Value)] = n.Value
		if okta {
			v.okta[key(n.Value)] = n.Value
		}
	case yaml.SequenceNode:
		for _, item := range n.Content {
			v.collect(item, okta)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			v.entry(n.Content[i].Value, n.Content[i+1], okta)
		}
	}
}

func (v *vocabulary) entry(name string, value *yaml.Node, okta bool) {
	switch {
	case strings.HasPrefix(name, "expect_") && strings.HasSuffix(name, "requests"):
		return
	case name == "mappings" && value.Kind == yaml.MappingNode:
		v.computed = v.computed || slices.ContainsFunc(value.Content, func(n *yaml.Node) bool { return n.Value == "userName" })
	}
	inWalkMe := []string{"tenant", "account", "delete_account", "edit_group", "config"}
	v.collect(value, okta && !strings.HasPrefix(name, "expect_") && !slices.Contains(inWalkMe, name))
}

// has says whether the file speaks of what {NAME} stands for.
func (v *vocabulary) has(name string) bool {
	if okta, ok := strings.CutPrefix(name, "okta:"); ok {
		_, known := v.okta[key(okta)]
		return known
	}
	_, known := v.all[key(name)]
	return known
}

// question asks for the name that may have been meant.
func (v *vocabulary) question(name string) string {
	words := v.all
	bare, isOkta := strings.CutPrefix(name, "okta:")
	if isOkta {
		words = v.okta
	}
	if q := near.Question(bare, slices.Sorted(maps.Values(words))); q != "" {
		return "; " + q
	}
	return ""
}

// checkNames refuses an expected request with a {NAME} of which the file does not speak:
// that none is sent about it would always hold.
func (f *File) checkNames(d *decoder, root *yaml.Node) {
	f.words = vocabularyOf(root)
	f.Expectations.checkNames(d, f.words)
	for i := range f.Steps {
		f.Steps[i].Expectations.checkNames(d, f.words)
	}
}

func (e *Expectations) checkNames(d *decoder, words *vocabulary) {
	check := func(w RequestExpectation, names []string) {
		for _, name := range names {
			if words.has(name) || words.computed && !strings.HasPrefix(name, "okta:") {
				continue
			}
			d.wrong(d.at(w.Line), "{%s} stands for nothing: this file speaks of no such person, account or group%s", name, words.question(name))
		}
	}
	for _, list := range []*[]RequestExpectation{e.Requests, e.Only} {
		if list == nil {
			continue
		}
		for _, w := range *list {
			check(w, w.addressed())
		}
	}
	for _, w := range e.Never {
		check(w, w.names())
		if !asked(w.Path) {
			d.wrong(d.at(w.Line), "expect_no_requests: nothing is ever sent to %s; SCIM has %s", w.Path, strings.Join(endpoints, ", "))
		}
	}
}

// endpoints are SCIM's (RFC 7644, section 3.2).
var endpoints = []string{"/Users", "/Groups", "/Me", "/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Bulk", "/.search"}

// asked says whether a path is below one of SCIM's endpoints, or may be.
func asked(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return path == "" || strings.Contains(first, "*") || slices.Contains(endpoints, "/"+first)
}

// addressed are the names in a request's address, and in what it must not have.
func (r RequestExpectation) addressed() []string {
	names := placeholders(nil, r.Path)
	names = placeholders(names, r.Filter)
	for _, value := range r.Query {
		names = placeholders(names, value)
	}
	for _, path := range r.Without {
		names = placeholders(names, path)
	}
	return distinct(names)
}

// names are all names in a request. In what must be sent a text in braces may also stand
// for itself.
func (r RequestExpectation) names() []string {
	return distinct(placeholders(placeholders(r.addressed(), r.Body), r.Answer))
}

func placeholders(names []string, v any) []string {
	switch v := v.(type) {
	case string:
		for _, match := range placeholder.FindAllString(v, -1) {
			names = append(names, match[1:len(match)-1])
		}
	case map[string]any:
		for _, value := range v {
			names = placeholders(names, value)
		}
	case []any:
		for _, value := range v {
			names = placeholders(names, value)
		}
	}
	return names
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// unknown is a name that stands for nothing yet, and of which the file does not speak
// either: userNames that a mapping computes are known when they are seen.
func (j *judge) unknown(want RequestExpectation) string {
	for _, name := range want.names() {
		text := "{" + name + "}"
		if j.named(text) == text && !j.s.file.words.has(name) {
			return text
		}
	}
	return ""
}
