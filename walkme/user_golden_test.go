package walkme_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// constant is a source of randomness that makes placeholder passwords known.
type constant byte

func (c constant) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

func TestTestCredentials(t *testing.T) {
	c, s := converse(t, walkme.Config{},
		turn{"GET /Users?startIndex=1&count=2", 200, noHits},
		turn{"GET /Users?startIndex=1&count=2", 200, noHits},
		turn{"GET /Groups?startIndex=1&count=100", 200, noHits},
	)
	if err := c.TestCredentials(t.Context(), false); err != nil {
		t.Errorf("TestCredentials(users) = %v", err)
	}
	want := http.Header{
		"Accept":          {"application/scim+json"},
		"Accept-Charset":  {"utf-8"},
		"User-Agent":      {"Okta SCIM Client 1.0.0"},
		"Authorization":   {"Bearer s3cret"},
		"Connection":      {"Keep-Alive"},
		"Accept-Encoding": {"gzip,deflate"},
	}
	if diff := cmp.Diff(want, s.last); diff != "" {
		t.Errorf("headers without a body (-want +got):\n%s", diff)
	}
	if err := c.TestCredentials(t.Context(), true); err != nil {
		t.Errorf("TestCredentials(users and groups) = %v", err)
	}
}

func TestHeadersWithBody(t *testing.T) {
	c, s := converse(t, walkme.Config{}, turn{"PATCH /Users/42 " + deactivate, 204, ""})
	if err := c.SetActive(t.Context(), "42", false); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Accept":          {"application/scim+json"},
		"Accept-Charset":  {"utf-8"},
		"Content-Type":    {"application/scim+json; charset=utf-8"},
		"User-Agent":      {"Okta SCIM Client 1.0.0"},
		"Authorization":   {"Bearer s3cret"},
		"Content-Length":  {"118"},
		"Connection":      {"Keep-Alive"},
		"Accept-Encoding": {"gzip,deflate"},
	}
	if diff := cmp.Diff(want, s.last); diff != "" {
		t.Errorf("headers with a body (-want +got):\n%s", diff)
	}
}

func TestFindUserWithoutMatch(t *testing.T) {
	for _, answer := range []turn{{findAnn, 200, noHits}, {findAnn, 404, notFound}} {
		c, _ := converse(t, walkme.Config{}, answer)
		if _, err := c.FindUser(t.Context(), "ann@example.com"); !isErr(err, scim.ErrNotFound) {
			t.Errorf("FindUser() after %d = %v, want ErrNotFound", answer.status, err)
		}
	}
}

