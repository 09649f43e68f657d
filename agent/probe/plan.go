package probe

import (
	"net/http"

	"okta-walkme-agent/internal/scim"
)

// planChecks are the cases of Okta's manual test plan (okta-scim-test-plan-v2.xlsx)
// that a program can do, under their own numbers. They speak the first dialect of the
// run. What concerns Okta alone (suspension, which sends nothing; features that are off)
// asks nothing of a server and is not here.
func planChecks() []Check {
	list := planUserChecks()
	list = append(list, planGroupChecks()...)
	for i := range list {
		list[i].Level, list[i].Writes = Required, list[i].Writes || list[i].ID != "plan.C9303" && list[i].ID != "plan.C9338"
		list[i].Source = "manual plan " + list[i].Source
	}
	return list
}

func planUserChecks() []Check {
	return []Check{
		{ID: "plan.C9290", Source: "C9290, C9336", Title: "a new person with the four basic attributes is created",
			Okta: "The person gets no account.", Task: taskCreate, Remedy: "demand no more than userName, both names and an e-mail address", run: planCreate},
		{ID: "plan.C9334", Source: "C9334", Title: "a new person with a display name, title, phone and locale is created, and shows the basic attributes",
			Okta: "The person gets no account.", Task: taskCreate, Remedy: "ignore what you do not store", run: planCreateFull},
		{ID: "plan.C9335", Source: "C9335", Title: "a person whom the server knows already is linked and updated, not made a second time",
			Okta: "A second account, or a conflict that only an admin can solve.", Task: taskUpdate, Remedy: "let the look-up find accounts that Okta did not make, and a PUT set their externalId", run: planLink},
		{ID: "plan.C9291", Source: "C9291, C9309, C9310", Title: "a changed attribute arrives, and one that was not there before",
			Okta: "Changes in Okta do not reach the server.", Task: taskUpdate, Remedy: "let a PUT change and add attributes", run: planUpdate},
		{ID: "plan.C9337", Source: "C9337", Title: "emptied values cause no error",
			Okta: "The whole update is refused, for all attributes.", Task: taskUpdate, Remedy: `take "" and an empty list as no value`, Switch: "walkme.wire.cleared_value", run: planEmpty},
		{ID: "plan.C9292", Source: "C9292, C9294, C9311", Title: "a deactivated or unassigned person is inactive on the server",
			Okta: "Leavers keep their access.", Task: taskDeactivate, Remedy: "deactivate on active false", run: planDeactivate},
		{ID: "plan.C9293", Source: "C9293", Title: "a returner gets the same account, active again",
			Okta: "A second account, or none.", Task: taskActivate, Remedy: "find inactive accounts by userName; keep ids", run: planReturn},
		{ID: "plan.C9307", Source: "C9307", Title: "several people who are assigned through a group are all created",
			Okta: "Some of the group's people get no account.", Task: taskCreate, Remedy: "take creates that come together", run: planMany},
		{ID: "plan.C9303", Source: "C9303, C9304", Title: "an import of people counts everybody once",
			Okta: "Okta's import counts people twice, or loses some.", Remedy: "page with startIndex and count in an order that stays", run: planImport},
		{ID: "plan.C9338", Source: "C9338", Title: "an import of groups counts every group once",
			Okta: "Okta's import counts groups twice, or loses some.", Remedy: "page with startIndex and count in an order that stays", run: planImportGroups},
	}
}

