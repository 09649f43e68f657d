package walkme_test

import (
	"errors"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

const groupSchemas = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],`

var droids = []walkme.Member{
	{ID: "cc2573a1-e1c4-491d-a3db-ae4a2e078d61", Display: "bb-8@example.com"},
	{ID: "478c4cf4-1aa3-41a1-93da-4c154c5955e0", Display: "c-3po@example.com"},
	{ID: "34e14e58-f0fe-4e9d-aeb2-0da25fa6626d", Display: "r2-d2@example.com"},
}

const droidsJSON = `[{"value":"cc2573a1-e1c4-491d-a3db-ae4a2e078d61","display":"bb-8@example.com"},` +
	`{"value":"478c4cf4-1aa3-41a1-93da-4c154c5955e0","display":"c-3po@example.com"},` +
	`{"value":"34e14e58-f0fe-4e9d-aeb2-0da25fa6626d","display":"r2-d2@example.com"}]`

// Look-up, POST with the members, and the second write with the same members.
func TestCreateGroupConversation(t *testing.T) {
	lookUp := turn{"GET /Groups?filter=displayName%20eq%20%22Droids%22&startIndex=1&count=100", 200, noHits}
	post := turn{"POST /Groups " + groupSchemas + `"displayName":"Droids","members":` + droidsJSON + `}`, 201,
		groupSchemas + `"id":"g1","displayName":"Droids","members":[],"meta":{"resourceType":"Group"}}`}
	empty := groupSchemas + `"id":"g1","displayName":"Droids","members":[],"meta":{"resourceType":"Group"}}`
	for profile, second := range map[walkme.Profile][]turn{
		walkme.OIN: {{"PATCH /Groups/g1 " + patchOp + `[{"op":"add","path":"members","value":` + droidsJSON + `}]}`, 204, ""}},
		walkme.AIW: {{"GET /Groups/g1", 200, empty},
			{"PUT /Groups/g1 " + groupSchemas + `"id":"g1","displayName":"Droids","members":` + droidsJSON + `}`, 200,
				groupSchemas + `"id":"g1","displayName":"Droids","members":` + droidsJSON + `}`}},
	} {
		t.Run(string(profile), func(t *testing.T) {
			c, _ := converse(t, walkme.Config{Profile: profile}, append([]turn{lookUp, post}, second...)...)
			if _, err := c.FindGroup(t.Context(), "Droids"); !isErr(err, scim.ErrNotFound) {
				t.Fatalf("FindGroup() = %v, want ErrNotFound", err)
			}
			g, err := c.CreateGroup(t.Context(), "Droids", droids)
			if err != nil {
				t.Fatal(err)
			}
			if !c.SecondWriteNeeded(g, droids) {
				t.Error("SecondWriteNeeded() = false, want true")
			}
			if _, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: g.ID, Name: "Droids", Add: droids, Managed: droids}); err != nil {
				t.Error(err)
			}
		})
	}
}

// The captured pair POST, PUT for an empty group.
func TestCreateEmptyGroup(t *testing.T) {
	const id = "434a8bba-dfce-483d-b48c-8a07b6f163a3"
	shown := groupSchemas + `"id":"` + id + `","displayName":"SID","members":[]}`
	c, _ := converse(t, walkme.Config{Profile: walkme.AIW},
		turn{"POST /Groups " + groupSchemas + `"displayName":"SID","members":[]}`, 201, shown},
		turn{"GET /Groups/" + id, 200, shown},
		turn{"PUT /Groups/" + id + " " + shown, 200, shown})
	g, err := c.CreateGroup(t.Context(), "SID", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !c.SecondWriteNeeded(g, nil) {
		t.Error("SecondWriteNeeded() = false, want true")
	}
	if _, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: id, Name: "SID"}); err != nil {
		t.Error(err)
	}
}

func TestSecondWriteNeeded(t *testing.T) {
	some := &walkme.Group{ID: "1", Members: droids[:2], MembersShown: true}
	all := &walkme.Group{ID: "1", Members: droids, MembersShown: true}
	for _, tt := range []struct {
		when    string
		profile walkme.Profile
		created *walkme.Group
		members []walkme.Member
		want    bool
	}{
		{walkme.Always, walkme.OIN, all, droids, true},
		{walkme.Always, walkme.OIN, &walkme.Group{}, nil, false},
		{walkme.Always, walkme.AIW, &walkme.Group{}, nil, true},
		{walkme.WhenMissing, walkme.OIN, all, droids, false},
		{walkme.WhenMissing, walkme.OIN, some, droids, true},
		{walkme.WhenMissing, walkme.AIW, &walkme.Group{}, nil, false},
		{walkme.Never, walkme.AIW, some, droids, false},
	} {
		c := client(t, walkme.Config{BaseURL: "https://walkme.example.com", Profile: tt.profile,
			Wire: wire(func(w *walkme.Wire) { w.SecondGroupWrite = tt.when })})
		if got := c.SecondWriteNeeded(tt.created, tt.members); got != tt.want {
			t.Errorf("%s, %s: SecondWriteNeeded(%d of %d shown) = %t, want %t",
				tt.when, tt.profile, len(tt.created.Members), len(tt.members), got, tt.want)
		}
	}
}

func TestRenameGroup(t *testing.T) {
	const id = "933868861859790973"
	const name = "TestGroup1 -- Update12345"
	c, _ := converse(t, walkme.Config{},
		turn{"PATCH /Groups/" + id + " " + patchOp + `[{"op":"replace","value":{"id":"` + id + `","displayName":"` + name + `"}}]}`, 204, ""})
	if err := c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: id, Name: name}); err != nil {
		t.Error(err)
	}
	c, _ = converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.PathlessRename = false })},
		turn{"PATCH /Groups/" + id + " " + patchOp + `[{"op":"replace","path":"displayName","value":"` + name + `"}]}`, 200,
			groupSchemas + `"id":"` + id + `","displayName":"` + name + `","members":null}`})
	if err := c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: id, Name: name}); err != nil {
		t.Error(err)
	}
}

// The answer to a rename may contradict it, or say nothing.
func TestRenameIsVerified(t *testing.T) {
	const rename = "PATCH /Groups/g1 " + patchOp + `[{"op":"replace","value":{"id":"g1","displayName":"New"}}]}`
	oldName, newName := groupSchemas+`"id":"g1","displayName":"Old"}`, groupSchemas+`"id":"g1","displayName":"New"}`
	for _, tt := range []struct {
		name             string
		verify, doubtful bool
		turns            []turn
		applied          bool
	}{
		{"no answer is believed", false, true, []turn{{rename, 204, ""}}, true},
		{"no answer is verified", true, false, []turn{{rename, 204, ""}, {"GET /Groups/g1", 200, newName}}, true},
		{"and was not so", true, false, []turn{{rename, 204, ""}, {"GET /Groups/g1", 200, oldName}}, false},
		{"the first answer is the last word", false, false, []turn{{rename, 200, oldName}}, false},
		{"an old answer is read again", false, true, []turn{{rename, 200, oldName}, {"GET /Groups/g1", 200, newName}}, true},
		{"and was right", false, true, []turn{{rename, 200, oldName}, {"GET /Groups/g1", 200, oldName}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.VerifyWrites, w.ReadWhenDoubtful = tt.verify, tt.doubtful })}, tt.turns...)
			err := c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: "g1", Name: "New"})
			if _, not := errors.AsType[*walkme.NotAppliedError](err); not == tt.applied || tt.applied && err != nil {
				t.Errorf("RenameGroup() = %v, want it applied: %t", err, tt.applied)
			}
		})
	}
}

// A PUT repeats the schemas that the server showed, and names the core one where it showed
// none.
func TestPutOfAGroupKeepsSchemas(t *testing.T) {
	const extended = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","urn:example:Team"],`
	for shown, sent := range map[string]string{extended: extended, "{": groupSchemas} {
		const rest = `"id":"g1","displayName":"Editors","members":[{"value":"1"}]}`
		c, _ := converse(t, walkme.Config{Profile: walkme.AIW},
			turn{"GET /Groups/g1", 200, shown + `"id":"g1","displayName":"Old","members":[{"value":"1"}]}`}, turn{"PUT /Groups/g1 " + sent + rest, 204, ""})
		if err := c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: "g1", Name: "Editors"}); err != nil {
			t.Error(err)
		}
	}
}