// The body of a catalog app's create, key by key as Okta sends it.
func TestCreateUserBody(t *testing.T) {
	const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],` +
		`"userName":"obi-wan.kenobi@example.com",` +
		`"name":{"givenName":"Obi-Wan","familyName":"Kenobi"},` +
		`"emails":[{"primary":true,"value":"obi-wan.kenobi@example.com","type":"work"}],` +
		`"displayName":"Obi-Wan Kenobi",` +
		`"locale":"en-US",` +
		`"externalId":"00use6vjvehodmsQb4x6",` +
		`"groups":[],` +
		`"password":"AAAAAAAA",` +
		`"active":true}`
	c, _ := converse(t, walkme.Config{Rand: constant(0)},
		turn{"POST /Users " + body, 201, userJSON("23a3", "obi-wan.kenobi@example.com", annActive)})
	u, err := c.CreateUser(t.Context(), person("00use6vjvehodmsQb4x6",
		scim.Attribute{Path: "userName", Value: "obi-wan.kenobi@example.com"},
		scim.Attribute{Path: "name.givenName", Value: "Obi-Wan"},
		scim.Attribute{Path: "name.familyName", Value: "Kenobi"},
		scim.Attribute{Path: "emails[primary eq true].value", Value: "obi-wan.kenobi@example.com"},
		scim.Attribute{Path: "emails[primary eq true].type", Value: "work"},
		scim.Attribute{Path: "displayName", Value: "Obi-Wan Kenobi"},
		scim.Attribute{Path: "locale", Value: "en-US"},
		scim.Attribute{Path: "title", Value: nil},
		scim.Attribute{Path: scim.SchemaEnterpriseUser + ":department", Value: ""},
	))
	if err != nil {
		t.Fatal(err)
	}
	if u.ID != "23a3" {
		t.Errorf("CreateUser().ID = %q, want 23a3", u.ID)
	}
}

// The same with the mappings removed that a custom app does not have.
func TestCreateUserBodyWithoutEmailType(t *testing.T) {
	const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],` +
		`"userName":"test.joiner@example.com",` +
		`"name":{"givenName":"test","familyName":"joiner"},` +
		`"emails":[{"primary":true,"value":"test.joiner@example.com"}],` +
		`"externalId":"00u18ep2sjmnGT1wk698","groups":[],"password":"AAAAAAAA","active":true}`
	c, _ := converse(t, walkme.Config{Profile: walkme.AIW, Rand: constant(0)},
		turn{"POST /Users " + body, 201, userJSON("1", "test.joiner@example.com", "")})
	_, err := c.CreateUser(t.Context(), person("00u18ep2sjmnGT1wk698",
		scim.Attribute{Path: "userName", Value: "test.joiner@example.com"},
		scim.Attribute{Path: "name.givenName", Value: "test"},
		scim.Attribute{Path: "name.familyName", Value: "joiner"},
		scim.Attribute{Path: "emails[primary eq true].value", Value: "test.joiner@example.com"},
		scim.Attribute{Path: "emails[primary eq true].type", Value: ""},
	))
	if err != nil {
		t.Fatal(err)
	}
}

// What WalkMe's guide maps, with an extension, text that must stay raw, and
// nothing that is switched off.
func TestCreateUserSwitches(t *testing.T) {
	const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],` +
		`"userName":"zoë+<o'brien>&\"x\"@example.com",` +
		`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","manager":{"value":"7"}},` +
		`"externalId":"00u1","active":true}`
	c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.SendPassword, w.SendGroups = false, false })},
		turn{"POST /Users " + body, 201, `{"id":1}`})
	u, err := c.CreateUser(t.Context(), person("00u1",
		scim.Attribute{Path: "userName", Value: `zoë+<o'brien>&"x"@example.com`},
		scim.Attribute{Path: scim.SchemaEnterpriseUser + ":department", Value: "Sales"},
		scim.Attribute{Path: scim.SchemaEnterpriseUser + ":manager.value", Value: "7"},
		scim.Attribute{Path: "phoneNumbers[primary eq true].type", Value: "work"}, // a type without a number
	))
	if err != nil {
		t.Fatal(err)
	}
	if u.ID != "1" {
		t.Errorf("CreateUser().ID = %q, want 1: a number is an id, too", u.ID)
	}
}

const octocat = `{"active":true,"displayName":"Mona Octocat","emails":[{"primary":true,"value":"octocat@github.com"}],` +
	`"externalId":"00u1dhhb1fkIGP7RL1d8","id":"5fc0c238-1112-11e8-8e45-920c87bdbd75",` +
	`"meta":{"created":"2018-02-13T15:05:24.000-08:00","lastModified":"2018-02-13T15:05:55.000-08:00","location":"https://api.github.com/scim/v2/organizations/octo-org/Users/5fc0c238-1112-11e8-8e45-920c87bdbd75","resourceType":"User"},` +
	`"name":{"familyName":"Octocat","formatted":"Mona Octocat","givenName":"Mona"},` +
	`"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"octocat@github.com"}`