func planGroupChecks() []Check {
	return []Check{
		{ID: "plan.C9312", Source: "C9312", Title: "a pushed group is created with its members, after Okta's second write",
			Okta: "The group on the server has not the members of the one in Okta.", Task: taskMembers, Remedy: "take the members of the POST, and once more right after it", run: planPush},
		{ID: "plan.C9317", Source: "C9317", Title: "an empty group is created", Okta: "The push ends in error.", Task: taskGroup, Remedy: "take a group without members", run: planPushEmpty},
		{ID: "plan.C9313", Source: "C9313, C9315", Title: "linking a group with renaming: the name changes, the old members stay, the new ones join, no second group",
			Okta: "The link loses people, or makes a group beside the old one.", Task: taskMembers, Remedy: "change the name alone, and add members to those that are there", run: planLinkRename},
		{ID: "plan.C9314", Source: "C9314, C9330", Title: "linking a group without renaming leaves the name and the old members",
			Okta: "The link loses people.", Task: taskMembers, Remedy: "add members to those that are there", run: planLinkGroup},
		{ID: "plan.C9316", Source: "C9316", Title: "Push Now makes the membership exactly Okta's",
			Okta: "Push Now repairs nothing.", Task: taskMembers, Remedy: "let replace of members, and PUT, set the whole list", run: planPushNow},
		{ID: "plan.C9332", Source: "C9332", Title: "a member who joins in Okta is in the group", Okta: "People miss what the group gives them.", Task: taskMembers, Remedy: "take add of members", run: planJoin},
		{ID: "plan.C9333", Source: "C9333", Title: "a member who leaves in Okta is out of the group", Okta: "People keep what the group gives them.", Task: taskMembers, Remedy: `take remove members[value eq "…"]`, run: planLeave},
		{ID: "plan.C9318", Source: "C9318, C9327", Title: "unlinked with deletion: the group is gone, its accounts are not",
			Okta: "The group stays, or people lose their accounts.", Task: "Unable to delete group", Remedy: "delete the group alone", run: planUnlinkDelete},
		{ID: "plan.C9321", Source: "C9321, C9322, C9331", Title: "unlinked and left, then linked again: everybody is still in it, once",
			Okta: "People drop out when the group is linked again.", Task: taskMembers, Remedy: "ignore an add of somebody who is a member", run: planLinkAgain},
		{ID: "plan.C9320", Source: "C9319, C9320, C9328, C9329", Title: "a paused push that goes on: the changes of the pause arrive at once",
			Okta: "What changed during the pause is lost.", Task: taskMembers, Remedy: "take several changes in one PATCH", run: planResume},
		{ID: "plan.C9323", Source: "C9323 to C9326", Title: "groups of a rule: each is pushed, and deleted with the rule", Okta: "Some groups of the rule are not pushed, or stay.", Task: taskGroup, Remedy: "take several groups one after the other", run: planRule},
	}
}

func planCreate(t *trial) {
	a := account{want: t.person("plan-basic")}
	want := a.want
	want.Attributes = scim.NewAttributes([]scim.Attribute{
		{Path: scim.PathUserName, Value: want.Name()}, {Path: pathGiven, Value: "Probe"}, {Path: pathFamily, Value: "Person"},
		{Path: pathEmail, Value: t.emailOf(want.Name())},
	})
	u, err := t.client().CreateUser(t.ctx, want)
	if t.called(err, "the POST") {
		if o := t.read(resource("/Users", u.ID)); o != nil {
			t.shows(o, want)
		}
	}
}

func planCreateFull(t *trial) {
	a := account{want: t.person("plan-full")}
	want := a.with("title", "Prober", "locale", "en-US", "phoneNumbers[primary eq true].value", "+15550101")
	u, err := t.client().CreateUser(t.ctx, want)
	if t.called(err, "the POST") {
		if o := t.read(resource("/Users", u.ID)); o != nil {
			t.shows(o, want)
		}
	}
}

// planLink links an account that another program has made: without an externalId, under
// another name of the person.
func planLink(t *trial) {
	o, name := t.specMade("plan-known")
	if o == nil || o.id() == "" {
		return
	}
	want := t.personNamed(name)
	a := &account{id: o.id(), want: want}
	want = a.with(pathGiven, "Linked")
	u, err := t.client().FindUser(t.ctx, name)
	if err != nil {
		t.called(err, "the look-up")
		return
	}
	from := t.count()
	_, err = t.client().LinkUser(t.ctx, u, want)
	if !t.called(err, "the link") || !t.clean(from, "the link") {
		return
	}
	if o := t.read(a.path()); o != nil {
		t.shows(o, want)
	}
	t.found(a, name)
}

func planUpdate(t *trial) {
	a := t.account("plan-update")
	if a == nil {
		return
	}
	from := t.count()
	want := a.with(pathFamily, "Changed", "title", "Prober")
	if _, err := t.client().UpdateUser(t.ctx, a.id, want); t.called(err, "the update") && t.clean(from, "the update") {
		if o := t.read(a.path()); o != nil {
			t.shows(o, want)
		}
	}
}

func planDeactivate(t *trial) {
	if a := t.account("plan-leaver"); a != nil {
		t.deactivates(t.client(), a)
	}
}

func planReturn(t *trial) {
	if a := t.deactivated("plan-returner"); a != nil {
		t.returns(a, a.with(pathFamily, "Returned"))
	}
}

func planMany(t *trial) {
	for _, a := range t.accounts("plan-many", "plan-many", "plan-many") {
		t.found(a, a.name())
	}
}

func planImport(t *trial)       { _, _ = t.imports("/Users") }
func planImportGroups(t *trial) { _, _ = t.imports("/Groups") }

// mostPages bounds what an import of the probe reads of a big server.
const mostPages = 20