// A captured rename by PUT: the members as the GET showed them.
func TestRenameGroupByPut(t *testing.T) {
	const id = "fc0a8962-65c4-4402-aae5-bd2fcbe19f40"
	const members = `"members":[{"value":"e07986cd-6ce9-47f0-8ba7-c7d316311653","display":null},{"value":"6c320c45-0033-4d10-bdda-3c711d720025","display":null}]`
	shown := `{"id":"` + id + `",` + groupSchemas[1:] + `"meta":{"version":"1"},` + members + `,"displayName":"KOTestGroup"}`
	sent := groupSchemas + `"id":"` + id + `","displayName":"KOTestGroup Test",` + members + `}`
	c, _ := converse(t, walkme.Config{Profile: walkme.AIW},
		turn{"GET /Groups/" + id, 200, shown}, turn{"PUT /Groups/" + id + " " + sent, 200, sent})
	if err := c.RenameGroup(t.Context(), walkme.GroupRename{GroupID: id, Name: "KOTestGroup Test"}); err != nil {
		t.Error(err)
	}
}

func TestUpdateMembersByPatch(t *testing.T) {
	rename := turn{"PATCH /Groups/g1 " + patchOp + `[{"op":"replace","value":{"id":"g1","displayName":"Editors"}}]}`, 204, ""}
	for _, tt := range []struct {
		name  string
		u     walkme.MembersUpdate
		wire  walkme.Wire
		turns []turn
	}{
		{"one leaves, one joins",
			walkme.MembersUpdate{
				Add:    []walkme.Member{{ID: "23a35c27-23d3-4c03-b4c5-6443c09e7173", Display: "test.user@okta.local"}},
				Remove: []walkme.Member{{ID: "89bb1940-b905-4575-9e7f-6f887cfb368e"}}},
			walkme.DefaultWire(),
			[]turn{{"PATCH /Groups/g1 " + patchOp + `[{"op":"remove","path":"members[value eq \"89bb1940-b905-4575-9e7f-6f887cfb368e\"]"},` +
				`{"op":"add","path":"members","value":[{"value":"23a35c27-23d3-4c03-b4c5-6443c09e7173","display":"test.user@okta.local"}]}]}`, 204, ""}}},
		{"two leave, two join",
			walkme.MembersUpdate{
				Add:    []walkme.Member{{ID: "addUser1", Display: "addUser1@example.com"}, {ID: "addUser2", Display: "addUser2@example.com"}},
				Remove: []walkme.Member{{ID: "removeUser1"}, {ID: "removeUser2"}}},
			walkme.DefaultWire(),
			[]turn{{"PATCH /Groups/g1 " + patchOp + `[{"op":"remove","path":"members[value eq \"removeUser1\"]"},` +
				`{"op":"remove","path":"members[value eq \"removeUser2\"]"},` +
				`{"op":"add","path":"members","value":[{"value":"addUser1","display":"addUser1@example.com"},{"value":"addUser2","display":"addUser2@example.com"}]}]}`, 200,
				`{"id":"g1","displayName":"Editors","members":null}`}}},
		{"one joins",
			walkme.MembersUpdate{Add: []walkme.Member{{ID: "2900df44-a197-4ca6-bad2-3c1b5641ac8e", Display: "ABaker@Gradle.Example"}}},
			walkme.DefaultWire(),
			[]turn{{"PATCH /Groups/g1 " + patchOp + `[{"op":"add","path":"members","value":[{"value":"2900df44-a197-4ca6-bad2-3c1b5641ac8e","display":"ABaker@Gradle.Example"}]}]}`, 204, ""}}},
		{"the name goes first",
			walkme.MembersUpdate{Name: "Editors", Rename: true, Remove: []walkme.Member{{ID: "1"}}},
			walkme.DefaultWire(),
			[]turn{rename, {"PATCH /Groups/g1 " + patchOp + `[{"op":"remove","path":"members[value eq \"1\"]"}]}`, 204, ""}}},
		{"the name switched off",
			walkme.MembersUpdate{Name: "Editors", Rename: true, Remove: []walkme.Member{{ID: "1"}}},
			wire(func(w *walkme.Wire) { w.RenameWithMembers = false }),
			[]turn{{"PATCH /Groups/g1 " + patchOp + `[{"op":"remove","path":"members[value eq \"1\"]"}]}`, 204, ""}}},
		{"more than a batch",
			walkme.MembersUpdate{Add: []walkme.Member{{ID: "1"}, {ID: "2"}, {ID: "3"}}},
			wire(func(w *walkme.Wire) { w.MemberBatch = 2 }),
			[]turn{{"PATCH /Groups/g1 " + patchOp + `[{"op":"add","path":"members","value":[{"value":"1"},{"value":"2"}]}]}`, 204, ""},
				{"PATCH /Groups/g1 " + patchOp + `[{"op":"add","path":"members","value":[{"value":"3"}]}]}`, 204, ""}}},
		{"nothing to do", walkme.MembersUpdate{}, walkme.DefaultWire(), nil},
		{"whole list, with the foreign member",
			walkme.MembersUpdate{Add: []walkme.Member{{ID: "3"}}, Remove: []walkme.Member{{ID: "1"}}, Managed: []walkme.Member{{ID: "2"}, {ID: "3"}}},
			wire(func(w *walkme.Wire) { w.MembershipUpdates = walkme.Replace }),
			[]turn{{"GET /Groups/g1", 200, groupSchemas + `"id":"g1","displayName":"Editors","members":[{"value":"1"},{"value":"foreign"},{"value":"2"}]}`},
				{"PATCH /Groups/g1 " + patchOp + `[{"op":"replace","path":"members","value":[{"value":"foreign"},{"value":"2"},{"value":"3"}]}]}`, 204, ""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{Wire: tt.wire}, tt.turns...)
			tt.u.GroupID = "g1"
			if _, err := c.UpdateMembers(t.Context(), tt.u); err != nil {
				t.Error(err)
			}
		})
	}
}