// A captured profile PUT of 607 bytes. The capture had its keys sorted, so it
// is compared sorted; the order on the wire is that of the GET, then what Okta
// adds.
func TestUpdateUserOverForeignProfile(t *testing.T) {
	const captured = `{"active":true,"displayName":"Jane Smith","emails":[{"primary":true,"type":"work","value":"jane@test.com"}],` +
		`"externalId":"00u6a15d23T9AeHhF5d7","groups":[],"id":"5fc0c238-1112-11e8-8e45-920c87bdbd75","locale":"en-US",` +
		`"meta":{"created":"2018-02-13T15:05:24.000-08:00","lastModified":"2018-02-13T15:05:55.000-08:00","location":"https://api.github.com/scim/v2/organizations/octo-org/Users/5fc0c238-1112-11e8-8e45-920c87bdbd75","resourceType":"User"},` +
		`"name":{"familyName":"Smith","formatted":"Mona Octocat","givenName":"Jane"},` +
		`"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane@test.com"}`
	const id = "5fc0c238-1112-11e8-8e45-920c87bdbd75"
	sent := strings.NewReplacer(
		"Mona Octocat\",\"emails", "Jane Smith\",\"emails",
		`{"primary":true,"value":"octocat@github.com"}`, `{"primary":true,"value":"jane@test.com","type":"work"}`,
		"00u1dhhb1fkIGP7RL1d8", "00u6a15d23T9AeHhF5d7",
		`"familyName":"Octocat"`, `"familyName":"Smith"`,
		`"givenName":"Mona"`, `"givenName":"Jane"`,
		`"userName":"octocat@github.com"}`, `"userName":"jane@test.com","locale":"en-US","groups":[]}`,
	).Replace(octocat)
	if len(sent) != 607 || sorted(t, sent) != captured {
		t.Fatalf("the expected PUT has %d bytes, want 607:\n%s", len(sent), sent)
	}
	for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		c, _ := converse(t, walkme.Config{Profile: profile},
			turn{"GET /Users/" + id, 200, octocat}, turn{"PUT /Users/" + id + " " + sent, 200, sent})
		u, err := c.UpdateUser(t.Context(), id, person("00u6a15d23T9AeHhF5d7",
			scim.Attribute{Path: "userName", Value: "jane@test.com"},
			scim.Attribute{Path: "name.givenName", Value: "Jane"},
			scim.Attribute{Path: "name.familyName", Value: "Smith"},
			scim.Attribute{Path: "emails[primary eq true].value", Value: "jane@test.com"},
			scim.Attribute{Path: "emails[primary eq true].type", Value: "work"},
			scim.Attribute{Path: "displayName", Value: "Jane Smith"},
			scim.Attribute{Path: "locale", Value: "en-US"},
		))
		if err != nil {
			t.Fatal(err)
		}
		if u.UserName != "jane@test.com" || u.ExternalID != "00u6a15d23T9AeHhF5d7" {
			t.Errorf("UpdateUser() = %+v", u)
		}
	}
}

func sorted(t *testing.T, text string) string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// Okta's sample of 2018: the keys stand in the order of the server's GET, and
// what the server showed, even a password, comes back.
func TestUpdateUserKeepsOrderOfTheServer(t *testing.T) {
	const shown = `{"id":"7","externalId":"00uq2kqg7YTkFo3cY0g3",` +
		`"meta":{"resourceType":"User","created":"04-12-2018 00:00:00","lastModified":"04-12-2018 00:00:00","version":"v1.0"},` +
		`"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane.doe@example.com","displayName":"Jane Doe",` +
		`"locale":"en_US","active":true,"password":"TkdFNVdIVkxhM2c9",` +
		`"emails":[{"value":"jane.doe@example.com","type":"work","primary":true}],` +
		`"name":{"familyName":"Doe","givenName":"Jane"},"groups":[]}`
	jane := person("00uq2kqg7YTkFo3cY0g3",
		scim.Attribute{Path: "userName", Value: "jane.doe@example.com"},
		scim.Attribute{Path: "name.givenName", Value: "Jane"},
		scim.Attribute{Path: "name.familyName", Value: "Doe"},
		scim.Attribute{Path: "emails[primary eq true].value", Value: "jane.doe@example.com"},
		scim.Attribute{Path: "emails[primary eq true].type", Value: "work"},
		scim.Attribute{Path: "displayName", Value: "Jane Doe"},
		scim.Attribute{Path: "locale", Value: "en_US"},
	)
	c, _ := converse(t, walkme.Config{}, turn{"GET /Users/7", 200, shown}, turn{"PUT /Users/7 " + shown, 200, shown})
	if _, err := c.UpdateUser(t.Context(), "7", jane); err != nil {
		t.Error(err)
	}
	c, _ = converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.EchoPassword = false })},
		turn{"GET /Users/7", 200, shown},
		turn{"PUT /Users/7 " + strings.Replace(shown, `"password":"TkdFNVdIVkxhM2c9",`, "", 1), 204, ""})
	if _, err := c.UpdateUser(t.Context(), "7", jane); err != nil {
		t.Error(err)
	}
}