// imports reads a list as Okta's import does, in pages of 100, and fails when an account
// comes twice, or when it ends before totalResults. It returns the ids that came, and
// whether that was all that Okta would read.
func (t *trial) imports(endpoint string) (seen map[string]bool, whole bool) {
	if endpoint == "/Groups" && !t.hasGroups() {
		t.skip("the server has no groups (see spec.groups)")
		return nil, false
	}
	seen = map[string]bool{}
	for page := range mostPages {
		list := t.page(endpoint, 1+100*page, 100)
		if list == nil {
			return seen, false
		}
		entries := list.entries("Resources")
		for _, o := range entries {
			if !t.expect(!seen[o.id()], "id %s comes twice", o.id()) {
				return seen, false
			}
			seen[o.id()] = true
		}
		total, counted := number(list.get("totalResults"))
		if counted && total <= len(seen) || len(entries) == 0 {
			return seen, t.expect(!counted || total <= len(seen), "totalResults is %d, and the pages that Okta asks for have %d", total, len(seen))
		}
	}
	t.note("the first %d were read", mostPages*100)
	return seen, false
}

func (t *trial) planGroup(slug string, inside, all int) (*group, []*account) {
	return t.stage("plan-"+slug, inside, all)
}

func planPush(t *trial) {
	people := t.pool(3)
	if people == nil {
		return
	}
	t.learnEcho(people)
	if !t.hasGroups() {
		t.skip("the server has no groups (see spec.groups)")
		return
	}
	made, err := t.client().CreateGroup(t.ctx, t.label("plan-push"), membersOf(people))
	if t.called(err, "the POST") {
		t.changes(t.client(), &group{made.ID, made.DisplayName}, people, nil, people)
	}
}

func planPushEmpty(t *trial) {
	if !t.hasGroups() {
		t.skip("the server has no groups (see spec.groups)")
		return
	}
	made, err := t.client().CreateGroup(t.ctx, t.label("plan-empty"), nil)
	if t.called(err, "the POST") {
		t.inside(&group{made.ID, made.DisplayName})
	}
}

func planLinkRename(t *trial) {
	g, people := t.planGroup("link", 2, 3)
	if g == nil {
		return
	}
	found, err := t.client().FindGroup(t.ctx, g.name)
	if !t.called(err, "the look-up") || !t.expect(found.ID == g.id, "the look-up finds id %q, created was %q", found.ID, g.id) {
		return
	}
	if t.renames(t.client(), g, people[:2]) {
		t.changes(t.client(), g, people[2:], nil, people)
	}
}

func planLinkGroup(t *trial) {
	g, people := t.planGroup("link-name", 2, 3)
	if g == nil || !t.changes(t.client(), g, people[2:], nil, people) {
		return
	}
	if o := t.read(g.path()); o != nil {
		t.expect(o.text("displayName") == g.name, "displayName is %s, it was %q", spelledText(o.text("displayName")), g.name)
	}
}

func planPushNow(t *trial) {
	if g, people := t.planGroup("now", 2, 3); g != nil {
		t.pushes(t.client(), g, people[2:])
	}
}

func planJoin(t *trial) {
	if g, people := t.planGroup("join", 1, 2); g != nil {
		t.changes(t.client(), g, people[1:], nil, people)
	}
}

func planLeave(t *trial) {
	if g, people := t.planGroup("leave", 2, 2); g != nil {
		t.changes(t.client(), g, nil, people[1:], people[:1])
	}
}

func planUnlinkDelete(t *trial) {
	g, member := t.doomed("plan-unlink")
	if g == nil || !t.called(t.client().DeleteGroup(t.ctx, g.id), "DELETE") {
		return
	}
	t.expect(t.get(g.path()).Status == http.StatusNotFound, "GET of the deleted group %s", t.last().answered())
	t.read(member.path())
}

func planLinkAgain(t *trial) {
	g, people := t.planGroup("again", 2, 2)
	if g != nil {
		t.changes(t.client(), g, people, nil, people)
	}
}

func planResume(t *trial) {
	g, people := t.planGroup("pause", 2, 4)
	if g != nil {
		t.changes(t.client(), g, people[2:], people[:1], people[1:])
	}
}

func planRule(t *trial) {
	var groups []*group
	for range 2 {
		g, _ := t.doomed("plan-rule")
		if g == nil {
			return
		}
		groups = append(groups, g)
	}
	for _, g := range groups {
		if t.called(t.client().DeleteGroup(t.ctx, g.id), "DELETE") {
			t.expect(t.get(g.path()).Status == http.StatusNotFound, "GET of the deleted group %s", t.last().answered())
		}
	}
}
