package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/agent/probe/conversation"
	"okta-walkme-agent/walkme/walkmetest"
)

// Okta's documented bodies: developer.okta.com, "SCIM 2.0" (User and Group
// operations), and the captures of its blog of September 1st, 2021. People and
// groups are ours, and so is what a server adds of its own.
const (
	lookUp        = `GET /Users?filter=userName%20eq%20%22obi@example.com%22&startIndex=1&count=100`
	lookUpGroup   = `GET /Groups?filter=displayName%20eq%20%22Droids%22&startIndex=1&count=100`
	patchOp       = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
	newUser       = `POST /Users {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"obi@example.com","name":{"givenName":"Obi-Wan","familyName":"Kenobi"},"emails":[{"primary":true,"value":"obi@example.com","type":"work"}],"displayName":"Obi-Wan Kenobi","locale":"en-US","externalId":"00u1","groups":[],"password":"gl^m&qWZ","active":true}`
	obiMember     = `{"value":"u1","display":"obi@example.com"}`
	zoeMember     = `{"value":"u2","display":"zoe@example.com"}`
	newGroup      = `POST /Groups {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Droids","members":[` + obiMember + `]}`
	getUser       = "GET /Users/u1"
	getGroup      = "GET /Groups/g1"
	deactivateObi = `PATCH /Users/u1 ` + patchOp + `{"op":"replace","value":{"active":false}}]}`
	activateObi   = `PATCH /Users/u1 ` + patchOp + `{"op":"replace","value":{"active":true}}]}`
	renameDroids  = `PATCH /Groups/g1 ` + patchOp + `{"op":"replace","value":{"id":"g1","displayName":"Robots"}}]}`
)

// putUser is what a GET shows of Obi-Wan with his Okta values laid over it, in the
// order of the GET.
func putUser(active bool, rest string) string {
	return fmt.Sprintf(`PUT /Users/u1 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"u1","userName":"obi@example.com","name":{"givenName":"Obi-Wan","familyName":"Kenobi"},"emails":[{"primary":true,"value":"obi@example.com","type":"work"}],"displayName":"Obi-Wan Kenobi","locale":"en-US","externalId":"00u1","active":%t,"accessRole":%q,"meta":{"resourceType":"User","created":"2020-01-01T00:00:00Z","lastModified":"2020-01-01T00:00:00Z","location":"https://scim.example.com/v2/Users/u1"}%s}`,
		active, walkmetest.DefaultRole, rest)
}

func putGroup(name, members string) string {
	return `PUT /Groups/g1 {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"g1","displayName":"` + name + `","members":[` + members + `]}`
}

// flow is one thing that happens in Okta, and Okta's documented conversation about it.
type flow struct {
	profile, before, happens, config string
	want                             []string
	group                            string // what the answers call it: Droids; -: nothing
}

var flows = map[string]flow{
	"a new person": {profile: "oin", want: []string{lookUp, newUser}},
	"who leaves, in a catalog app": {profile: "oin", before: "- sync", happens: "- unassign: obi@example.com",
		want: []string{deactivateObi}},
	"who leaves, in a custom app": {profile: "aiw", before: "- sync", happens: "- unassign: obi@example.com",
		want: []string{getUser, putUser(false, "")}},
	"who returns, in a catalog app": {profile: "oin", before: "- sync\n  - unassign: obi@example.com\n  - sync", happens: "- assign: obi@example.com",
		want: []string{lookUp, activateObi, getUser, putUser(true, `,"groups":[]`)}},
	"who returns, in a custom app": {profile: "aiw", before: "- sync\n  - unassign: obi@example.com\n  - sync", happens: "- assign: obi@example.com",
		want: []string{lookUp, getUser, putUser(true, ""), getUser, putUser(true, `,"groups":[]`)}},
	"a pushed group, in a catalog app": {profile: "oin", before: "- sync", happens: "- config: {push_groups: {sources: [{name: Droids}]}}",
		want: []string{lookUpGroup, newGroup, `PATCH /Groups/g1 ` + patchOp + `{"op":"add","path":"members","value":[` + obiMember + `]}]}`}},
	"a pushed group, in a custom app": {profile: "aiw", before: "- sync", happens: "- config: {push_groups: {sources: [{name: Droids}]}}",
		want: []string{lookUpGroup, newGroup, getGroup, putGroup("Droids", obiMember)}},
	"a renamed group, in a catalog app": {profile: "oin", config: rulePush, before: "- sync", happens: "- rename_group: {group: Droids, to: Robots}",
		want: []string{renameDroids}, group: "Robots"},
	// The look at the group before is the agent's own; Okta's documentation shows none.
	"Push Now, in a catalog app": {profile: "oin", config: rulePush, before: "- sync", happens: "- join: {login: zoe@example.com, group: Droids}\n  - sync\n  - forget: resync --group Droids",
		want: []string{getGroup, `PATCH /Groups/g1 ` + patchOp + `{"op":"replace","path":"members","value":[` + obiMember + `,` + zoeMember + `]}]}`}},
	"an unlinked group": {profile: "oin", config: "push_groups: {sources: [{name: Droids}], on_unlink: delete}\n  limits: {group_deletes: {count: 1}}", before: "- sync",
		happens: "- config: {push_groups: {sources: []}}", want: []string{"DELETE /Groups/g1"}, group: "-"},
}