// Okta's reference keeps emails[0].display, which only the server knew: the
// merge form of multi-valued attributes.
func TestUpdateUserMergesEntries(t *testing.T) {
	const shown = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"23a35c27-23d3-4c03-b4c5-6443c09e7173",` +
		`"userName":"test.user@okta.local","name":{"givenName":"Test","middleName":"","familyName":"User"},` +
		`"emails":[{"primary":true,"value":"old@okta.local","type":"work","display":"test.user@okta.local"}],` +
		`"active":true,"groups":[],"meta":{"resourceType":"User"}}`
	sent := strings.NewReplacer(`"Test","middleName":""`, `"Another","middleName":"Excited"`, "old@", "test.user@").Replace(shown)
	c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.MultiValued = walkme.Merge })},
		turn{"GET /Users/23a35c27-23d3-4c03-b4c5-6443c09e7173", 200, shown},
		turn{"PUT /Users/23a35c27-23d3-4c03-b4c5-6443c09e7173 " + sent, 200, sent})
	_, err := c.UpdateUser(t.Context(), "23a35c27-23d3-4c03-b4c5-6443c09e7173", person("",
		scim.Attribute{Path: "userName", Value: "test.user@okta.local"},
		scim.Attribute{Path: "name.givenName", Value: "Another"},
		scim.Attribute{Path: "name.middleName", Value: "Excited"},
		scim.Attribute{Path: "emails[primary eq true].value", Value: "test.user@okta.local"},
	))
	if err != nil {
		t.Error(err)
	}
}

func TestSetActiveByPatch(t *testing.T) {
	if len(deactivate) != 118 {
		t.Fatalf("the deactivation has %d bytes, want 118", len(deactivate))
	}
	const id = "289383d9-ff3a-48bb-99ea-3048762267c7"
	for _, tt := range []struct {
		name   string
		active bool
		wire   walkme.Wire
		turns  []turn
	}{
		{"deactivate, 204", false, blindWire, []turn{{"PATCH /Users/" + id + " " + deactivate, 204, ""}}},
		{"deactivate, 200 with the user", false, blindWire,
			[]turn{{"PATCH /Users/" + id + " " + deactivate, 200, userJSON(id, "x", annInactive)}}},
		{"activate", true, blindWire, []turn{{"PATCH /Users/" + id + " " + activate, 204, ""}}},
		{"get before patch", false, wire(func(w *walkme.Wire) { w.GetBeforePatch = true }),
			[]turn{{"GET /Users/" + id, 200, userJSON(id, "x", annActive)}, {"PATCH /Users/" + id + " " + deactivate, 204, ""}}},
		{"with path", false, wire(func(w *walkme.Wire) { w.PathlessActive = false }),
			[]turn{{"PATCH /Users/" + id + " " + patchOp + `[{"op":"replace","path":"active","value":false}]}`, 204, ""}}},
		{"verified", false, wire(func(w *walkme.Wire) { w.VerifyWrites = true }),
			[]turn{{"PATCH /Users/" + id + " " + deactivate, 204, ""}, {"GET /Users/" + id, 200, userJSON(id, "x", annInactive)}}},
		{"verified, on the first answer's word", false, wire(func(w *walkme.Wire) { w.VerifyWrites, w.ReadWhenDoubtful = true, false }),
			[]turn{{"PATCH /Users/" + id + " " + deactivate, 204, ""}, {"GET /Users/" + id, 200, userJSON(id, "x", annInactive)}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{Wire: tt.wire}, tt.turns...)
			if err := c.SetActive(t.Context(), id, tt.active); err != nil {
				t.Errorf("SetActive(%t) = %v", tt.active, err)
			}
		})
	}
}

// A captured PUT of 579 bytes: the GET's body with nothing but active changed.
func TestSetActiveByPut(t *testing.T) {
	const id = "5fc0c238-1112-11e8-8e45-920c87bdbd75"
	sent := strings.Replace(octocat, `{"active":true`, `{"active":false`, 1)
	if len(sent) != 579 {
		t.Fatalf("the deactivation has %d bytes, want 579", len(sent))
	}
	c, _ := converse(t, walkme.Config{Profile: walkme.AIW},
		turn{"GET /Users/" + id, 200, octocat}, turn{"PUT /Users/" + id + " " + sent, 200, sent},
		turn{"GET /Users/" + id, 200, sent})
	for range 2 { // the second time the server shows it already
		if err := c.SetActive(t.Context(), id, false); err != nil {
			t.Error(err)
		}
	}
}

func TestLinkUser(t *testing.T) {
	ann := person("00u1", scim.Attribute{Path: "userName", Value: "ann@example.com"})
	active := userJSON("42", "Ann@example.com", annActive)
	inactive := userJSON("42", "Ann@example.com", annInactive)
	profile := userJSON("42", "ann@example.com", annActive+`,"externalId":"00u1","groups":[]`)
	tests := []struct {
		name    string
		profile walkme.Profile
		wire    walkme.Wire
		update  bool
		found   string
		turns   []turn
	}{
		{"oin, active", walkme.OIN, blindWire, true, active,
			[]turn{{"GET /Users/42", 200, active}, {"PUT /Users/42 " + profile, 200, profile}}},
		{"oin, inactive", walkme.OIN, blindWire, true, inactive,
			[]turn{{"PATCH /Users/42 " + activate, 200, active}, {"GET /Users/42", 200, active}, {"PUT /Users/42 " + profile, 200, profile}}},
		{"oin, active patched anyway", walkme.OIN, wire(func(w *walkme.Wire) { w.PatchActiveMatch = true }), true, active,
			[]turn{{"PATCH /Users/42 " + activate, 204, ""}, {"GET /Users/42", 200, active}, {"PUT /Users/42 " + profile, 200, profile}}},
		{"oin, inactive, attributes off", walkme.OIN, blindWire, false, inactive,
			[]turn{{"PATCH /Users/42 " + activate, 204, ""}}},
		{"attributes off", walkme.OIN, blindWire, false, active, nil},
		{"aiw, active", walkme.AIW, blindWire, true, active,
			[]turn{{"GET /Users/42", 200, active}, {"PUT /Users/42 " + profile, 200, profile}}},
		{"aiw, inactive", walkme.AIW, blindWire, true, inactive,
			[]turn{{"GET /Users/42", 200, inactive}, {"PUT /Users/42 " + active, 200, active},
				{"GET /Users/42", 200, active}, {"PUT /Users/42 " + profile, 200, profile}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			turns := append([]turn{{findAnn, 200, list(tt.found)}}, tt.turns...)
			c, _ := converse(t, walkme.Config{Profile: tt.profile, Wire: tt.wire, UpdateAttributes: tt.update}, turns...)
			found, err := c.FindUser(t.Context(), "ann@example.com")
			if err != nil {
				t.Fatal(err)
			}
			u, err := c.LinkUser(t.Context(), found, ann)
			if err != nil {
				t.Fatal(err)
			}
			if u.ID != "42" || u.Active == nil || !*u.Active {
				t.Errorf("LinkUser() = %+v, want an active user 42", u)
			}
		})
	}
}
