package probe

import (
	"okta-walkme-agent/walkme"
)

// wireGroupChecks are Okta's requests about groups, in one dialect.
func wireGroupChecks(d walkme.Profile) []Check {
	how, lives := "PATCH", "push_groups.membership_updates: replace"
	second, rename, push := "walkme.wire.second_group_write: never", "walkme.wire.pathless_rename: false", "push_groups.membership_updates: delta"
	if d == walkme.AIW {
		how, lives, second, rename, push = "GET and PUT of the whole list", "", "", "", ""
	}
	list := []Check{
		{
			ID: "group-create", Level: Required, Writes: true, Source: "Okta, SCIM 2.0 reference, Create a group; manual plan C9312", Title: "POST of a group with its members answers 201 with an id",
			Okta: "The group's push ends in error; nothing of it is sent until an admin retries.", Task: taskGroup, Remedy: "take displayName and members in one POST; answer 201 with the group", run: wireGroupCreate,
		}, {
			ID: "group-members-shown", Level: Recommended, Writes: true, Source: "Okta, Retrieve a group", Title: "a group shows its members",
			Okta: "Okta works from its own record and does not notice; nobody can tell what the server has.", Remedy: "show members in GET /Groups/{id}", run: wireMembersShown,
		}, {
			ID: "group-members-of-post", Level: Recommended, Writes: true, Source: "Okta blog 2021-09-01; seen on public SCIM servers", Title: "the members that came with the POST are in the group",
			Okta: "Okta's second write brings them in; other clients send none.", Remedy: "store the members of a POST", run: wireMembersOfPost,
		}, {
			ID: "group-second-write", Level: Required, Writes: true, Source: "Okta blog 2021-09-01, flask-scim-server", Title: "the same members again, right after the POST: no error, everybody in the group once",
			Okta: "The push ends in error, or members are there twice and a removal takes away one of the two.", Task: taskMembers, Remedy: "ignore an add of somebody who is a member", Switch: second, run: wireSecondWrite,
		}, {
			ID: "group-lookup", Level: Required, Writes: true, Source: "Okta, FAQ 2026: a look-up before every create", Title: "the look-up by displayName finds the group that was just made, and no other",
			Okta: "The next push makes a second group, or ends in 409.", Task: taskGroup, Remedy: `let displayName eq "…" find the group at once`, run: wireGroupLookup,
		}, {
			ID: "group-first-member", Level: Required, Writes: true, Source: "manual plan C9317; seen on public SCIM servers", Title: "a group that was made empty takes its first member",
			Okta: "Groups that are empty when they are pushed stay empty.", Task: taskMembers, Remedy: "store an empty list of members as one, not as null", Switch: lives, run: wireFirstMember,
		}, {
			ID: "group-add-remove", Level: Required, Writes: true, Source: "Okta, Update group membership; manual plan C9332, C9333", Title: "who leaves and who joins, in one " + how + ": exactly that happens",
			Okta: "Memberships on the server drift from those in Okta, without a message where the answer says success.", Task: taskMembers, Remedy: `take remove members[value eq "…"] and add members in one PATCH, and the whole list in a PUT`, Switch: lives, run: wireAddRemove,
		}, {
			ID: "group-remove", Level: Required, Writes: true, Source: "Okta, Update group membership; manual plan C9333", Title: "a member who leaves is out of the group",
			Okta: "People keep what the group gives them.", Task: taskMembers, Remedy: `take remove members[value eq "…"]; let a PUT replace the list`, Switch: lives, run: wireRemove,
		}, {
			ID: "group-add-present", Level: Required, Writes: true, Source: "seen on public SCIM servers", Title: "adding somebody who is a member is harmless",
			Okta: "A retried push fails for ever, or members are there twice.", Task: taskMembers, Remedy: "ignore an add of somebody who is a member", Switch: lives, run: wireAddPresent,
		}, {
			ID: "group-remove-absent", Level: Required, Writes: true, Source: "seen on public SCIM servers", Title: "removing somebody who is no member is harmless",
			Okta: "A retried push fails for ever.", Task: taskMembers, Remedy: "answer a removal of nobody as a success", Switch: lives, run: wireRemoveAbsent,
		}, {
			ID: "group-rename", Level: Required, Writes: true, Source: "Okta, Update a group name; langwatch/langwatch#7131", Title: "a rename as Okta writes it, with the id beside the name: the name changes, the members stay",
			Okta: "Okta sends the rename along with every change of membership: it fails, or empties the group.", Task: taskMembers, Remedy: `take {"op":"replace","value":{"id":"…","displayName":"…"}} without a path; leave members alone when it names none`, Switch: rename, run: wireGroupRename,
		}, {
			ID: "group-push-now", Level: Required, Writes: true, Source: "Okta, Push Now; manual plan C9316", Title: "the full push makes the membership exactly the pushed list",
			Okta: "Push Now, Okta's repair, repairs nothing.", Task: taskMembers, Remedy: "let replace of members, and PUT, set the whole list", Switch: push, run: wirePushNow,
		}, {
			ID: "group-push-now-empty", Level: Required, Writes: true, Source: "Captain-P-Goldfish/SCIM-SDK#757; manual plan C9316", Title: "the full push of nobody empties the group",
			Okta: "The last members of an emptied group stay in it.", Task: taskMembers, Remedy: "take an empty list of members", run: wirePushNobody,
		}, {
			ID: "group-unknown-member", Level: Recommended, Writes: true, Source: "fleetdm/fleet#52600; seen on public SCIM servers", Title: "a member who does not exist is dropped or refused with 400, is not stored, and costs nobody else the membership",
			Okta: "After a refusal the whole push is in error; after a 404 Okta takes the group for gone.", Task: taskMembers, Remedy: "drop members who do not exist, or answer 400 with their ids", run: wireUnknownMember,
		}, {
			ID: "group-overlap", Level: Recommended, Writes: true, Source: "fleetdm/fleet#50724", Title: "writes of members that overlap lose nobody",
			Okta: "Okta sends changes of a group as they come: members get lost in bursts.", Task: taskMembers, Remedy: "apply a change of members in one transaction, never read, change and write", run: wireOverlap,
		}, {
			ID: "group-delete", Level: Required, Writes: true, Source: "Okta, Delete a group; manual plan C9318, C9327", Title: "DELETE of a group removes it, and no account",
			Okta: "Unlinking with deletion fails; the group stays.", Task: "Unable to delete group", Remedy: "answer DELETE /Groups/{id} with 204, then GET with 404", run: wireGroupDelete,
		},
	}
	if d == walkme.AIW {
		list = append(list, Check{
			ID: "group-same-name", Level: Required, Writes: true, Source: "lightdash/lightdash#15035", Title: "a PUT of a group with the name that it has is no conflict",
			Okta: "Every change of membership is answered 409, and the push is in error.", Task: taskMembers, Remedy: "do not compare a group's name with its own", run: wireSameName,
		})
	}
	return list
}