const rulePush = `push_groups: {sources: [{rule: {name_contains: o}}]}`

const documentedOrg = `wire_profile: %s
config:
  walkme: {fidelity: strict}
  %s
  mappings:
    userName: appuser.userName
    name.givenName: user.firstName
    name.familyName: user.lastName
    emails[primary eq true].value: user.email
    emails[primary eq true].type: '"work"'
    displayName: user.displayName
    locale: user.locale
org:
  people:
    - {login: obi@example.com, firstName: Obi-Wan, lastName: Kenobi, profile: {displayName: Obi-Wan Kenobi, locale: en-US}}
    - {login: zoe@example.com, firstName: Zoe, lastName: Zorn, profile: {displayName: Zoe Zorn, locale: en-US}}
  groups: [{name: Droids, members: [obi@example.com]}]
  assignments: [obi@example.com, zoe@example.com]
steps:
  %s
  %s
  - run: --trace %s %s
`

// TestDocumentedConversations holds what fidelity: strict sends against Okta's
// documentation, flow by flow.
func TestDocumentedConversations(t *testing.T) {
	t.Parallel()
	for name, f := range flows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ours.har")
			happens, command := f.happens, "sync"
			if before, resync, ok := strings.Cut(happens, "\n  - forget: "); ok {
				happens, command = before, resync
			}
			text := fmt.Sprintf(documentedOrg, f.profile, f.config, f.before, happens, path, command)
			if code, out := play(t, noEnv, text); code != exitOK {
				t.Fatalf("%d %s\n%s", code, out, text)
			}
			ours, err := conversation.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range conversation.Diff(documented(t, f), about(ours), conversation.Options{RequestsOnly: true}) {
				t.Errorf("%s: %s\n  documented  %s\n  ours        %s", d.Request, d.Where, d.A, d.B)
			}
		})
	}
}

// about leaves Zoe out, who is there so that Obi-Wan is not the last one.
func about(all []conversation.Exchange) []conversation.Exchange {
	var out []conversation.Exchange
	for _, x := range conversation.SCIM(all) {
		if !strings.Contains(x.URL.RawQuery+x.Body, "zoe") || strings.Contains(x.URL.Path, "/Groups") {
			out = append(out, x)
		}
	}
	return out
}

// documented makes a recording of requests, with answers that say whose the ids are.
func documented(t *testing.T, f flow) []conversation.Exchange {
	t.Helper()
	var entries []any
	for i, r := range f.want {
		method, rest, _ := strings.Cut(r, " ")
		target, body, _ := strings.Cut(rest, " ")
		answer := `{"Resources":[{"id":"u1","userName":"obi@example.com","externalId":"00u1"},{"id":"u2","userName":"zoe@example.com"}]}`
		if strings.HasPrefix(target, "/Groups") {
			answer = `{"Resources":[{"id":"g1","displayName":"` + cmp.Or(f.group, "Droids") + `","members":[` + obiMember + `,` + zoeMember + `]}]}`
			if f.group == "-" {
				answer = ""
			}
		}
		entries = append(entries, map[string]any{
			"startedDateTime": fmt.Sprintf("2026-01-01T00:00:%02dZ", i),
			"request":         map[string]any{"method": method, "url": "https://scim.example.com/v2" + target, "postData": map[string]string{"text": body}},
			"response":        map[string]any{"status": 200, "content": map[string]string{"text": answer}},
		})
	}
	text, err := json.Marshal(map[string]any{"log": map[string]any{"entries": entries}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := conversation.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