// Okta's sample of 293 bytes, and members whom we do not manage.
func TestUpdateMembersByPut(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	const bob, pete = "978dc5c3d4aa4014a3678e9d30ef093a", "54c76a50f48c42e38c10f350f8e6055e"
	sent := groupSchemas + `"id":"` + id + `","displayName":"SCIM_test1","members":[` +
		`{"value":"` + bob + `","display":"bob@ad.oktatest.com"},{"value":"` + pete + `","display":"pete@ad.oktatest.com"}]}`
	if len(sent) != 293 {
		t.Fatalf("the PUT has %d bytes, want 293", len(sent))
	}
	managed := []walkme.Member{{ID: bob, Display: "bob@ad.oktatest.com"}, {ID: pete, Display: "pete@ad.oktatest.com"}}
	c, _ := converse(t, walkme.Config{Profile: walkme.AIW},
		turn{"GET /Groups/" + id, 200, groupSchemas + `"id":"` + id + `","displayName":"SCIM_test1","members":null}`},
		turn{"PUT /Groups/" + id + " " + sent, 200, sent},
		turn{"GET /Groups/" + id, 200, groupSchemas + `"id":"` + id + `","displayName":"SCIM_test1","members":[{"value":"foreign","$ref":"../Users/foreign"},{"value":"` + bob + `"}],"systems":[7]}`},
		turn{"PUT /Groups/" + id + " " + groupSchemas + `"id":"` + id + `","displayName":"SCIM_test1","members":[{"value":"foreign","$ref":"../Users/foreign"}],"systems":[7]}`, 204, ""})
	r, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: id, Name: "SCIM_test1", Add: managed[1:], Managed: managed})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Seen {
		t.Errorf("UpdateMembers() = %+v", r)
	}
	if _, err := c.UpdateMembers(t.Context(), walkme.MembersUpdate{GroupID: id, Name: "SCIM_test1", Remove: managed[:1]}); err != nil {
		t.Error(err)
	}
}