// pool are accounts that all checks of groups share, and none changes.
func (t *trial) pool(n int) []*account {
	for len(t.session.members) < n {
		a := t.account("member")
		if a == nil {
			return nil
		}
		t.session.members = append(t.session.members, a)
	}
	return t.session.members[:n]
}

// stage is a group with its members, for a check to work with; nil (and the check
// skipped) when there is none to be had.
func (t *trial) stage(slug string, inside, all int) (*group, []*account) {
	people := t.pool(all)
	if people == nil {
		return nil, nil
	}
	t.learnEcho(people)
	g := t.group(slug, people[:inside]...)
	if g == nil {
		return nil, nil
	}
	return g, people
}

// learnEcho finds out, once, whether the server shows members at all: without that
// nothing can be said about what its writes do.
func (t *trial) learnEcho(people []*account) {
	if t.echoes != unknown || !t.hasGroups() || len(people) == 0 {
		return
	}
	g, err := t.client().CreateGroup(t.ctx, t.label("echo"), membersOf(people[:1]))
	if err != nil {
		return
	}
	path := resource("/Groups", g.ID)
	for _, write := range []func(){
		func() {},
		func() { t.patch(path, patchBody(addOf(people[0]))) },
		func() { t.patch(path, patchBody(replaceOf(people[0]))) },
		func() { t.put(path, groupBody(g.ID, g.DisplayName, people[0])) },
	} {
		write()
		if len(t.get(path).object().members()) > 0 {
			t.echoes = yes
			return
		}
	}
	t.echoes = no
}

// inside fails unless exactly these are in the group, each once. Where the server shows
// no members it says nothing.
func (t *trial) inside(g *group, want ...*account) bool {
	got := t.membersOf(g)
	switch {
	case got == nil:
		t.fail("GET of the group %s", t.last().answered())
		return false
	case t.echoes != yes:
		t.note("the server shows no members, so that the effect cannot be seen")
		return true
	}
	return t.exactly(got, want)
}

func (t *trial) exactly(got []string, want []*account) bool {
	seen := map[string]int{}
	for _, id := range got {
		seen[id]++
	}
	fine := true
	for _, a := range want {
		switch n := seen[a.id]; {
		case n == 0:
			t.fail("%s is not in the group", a.name())
			fine = false
		case n > 1:
			t.fail("%s is in the group %d times", a.name(), n)
			fine = false
		}
		delete(seen, a.id)
	}
	if len(seen) > 0 {
		t.fail("%s in the group who should not be", counted(len(seen), "member is", "members are"))
		fine = false
	}
	return fine
}

// update is a change of membership.
func (g *group) update(add, remove, managed []*account) walkme.MembersUpdate {
	return walkme.MembersUpdate{GroupID: g.id, Name: g.name, Add: membersOf(add), Remove: membersOf(remove), Managed: membersOf(managed)}
}

// changes makes a change of membership as Okta does, and fails unless it is taken and
// seen.
func (t *trial) changes(c *walkme.Client, g *group, add, remove, after []*account) bool {
	from := t.count()
	_, err := c.UpdateMembers(t.ctx, g.update(add, remove, after))
	if !t.called(err, "the change of members") || !t.clean(from, "the change of members") {
		return false
	}
	return t.inside(g, after...)
}

// otherMembership finds out whether the server takes whole lists where it does not take
// changes, or PUT where it does not take PATCH. Each way gets a group of its own, with
// those inside: the one that failed may be damaged.
func (t *trial) otherMembership(inside, add, remove, after []*account) {
	if t.dialect == walkme.AIW {
		t.switchTo = ""
		return
	}
	findings, decisive, notes, why := t.findings, t.decisive, t.notes, t.why
	try := func(c *walkme.Client) bool {
		g := t.group("other", inside...)
		return g != nil && t.changes(c, g, add, remove, after)
	}
	whole := t.livesWith(func(w *walkme.Wire) { w.MembershipUpdates = walkme.Replace }, try)
	byPut := !whole && try(t.clients[walkme.AIW])
	t.findings, t.decisive, t.notes, t.why = findings, decisive, notes, why
	switch {
	case whole:
		t.advise("push_groups.membership_updates", "replace")
	case byPut:
		t.switchTo = "walkme.wire_profile: aiw"
		t.advice.profile = walkme.AIW
	default:
		t.switchTo = ""
		t.never("memberships cannot be changed, neither by PATCH nor by PUT")
	}
}
