package walkme_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// What a profile PUT sends, by switch. The server shows
// {"id":"42","userName":"ann@example.com","active":true,"externalId":"00u1","groups":[],"schemas":[…]} and what shown adds.
func TestProfileSwitches(t *testing.T) {
	const head = `{"id":"42","userName":"ann@example.com","active":true,"externalId":"00u1","groups":[],"schemas":["` + scim.SchemaUser + `"]`
	attribute := func(path string, value any) scim.Attribute { return scim.Attribute{Path: path, Value: value} }
	primary := "emails[primary eq true].value"
	merge := wire(func(w *walkme.Wire) { w.MultiValued = walkme.Merge })
	clear := func(form string) walkme.Wire { return wire(func(w *walkme.Wire) { w.ClearedValue = form }) }
	const managerPath = scim.SchemaEnterpriseUser + ":manager.value"
	manager := func(parts string) string {
		return `"` + scim.SchemaEnterpriseUser + `":{"manager":{` + parts + `}}`
	}
	for _, tt := range []struct {
		name  string
		wire  walkme.Wire
		shown string
		want  []scim.Attribute
		sent  string
	}{
		{"unknown keys and their spelling stay", walkme.DefaultWire(), `,"accessRole":{"b":1.50,"a":"\u00e9\/"},"title":"\u0041"`,
			[]scim.Attribute{attribute("title", "A")}, `,"accessRole":{"b":1.50,"a":"\u00e9\/"},"title":"\u0041"`},
		{"blanks between what stays go", walkme.DefaultWire(), `,"accessRole": { "b" : [ 1.50 ] }`, nil, `,"accessRole":{"b":[1.50]}`},
		{"a key in another case", walkme.DefaultWire(), `,"nickname":"x"`, []scim.Attribute{attribute("nickName", "Annie")}, `,"nickname":"Annie"`},
		{"cleared as empty", clear(walkme.ClearEmpty), `,"title":"Chief","x":7,"name":{"givenName":"Ann","familyName":"Lee"}`,
			[]scim.Attribute{attribute("title", nil), attribute("x", nil), attribute("name.familyName", "")},
			`,"title":"","x":null,"name":{"givenName":"Ann","familyName":""}`},
		{"cleared as null", clear(walkme.ClearNull), `,"title":"Chief"`, []scim.Attribute{attribute("title", nil)}, `,"title":null`},
		{"not cleared at all", clear(walkme.ClearOmit), `,"title":"Chief","emails":[{"value":"x","primary":true}],"name":{"givenName":"Ann"}`,
			[]scim.Attribute{attribute("title", nil), attribute(primary, nil), attribute("name.givenName", "Anna")},
			`,"title":"Chief","emails":[{"value":"x","primary":true}],"name":{"givenName":"Anna"}`},
		{"nor is an entry that is merged", wire(func(w *walkme.Wire) { w.ClearedValue, w.MultiValued = walkme.ClearOmit, walkme.Merge }),
			`,"emails":[{"value":"x","primary":true},{"value":"home","type":"home"}]`, []scim.Attribute{attribute(primary, nil)},
			`,"emails":[{"value":"x","primary":true},{"value":"home","type":"home"}]`},
		{"a part of an entry is not cleared either", clear(walkme.ClearOmit), `,"addresses":[{"type":"work","locality":"Bonn","country":"DE"}]`,
			[]scim.Attribute{attribute(`addresses[type eq "work"].locality`, nil), attribute(`addresses[type eq "work"].country`, "FR")},
			`,"addresses":[{"type":"work","locality":"Bonn","country":"FR"}]`},
		{"another manager", walkme.DefaultWire(), `,` + manager(`"value":"1","$ref":"../Users/1","displayName":"Max"`),
			[]scim.Attribute{attribute(managerPath, "2")}, `,` + manager(`"value":"2"`)},
		{"the same manager", walkme.DefaultWire(), `,` + manager(`"value":"1","$ref":"../Users/1","displayName":"Max"`),
			[]scim.Attribute{attribute(managerPath, "1")}, `,` + manager(`"value":"1","$ref":"../Users/1","displayName":"Max"`)},
		{"no manager", walkme.DefaultWire(), `,` + manager(`"value":"1","$ref":"../Users/1","displayName":"Max"`),
			[]scim.Attribute{attribute(managerPath, nil)}, `,` + manager(`"value":""`)},
		{"another manager whose name is mapped", walkme.DefaultWire(), `,` + manager(`"value":"1","$ref":"../Users/1","displayName":"Max"`),
			[]scim.Attribute{attribute(managerPath, "2"), attribute(strings.Replace(managerPath, ".value", ".displayName", 1), "Eve")}, `,` + manager(`"value":"2","displayName":"Eve"`)},
		{"merged into an entry whose display repeats it", merge, `,"emails":[{"value":"old","primary":true,"display":"Ann <old>"}]`,
			[]scim.Attribute{attribute(primary, "new")}, `,"emails":[{"value":"new","primary":true}]`},
		{"cleared e-mail", clear(walkme.ClearEmpty), `,"emails":[{"value":"x","primary":true}]`, []scim.Attribute{attribute(primary, nil)}, `,"emails":[]`},
		{"nothing to clear", clear(walkme.ClearEmpty), `,"nickName":null`,
			[]scim.Attribute{attribute("title", nil), attribute("nickName", ""), attribute("name.middleName", nil), attribute(primary, nil)}, `,"nickName":null`},
		{"the list is ours alone", walkme.DefaultWire(), `,"emails":[{"value":"home","type":"home"},{"value":"old","primary":true,"display":"d"}]`,
			[]scim.Attribute{attribute(primary, "new")}, `,"emails":[{"value":"new","primary":true}]`},
		{"merged into the entry", merge, `,"emails":[{"value":"home","type":"home"},{"value":"old","primary":"True","display":"d"}]`,
			[]scim.Attribute{attribute(primary, "new")}, `,"emails":[{"value":"home","type":"home"},{"value":"new","primary":true,"display":"d"}]`},
		{"merged, no such entry", merge, `,"emails":[{"value":"home","type":"home"}]`,
			[]scim.Attribute{attribute(primary, "new")}, `,"emails":[{"value":"home","type":"home"},{"primary":true,"value":"new"}]`},
		{"merged, cleared", merge, `,"emails":[{"value":"home","type":"home"},{"value":"old","primary":true}]`,
			[]scim.Attribute{attribute(primary, "")}, `,"emails":[{"value":"home","type":"home"}]`},
		{"entries by type", walkme.DefaultWire(), ``,
			[]scim.Attribute{attribute(`addresses[type eq "home"].locality`, "Bonn"), attribute(`addresses[type eq "work"].locality`, "Köln"), attribute(`addresses[type eq "work"].country`, "DE")},
			`,"addresses":[{"type":"home","locality":"Bonn"},{"type":"work","country":"DE","locality":"Köln"}]`},
		{"only what changed", wire(func(w *walkme.Wire) { w.Overlay = walkme.OverlayChanged }), `,"emails":[{"value":"same","primary":true,"display":"d"}]`,
			[]scim.Attribute{attribute(primary, "same")}, `,"emails":[{"value":"same","primary":true,"display":"d"}]`},
		{"values of every type", walkme.DefaultWire(), ``,
			[]scim.Attribute{attribute("urn:example:x:User:a", []any{"b", int64(1)}), attribute("urn:example:x:User:n", 1.5), attribute("urn:example:x:User:t", false)},
			`,"urn:example:x:User":{"a":["b",1],"n":1.5,"t":false}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			shown, sent := head+tt.shown+"}", head+tt.sent+"}"
			if strings.Contains(tt.sent, scim.SchemaEnterpriseUser) {
				sent = strings.Replace(sent, `User"]`, `User","`+scim.SchemaEnterpriseUser+`"]`, 1)
			}
			if strings.Contains(tt.sent, "urn:example") {
				sent = strings.Replace(sent, `User"]`, `User","urn:example:x:User"]`, 1)
			}
			c, _ := converse(t, walkme.Config{Wire: tt.wire}, turn{"GET /Users/42", 200, shown}, turn{"PUT /Users/42 " + sent, 204, ""})
			if _, err := c.UpdateUser(t.Context(), "42", person("00u1", tt.want...)); err != nil {
				t.Error(err)
			}
		})
	}
}

// A PUT repeats the schemas that the server showed, and names the core one where it showed
// none. A password that it showed goes where the wire says so, wherever it stood.
func TestProfilePutSchemas(t *testing.T) {
	const rest = `"id":"42","userName":"ann@example.com","active":true,"externalId":"00u1","groups":[]`
	for shown, sent := range map[string]string{
		`{` + rest + `}`: `{` + rest + `,"schemas":["` + scim.SchemaUser + `"]}`,
		`{"schemas":["urn:example:User"],` + rest + `}`: `{"schemas":["urn:example:User"],` + rest + `}`,
		`{"password":"x","schemas":["u"],` + rest + `}`: `{"schemas":["u"],` + rest + `}`,
	} {
		c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.EchoPassword = false })},
			turn{"GET /Users/42", 200, shown}, turn{"PUT /Users/42 " + sent, 204, ""})
		if _, err := c.UpdateUser(t.Context(), "42", person("00u1")); err != nil {
			t.Error(err)
		}
	}
}

// Of keys that differ in case alone, and are not as asked for, the first counts. Servers
// number their users, from 0 on.
func TestOddUsers(t *testing.T) {
	for text, want := range map[string]string{
		`{"USERNAME":"first","Username":"second","id":"42"}`: "42 first",
		`{"userNAME":"other","userName":"exact","id":9}`:     "9 exact",
		`{"id":0,"userName":"zero"}`:                         "0 zero",
		`{"id":-7,"userName":"minus"}`:                       "-7 minus",
	} {
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(200, text)}})
		id, _, _ := strings.Cut(want, " ")
		u, err := c.User(t.Context(), id)
		if err != nil {
			t.Errorf("User() answered %s = %v", text, err)
			continue
		}
		if got := u.ID + " " + u.UserName; got != want {
			t.Errorf("User() answered %s = %s, want %s", text, got, want)
		}
	}
}

// A byte that would make one letter likelier than another is left out.
func TestPlaceholderIsEven(t *testing.T) {
	var sent string
	c := client(t, walkme.Config{BaseURL: target, Rand: bytes.NewReader([]byte{216, 0, 0, 0, 0, 0, 0, 0, 1}), Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		var body struct{ Password string }
		err := json.NewDecoder(r.Body).Decode(&body)
		sent = body.Password
		return nil, errors.Join(err, walkme.ErrNotSent)
	})})
	_, _ = c.CreateUser(t.Context(), person("00u1"))
	if sent != "AAAAAAAB" {
		t.Errorf("password %q, want 216, three times the number of letters, left out", sent)
	}
}

// A PUT always says active: what the GET showed, as a boolean, and where it
// showed nothing what Okta wants.
func TestProfilePutActive(t *testing.T) {
	own := wire(func(w *walkme.Wire) { w.ActiveFromMapping = true })
	for _, tt := range []struct {
		wire        walkme.Wire
		shown, sent string
	}{
		{walkme.DefaultWire(), `,"active":false`, `,"active":false`},
		{walkme.DefaultWire(), `,"active":"False"`, `,"active":false`},
		{walkme.DefaultWire(), ``, `,"active":true`},
		{own, `,"active":false`, `,"active":true`},
	} {
		body := userJSON("42", "ann@example.com", `,"externalId":"00u1","groups":[]`+tt.shown)
		sent := userJSON("42", "ann@example.com", `,"externalId":"00u1","groups":[]`+tt.sent)
		c, _ := converse(t, walkme.Config{Wire: tt.wire}, turn{"GET /Users/42", 200, body}, turn{"PUT /Users/42 " + sent, 204, ""})
		if _, err := c.UpdateUser(t.Context(), "42", person("00u1")); err != nil {
			t.Error(err)
		}
	}
}

func TestUpdateUserByPatch(t *testing.T) {
	shown := userJSON("42", "ann@example.com", `,"externalId":"00u1","groups":[],"active":true,"name":{"givenName":"Ann","familyName":"Lee"}`)
	c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.UserUpdate = walkme.UpdatePatch })},
		turn{"GET /Users/42", 200, shown},
		turn{"PATCH /Users/42 " + patchOp + `[{"op":"replace","value":{"name":{"givenName":"Ann","familyName":"Fox"}}}]}`, 204, ""},
		turn{"GET /Users/42", 200, shown}) // the second time nothing differs
	for _, name := range []string{"Fox", "Lee"} {
		u, err := c.UpdateUser(t.Context(), "42", person("00u1", scim.Attribute{Path: "name.familyName", Value: name}))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := u.Attribute("name.familyName"); got != name {
			t.Errorf("Attribute(name.familyName) = %v, want %s", got, name)
		}
	}
}

func TestMappingThatCannotBeSent(t *testing.T) {
	for _, a := range []scim.Attribute{
		{Path: "emails.value", Value: "x"},
		{Path: "active", Value: true},
		{Path: "externalId", Value: "x"},
		{Path: "title", Value: map[string]any{}},
	} {
		c, _ := converse(t, walkme.Config{})
		if _, err := c.CreateUser(t.Context(), person("00u1", a)); walkme.Outcome(err) != walkme.NotSent {
			t.Errorf("CreateUser() with %s = %v, want an error before the wire", a.Path, err)
		}
	}
}

func TestUserAttribute(t *testing.T) {
	c, _ := converse(t, walkme.Config{}, turn{"GET /Users/42", 200, userJSON("42", "ann@example.com", `,
		"name": {"familyName": "Lee"}, "x": [1, "b"], "n": 2.5, "title": null,
		"emails": [{"type": "home", "value": "h"}, {"primary": "true", "value": "p"}],
		"`+scim.SchemaEnterpriseUser+`": {"department": "Sales", "manager": {"value": 7}}`)})
	u, err := c.User(t.Context(), "42")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path  string
		want  any
		shown bool
	}{
		{"userName", "ann@example.com", true},
		{"name.familyName", "Lee", true},
		{"name.givenName", nil, false},
		{"x", []any{int64(1), "b"}, true},
		{"n", 2.5, true},
		{"title", nil, true},
		{"emails[primary eq true].value", "p", true},
		{`emails[type eq "home"].value`, "h", true},
		{`emails[type eq "work"].value`, nil, false},
		{scim.SchemaEnterpriseUser + ":department", "Sales", true},
		{scim.SchemaEnterpriseUser + ":manager.value", int64(7), true},
		{"not a path", nil, false},
	} {
		got, shown := u.Attribute(tt.path)
		if diff := cmp.Diff(tt.want, got); diff != "" || shown != tt.shown {
			t.Errorf("Attribute(%s) = %v, %t, want %v, %t", tt.path, got, shown, tt.want, tt.shown)
		}
	}
}

// Placeholder passwords have eight characters, differ, and go nowhere but into
// the POST.
func TestPlaceholderPassword(t *testing.T) {
	var sent []string
	c := client(t, walkme.Config{BaseURL: target, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		var body struct{ Password string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		sent = append(sent, body.Password)
		return nil, walkme.ErrNotSent
	})})
	for range 100 {
		_, _ = c.CreateUser(t.Context(), person("00u1"))
	}
	seen := map[string]bool{}
	for _, p := range sent {
		seen[p] = true
		if len(p) != 8 || strings.ContainsAny(p, "\"\\<> ") {
			t.Errorf("password %q", p)
		}
	}
	if len(seen) != 100 {
		t.Errorf("%d different passwords of 100", len(seen))
	}
	c = client(t, walkme.Config{BaseURL: target, Rand: strings.NewReader("short"), Transport: handlerTransport{answering(500, "")}})
	if _, err := c.CreateUser(t.Context(), person("00u1")); walkme.Outcome(err) != walkme.NotSent {
		t.Errorf("CreateUser() without randomness = %v, want an error before the wire", err)
	}
}

// Whatever a server shows goes back to it: every key that is not ours, byte for
// byte apart from white space, and valid JSON always.
func FuzzUpdateUserKeepsTheUnknown(f *testing.F) {
	f.Add([]byte(octocat))
	f.Add([]byte(`{"id":"42","a":{"b":[1,2.0,"\u00e9"]},"emails":null,"name":[]}`))
	f.Add([]byte(`{"id":"42","ID":"43","schemas":"x","emails":[[],{}]}`))
	f.Fuzz(func(t *testing.T, shown []byte) {
		var sent []byte
		c := client(t, walkme.Config{BaseURL: target, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(bytes.NewReader(shown))}
			if r.Method == http.MethodPut {
				sent, _ = io.ReadAll(r.Body)
				resp.StatusCode, resp.Body = 204, http.NoBody
			}
			return resp, nil
		})})
		_, err := c.UpdateUser(t.Context(), "42", person("00u1",
			scim.Attribute{Path: "userName", Value: "ann@example.com"},
			scim.Attribute{Path: "name.familyName", Value: "Lee"},
			scim.Attribute{Path: "emails[primary eq true].value", Value: "ann@example.com"}))
		if err != nil {
			return
		}
		var before, after map[string]json.RawMessage
		if json.Unmarshal(shown, &before) != nil || json.Unmarshal(sent, &after) != nil {
			t.Fatalf("shown %q, sent %q", shown, sent)
		}
		ours := []string{"username", "name", "emails", "externalid", "active", "groups", "schemas"}
		for key, value := range before {
			var compact bytes.Buffer
			_ = json.Compact(&compact, value)
			if !containsFold(ours, key) && !bytes.Equal(after[key], compact.Bytes()) {
				t.Errorf("%q was %s, sent as %s", key, value, after[key])
			}
		}
	})
}

func containsFold(list []string, key string) bool {
	for _, s := range list {
		if strings.EqualFold(s, key) {
			return true
		}
	}
	return false
}