func TestReplaceMembers(t *testing.T) {
	two := []walkme.Member{
		{ID: "23a35c27-23d3-4c03-b4c5-6443c09e7173", Display: "test.user@okta.local"},
		{ID: "89bb1940-b905-4575-9e7f-6f887cfb368e", Display: "test.user@okta.local"},
	}
	const twoJSON = `[{"value":"23a35c27-23d3-4c03-b4c5-6443c09e7173","display":"test.user@okta.local"},{"value":"89bb1940-b905-4575-9e7f-6f887cfb368e","display":"test.user@okta.local"}]`
	c, _ := converse(t, walkme.Config{},
		turn{"PATCH /Groups/g1 " + patchOp + `[{"op":"replace","path":"members","value":` + twoJSON + `}]}`, 204, ""},
		turn{"PATCH /Groups/g1 " + patchOp + `[{"op":"replace","path":"members","value":[]}]}`, 204, ""})
	for _, members := range [][]walkme.Member{two, nil} {
		if _, err := c.ReplaceMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Managed: members}); err != nil {
			t.Error(err)
		}
	}
	c, _ = converse(t, walkme.Config{Profile: walkme.AIW},
		turn{"GET /Groups/g1", 200, groupSchemas + `"id":"g1","displayName":"Editors","members":[{"value":"foreign"}]}`},
		turn{"PUT /Groups/g1 " + groupSchemas + `"id":"g1","displayName":"Editors","members":` + twoJSON + `}`, 200,
			groupSchemas + `"id":"g1","displayName":"Editors","members":` + twoJSON + `}`})
	r, err := c.ReplaceMembers(t.Context(), walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Managed: two})
	if err != nil || !r.Seen {
		t.Errorf("ReplaceMembers() = %+v, %v", r, err)
	}
}

