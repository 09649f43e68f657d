package probe_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/walkme/walkmetest"
)

// reshaped is a server whose answers have another shape: its keys in the order of the
// alphabet, and what edit makes of each object.
func reshaped(next http.RoundTripper, edit func(req *http.Request, o map[string]any)) http.RoundTripper {
	return rewriter{next: next, answer: func(req *http.Request, status int, body string) (int, string) {
		var o map[string]any
		dec := json.NewDecoder(strings.NewReader(body))
		dec.UseNumber()
		if dec.Decode(&o) != nil {
			return status, body
		}
		edit(req, o)
		text, err := json.Marshal(o)
		if err != nil {
			return http.StatusInternalServerError, err.Error()
		}
		return status, string(text)
	}}
}

// eachUser edits every user of an answer, be it a list or one.
func eachUser(edit func(u map[string]any)) func(*http.Request, map[string]any) {
	return func(req *http.Request, o map[string]any) {
		if !strings.Contains(req.URL.Path, "/Users") {
			return
		}
		list, isList := o["Resources"].([]any)
		if !isList && o["userName"] != nil {
			list = []any{o}
		}
		for _, u := range list {
			edit(u.(map[string]any))
		}
	}
}

// What the RFC leaves to a server, or what follows from other attributes, accuses nobody.
func TestShapesThatOktaTakes(t *testing.T) {
	for name, edit := range map[string]func(*http.Request, map[string]any){
		"keys in the order of the alphabet": func(*http.Request, map[string]any) {},
		"no Resources in an empty list": func(_ *http.Request, o map[string]any) {
			if list, isList := o["Resources"].([]any); isList && len(list) == 0 {
				delete(o, "Resources")
			}
		},
		"attributes of its own that follow from others": eachUser(func(u map[string]any) {
			name, _ := u["name"].(map[string]any)
			u["status"] = map[bool]string{true: "enabled", false: "suspended"}[u["active"] == true]
			u["fullName"], _ = name["familyName"].(string)
			u["urn:example:1.0:User"] = map[string]any{"seat": u["active"], "name": name["givenName"]}
			if u["active"] == true {
				u["licence"] = "pro"
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			tenant := newTenant(walkmetest.Options{KeepRequests: -1})
			o := options(tenant)
			o.Transport = reshaped(o.Transport, edit)
			o.Skip = crowd
			if got := accused(judge(t, o)); len(got) > 0 {
				t.Errorf("it is accused:\n%s", strings.Join(got, "\n"))
			}
		})
	}
}

// What breaks Okta, or its suites, is found, and by the check that says so.
func TestShapesThatBreakOkta(t *testing.T) {
	without := func(keys ...string) func(*http.Request, map[string]any) {
		return func(_ *http.Request, o map[string]any) {
			if o["Resources"] != nil {
				for _, key := range keys {
					delete(o, key)
				}
			}
		}
	}
	for _, tt := range []struct {
		name, check, want string
		edit              func(*http.Request, map[string]any)
	}{
		{"no startIndex", "spec.users-list-numbers", "startIndex is missing", without("startIndex")},
		{"no itemsPerPage", "spec.users-list-numbers", "itemsPerPage is missing", without("itemsPerPage")},
		{"no totalResults", "spec.users-list-numbers", "totalResults is missing", without("totalResults")},
		{"totalResults ends at a page", "quirks.pages", "of the 101 that were just made", func(_ *http.Request, o map[string]any) {
			if n, _ := o["totalResults"].(json.Number); n != "" {
				total, err := n.Int64()
				if err == nil && total > 100 {
					o["totalResults"] = 100
				}
			}
		}},
		{"entries counted from 0", "wire.oin.lookup", "has no entry, although totalResults is 1", func(req *http.Request, o map[string]any) {
			if list, isList := o["Resources"].([]any); isList && req.URL.Query().Get("filter") != "" && len(list) > 0 {
				o["Resources"] = list[1:]
			}
		}},
		{"what was made is not there at once", "spec.created-read", "although its POST was answered 201 a moment before", nil},
		{"a PUT drops an attribute of the server's own", "wire.oin.update-keeps", `role was "author", and is missing`, func(req *http.Request, o map[string]any) {
			name, _ := o["name"].(map[string]any)
			switch {
			case !strings.Contains(req.URL.Path, "/Users/"):
			case name["familyName"] == "Changed":
				delete(o, "role")
			default:
				o["role"] = "author"
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(newTenant(walkmetest.Options{KeepRequests: -1}))
			if tt.edit != nil {
				o.Transport = reshaped(o.Transport, tt.edit)
			} else {
				o.Transport = rewriter{next: o.Transport, answer: func(req *http.Request, status int, body string) (int, string) {
					if req.Method == http.MethodGet && strings.Contains(req.URL.Path, "/Users/") {
						return http.StatusNotFound, ""
					}
					return status, body
				}}
			}
			o.Only = []string{tt.check}
			r := judge(t, o)
			if i := slices.IndexFunc(r.Checks, func(c probe.Result) bool { return c.ID == tt.check }); i < 0 || r.Checks[i].Outcome != probe.Failed || !strings.Contains(r.Checks[i].Detail, tt.want) {
				t.Errorf("%s: %+v", tt.check, r.Checks)
			}
		})
	}
}