// A server that is to get deltas alone is sent all of ours once more in a full push, and
// the removal of every other member. AIW knows no deltas.
func TestReplaceMembersByDelta(t *testing.T) {
	const shown = groupSchemas + `"id":"g1","displayName":"Editors","members":[{"value":"1"},{"value":"x"}]}`
	delta := wire(func(w *walkme.Wire) { w.MembershipUpdates = walkme.Delta })
	push := walkme.MembersUpdate{GroupID: "g1", Name: "Editors", Managed: members("1", "2")}
	linked := push
	linked.Linked = true
	for _, tt := range []struct {
		name    string
		profile walkme.Profile
		push    walkme.MembersUpdate
		turns   []turn
		err     string
	}{
		{"the members", walkme.OIN, push, []turn{{"GET /Groups/g1", 200, shown}, {"PATCH /Groups/g1 " + patchOp +
			`[{"op":"remove","path":"members[value eq \"x\"]"},{"op":"add","path":"members","value":[{"value":"1"},{"value":"2"}]}]}`, 204, ""}}, ""},
		{"of a linked group", walkme.OIN, linked, []turn{{"GET /Groups/g1", 200, shown}, {"PATCH /Groups/g1 " + patchOp +
			`[{"op":"remove","path":"members[value eq \"x\"]"},{"op":"add","path":"members","value":[{"value":"1"},{"value":"2"}]}]}`, 204, ""}}, ""},
		{"of a linked group without shown members", walkme.OIN, linked, []turn{{"GET /Groups/g1", 200, groupSchemas + `"id":"g1","displayName":"Editors","members":[]}`},
			{"GET /Groups?" + firstPage, 200, noHits}}, "shows no member of any group"},
		{"the group cannot be read", walkme.OIN, push, []turn{{"GET /Groups/g1", 500, ""}}, "Internal Server Error"},
		{"AIW", walkme.AIW, push, []turn{{"GET /Groups/g1", 200, shown},
			{"PUT /Groups/g1 " + groupSchemas + `"id":"g1","displayName":"Editors","members":[{"value":"1"},{"value":"2"}]}`, 204, ""}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{Profile: tt.profile, Wire: delta}, tt.turns...)
			_, err := c.ReplaceMembers(t.Context(), tt.push)
			if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("ReplaceMembers() = %v, want %q", err, tt.err)
			}
		})
	}
}

func TestDeleteGroup(t *testing.T) {
	c, _ := converse(t, walkme.Config{}, turn{"DELETE /Groups/g1", 204, ""}, turn{"DELETE /Groups/g1", 200, `{}`},
		turn{"DELETE /Groups/g1", 404, notFound})
	for _, want := range []walkme.Effect{walkme.Done, walkme.Done, walkme.Refused} {
		if err := c.DeleteGroup(t.Context(), "g1"); walkme.Outcome(err) != want {
			t.Errorf("DeleteGroup() = %v, want %s", err, want)
		}
	}
}
