package report_test

import (
	"fmt"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
)

// now is the reader's clock in the golden files, two minutes after the read.
func now() time.Time { return time.Date(2026, 3, 2, 10, 17, 0, 0, time.UTC) }

// basePlan is a plan without changes.
func basePlan() *plan.Plan {
	p := &plan.Plan{
		Schema: plan.Schema, ID: "9d3c1f04a7b2e6d8", CreatedAt: now().Add(-time.Minute),
		App:    plan.AppRef{ID: "0oa1b2c3d4e5f6g7h8i9", Label: "WalkMe"},
		Target: "https://papi.walkme.com/deepui/api/scim/v2", WireProfile: "oin",
		Source: plan.Source{
			TakenAt: now().Add(-2 * time.Minute), Users: 1204, Groups: 14,
			Digest: "sha256:5f2b1c0e9a8d7c6b5f2b1c0e9a8d7c6b5f2b1c0e9a8d7c6b5f2b1c0e9a8d7c6b",
		},
		StateGeneration: 41,
		Health:          plan.Health{Verdict: plan.Healthy},
		People:          map[string]string{},
	}
	p.Summary.Unchanged = 1218
	return p
}

// finish orders, counts and limits the plan as the agent does.
func finish(p *plan.Plan) *plan.Plan {
	limits := plan.Limits{
		Deactivations:  plan.Limit{Count: 20, Percent: 10},
		MemberRemovals: plan.Limit{Count: 2},
	}
	limits.Hold(p, plan.HoldInput{Managed: plan.Counts{Users: 1190, Groups: 12, Members: 800}})
	return p
}

func userID(n int) string  { return fmt.Sprintf("00u%017d", n) }
func groupID(n int) string { return fmt.Sprintf("00g%017d", n) }

func user(a plan.Action, n int, name, reason string, attributes ...scim.AttributeChange) *plan.Change {
	c := &plan.Change{
		Type: scim.User, Action: a, OktaID: userID(n), Name: name, Attributes: attributes, Cause: plan.CauseOkta, Reason: plan.Reason{reason},
	}
	if a != plan.Create {
		c.WalkMeID = fmt.Sprintf("wm-%d", n)
	}
	return c
}

func group(a plan.Action, n int, name, reason string, members plan.MemberChange) *plan.Change {
	c := &plan.Change{
		Type: scim.Group, Action: a, OktaID: groupID(n), Name: name, Members: members, Cause: plan.CauseOkta, Reason: plan.Reason{reason},
	}
	if a != plan.GroupCreate {
		c.WalkMeID = fmt.Sprintf("wmg-%d", n)
	}
	return c
}

func set(path string, v any) scim.AttributeChange {
	return scim.AttributeChange{Path: path, New: v}
}

func changed(path string, old, v any) scim.AttributeChange {
	return scim.AttributeChange{Path: path, Old: old, New: v}
}

func drifted(path string, pushed, actual any) scim.AttributeChange {
	return scim.AttributeChange{Path: path, Old: pushed, New: pushed, Actual: actual}
}

func person(userName, given, family string) []scim.AttributeChange {
	return []scim.AttributeChange{set("name.familyName", family), set("name.givenName", given), set("userName", userName)}
}

// linked is a profile of an account that WalkMe has under another given name.
func linked(userName, before, given, family string) []scim.AttributeChange {
	return []scim.AttributeChange{changed("name.familyName", family, family), changed("name.givenName", before, given), changed("userName", userName, userName)}
}

func because(c *plan.Change, cause plan.Cause) *plan.Change {
	c.Cause = cause
	return c
}

// richPlan has every action, every cause and every kind of obstacle.
func richPlan() *plan.Plan {
	p := basePlan()
	p.Summary.Unchanged = 1187
	for n, who := range map[int]string{1: "ann@example.com", 2: "björn@example.com", 3: "chloé@example.com",
		5: "eve@example.com", 21: "uma@example.com", 22: "victor@example.com", 23: "wen@example.com"} {
		p.People[userID(n)] = who
	}
	p.Changes = append(userChanges(), groupChanges()...)
	p.Changes = append(p.Changes, blockedChanges()...)
	p.Rejected = []plan.Rejection{
		{Type: scim.User, OktaID: userID(31), Name: "robot", Path: "userName", Error: `"robot" is not an e-mail address, which WalkMe asks for`},
		{Type: scim.User, OktaID: userID(32), Name: "sam@example.com", Path: "userName", Error: "two people map to this userName: " + userID(32) + " and " + userID(33)},
		{Type: scim.Group, OktaID: groupID(9), Name: "WalkMe Beta", Path: "members", Error: "Okta let us read only a part of the members: HTTP 403"},
	}
	p.Unmanaged = &plan.Unmanaged{Users: 12, Groups: 1}
	p.Health = plan.Health{
		Verdict:     plan.Degraded,
		Reasons:     []string{"rule name starts with walkme-: Okta answered 500"},
		DoubtGroups: "rule name starts with walkme- could not be resolved: Okta answered 500",
	}
	return finish(p)
}

// refreshPlan is one of a server that shows neither every member nor every value.
func refreshPlan() *plan.Plan {
	p := basePlan()
	p.Unmanaged = &plan.Unmanaged{Users: 12, Groups: 1}
	p.Strangers = []plan.Strangers{{OktaID: groupID(2), WalkMeID: "g-2", Name: "Editors", Members: []plan.Stranger{
		{WalkMeID: "u-90", Name: "kim@example.com"}, {WalkMeID: "u-91"},
	}}}
	p.NoteNotShown(scim.Group, groupID(1), plan.PathMembers)
	p.NoteNotShown(scim.Group, groupID(3), plan.PathMembers)
	p.NoteNotShown(scim.User, userID(1), "title", "department")
	p.NoteNotShown(scim.User, userID(2), "title")
	return finish(p)
}

func userChanges() []*plan.Change {
	ambiguous := user(plan.Create, 4, "dora@example.com", "assigned in Okta", person("dora@example.com", "Dora", "Dean")...)
	ambiguous.Error = "WalkMe has 2 accounts of this userName"
	failed := user(plan.Update, 8, "hana@example.com", "title changed in Okta; failed once: HTTP 500", changed("title", "Engineer", nil))
	return []*plan.Change{
		user(plan.Create, 1, "ann@example.com", "assigned in Okta through group 00g00000000000000001", person("ann@example.com", "Ann", "Archer")...),
		user(plan.Create, 2, "björn@example.com", "assigned in Okta", person("björn@example.com", "Björn", "Åkesson")...),
		ambiguous,
		user(plan.Link, 3, "chloé@example.com", "assigned in Okta; WalkMe has an account of this name", linked("chloé@example.com", "Chloe", "Chloé", "Dubois")...),
		user(plan.Reactivate, 5, "eve@example.com", "assigned in Okta", changed("name.familyName", "Stone", "Stone-Field")),
		user(plan.Update, 6, "frank@example.com", "userName, active changed in Okta",
			changed("userName", "francis@example.com", "frank@example.com"),
			changed("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", int64(4711), int64(4712)),
			changed("roles", []any{"viewer"}, []any{"editor", "viewer"})),
		because(user(plan.Update, 7, "grace@example.com", "mapping of name.givenName changed", changed("name.givenName", "Grace", "Grace B.")), plan.CauseMapping),
		because(failed, plan.CauseFailed),
		because(user(plan.Update, 9, "ivan@example.com", "changed in WalkMe", drifted("name.givenName", "Ivan", "Iwan"), drifted("title", "Lead", nil)), plan.CauseDrift),
		because(user(plan.Update, 10, "judy@example.com", "a resync asks for it", changed("name.givenName", "Judy", "Judy")), plan.CauseForced),
		user(plan.Deactivate, 11, "karl@example.com", "no longer assigned in Okta"),
		user(plan.Deactivate, 12, "lena@example.com", "deactivated in Okta"),
	}
}

func groupChanges() []*plan.Change {
	created := group(plan.GroupCreate, 1, "WalkMe Editors", "pushed by rule name starts with WalkMe", plan.MemberChange{Add: []string{userID(1), userID(2)}})
	created.Attributes = []scim.AttributeChange{set("displayName", "WalkMe Editors")}
	linked := group(plan.GroupLink, 2, "Admins", "pushed by name Admins; WalkMe has a group of this name", plan.MemberChange{Add: []string{userID(5)}})
	linked.Attributes = []scim.AttributeChange{set("displayName", "Admins")}
	renamed := group(plan.GroupRename, 3, "WalkMe Germany", "renamed in Okta", plan.MemberChange{})
	renamed.Attributes = []scim.AttributeChange{changed("displayName", "WalkMe DE", "WalkMe Germany")}
	unlinked := group(plan.GroupUnlink, 7, "WalkMe Pilot", "no longer pushed; the WalkMe group stays", plan.MemberChange{})
	doubted := group(plan.GroupUnlink, 8, "walkme-ops", "no longer pushed; the WalkMe group stays", plan.MemberChange{})
	doubted.BlockBy(plan.Block{Kind: plan.BlockUnconfirmed, Detail: "rule name starts with walkme- could not be resolved: Okta answered 500"})
	return []*plan.Change{
		created, linked, renamed, unlinked, doubted,
		group(plan.GroupMembers, 4, "WalkMe Support", "membership changed in Okta", plan.MemberChange{
			Add: []string{userID(3)}, Remove: []string{userID(21), userID(22), userID(23)},
		}),
		group(plan.GroupDelete, 6, "WalkMe Old", "no longer pushed", plan.MemberChange{}),
	}
}

func blockedChanges() []*plan.Change {
	off := user(plan.Update, 41, "mia@example.com", "title changed in Okta", changed("title", nil, "Lead"))
	off.BlockBy(plan.Block{Kind: plan.BlockDisabled, Detail: "provisioning.update_user_attributes"})
	next := now().Add(34 * time.Minute)
	waits := because(user(plan.Create, 42, "nils@example.com", "assigned in Okta; failed 3 times: HTTP 409", person("nils@example.com", "Nils", "Holm")...), plan.CauseFailed)
	waits.BlockBy(plan.Block{Kind: plan.BlockWaiting, Detail: "HTTP 409", Until: &next})
	doubted := user(plan.Deactivate, 43, "olga@example.com", "no longer assigned in Okta")
	doubted.BlockBy(plan.Block{Kind: plan.BlockUnconfirmed, Detail: "Okta's list does not hold the assignment, but Okta still knows it"})
	return []*plan.Change{off, waits, doubted}
}

// leaversPlan is a Monday on which too many people seem to have left.
func leaversPlan() *plan.Plan {
	p := basePlan()
	p.Summary.Unchanged = 1100
	for n := range 25 {
		p.Changes = append(p.Changes, user(plan.Deactivate, n, fmt.Sprintf("leaver%02d@example.com", n), "no longer assigned in Okta"))
	}
	return finish(p)
}

// mappingPlan is the plan after an edit of two expressions.
func mappingPlan(people int) *plan.Plan {
	p := basePlan()
	p.Summary.Unchanged = 792
	for n := range people {
		name := fmt.Sprintf("person%03d@example.com", n)
		attributes := []scim.AttributeChange{changed("name.givenName", fmt.Sprintf("Given %d", n), fmt.Sprintf("GIVEN %d", n))}
		reason := "mapping of name.givenName changed"
		if n%40 == 7 {
			attributes = append(attributes, changed("title", nil, "Engineer"))
			reason = "mapping of name.givenName, title changed"
		}
		p.Changes = append(p.Changes, because(user(plan.Update, n, name, reason, attributes...), plan.CauseMapping))
	}
	p.Rejected = []plan.Rejection{
		{Type: scim.User, OktaID: userID(900), Name: "robot@example.com", Path: "name.givenName", Error: "String.toUpperCase: user.firstName has no value", Cause: plan.CauseMapping},
	}
	p.Unmapped = []plan.Unmapped{{Path: "nickName", People: 31}}
	return finish(p)
}

// bigPlan has n changes of the common kinds, and a group of n members.
func bigPlan(n int) *plan.Plan {
	p := basePlan()
	kinds := []plan.Action{plan.Create, plan.Update, plan.Link, plan.Update}
	for i := range n - 1 {
		name := fmt.Sprintf("person%05d@example.com", i)
		p.People[userID(i)] = name
		p.Changes = append(p.Changes, user(kinds[i%len(kinds)], i, name, "assigned in Okta through group 00g1", person(name, "Given", "Family")...))
	}
	members := plan.MemberChange{}
	for i := range min(n, 500) {
		members.Add = append(members.Add, userID(i))
	}
	p.Changes = append(p.Changes, group(plan.GroupCreate, 1, "Everyone", "pushed by name Everyone", members))
	return finish(p)
}

// ranReport is the rich plan after a run in which two changes failed and one was
// not reached.
func ranReport() *agent.Report {
	r := &agent.Report{Plan: *richPlan(), Run: agent.RunReport{
		Schema: agent.RunSchema, ID: "01957a3c-8d2e-7b1f-9c4d-5e6f7a8b9c0d", Trigger: "sync", OktaRequests: 9,
		StartedAt: now().Add(-70 * time.Second), FinishedAt: now().Add(-57700 * time.Millisecond), Outcome: agent.RunHeld,
	}}
	for _, c := range r.Changes {
		act(c)
		r.Run.Planned++
		*map[plan.Outcome]*int{
			plan.Applied: &r.Run.Applied, plan.Failed: &r.Run.Failed, plan.Held: &r.Run.Held, plan.Skipped: &r.Run.Skipped,
		}[c.Outcome]++
	}
	r.Run.Rejected = len(r.Rejected)
	return r
}

func act(c *plan.Change) {
	c.Outcome = plan.Applied
	switch {
	case c.Block.IsHeld():
		c.Outcome = plan.Held
	case c.Blocked():
		c.Outcome = plan.Skipped
	case c.Name == "dora@example.com":
		c.Outcome = plan.Failed
	case c.Name == "frank@example.com":
		c.Outcome, c.Error, c.HTTPStatus = plan.Failed, "WalkMe: PUT /Users: 409 uniqueness: userName is taken", 409
	case c.Name == "WalkMe Pilot":
		c.Outcome, c.Error = plan.Skipped, "the run was stopped"
	}
}

// brokenReport is a run that failed before there was a plan.
func brokenReport() *agent.Report {
	return &agent.Report{Run: agent.RunReport{
		Schema: agent.RunSchema, ID: "01957a3c-8d2e-7b1f-9c4d-5e6f7a8b9c0e", Trigger: "schedule",
		StartedAt: now().Add(-70 * time.Second), FinishedAt: now().Add(-68 * time.Second),
		Outcome: agent.RunFailed, Error: "okta: list assignments of app 0oa1b2c3d4e5f6g7h8i9: HTTP 401 E0000011 Invalid token provided",
	}}
}

// settledReport is a run after one that was killed. It has nothing else to do.
func settledReport() *agent.Report {
	r := quietReport()
	r.Settled = []apply.Settlement{
		{Type: scim.User, OktaID: userID(1), Name: "ann@example.com", Action: plan.Create, Outcome: "applied",
			Sentence: "WalkMe had made the account; it is recorded"},
		{Type: scim.User, OktaID: userID(2), Name: "björn@example.com", Action: plan.Deactivate, Outcome: "abandoned",
			Sentence: "the account is still active; planned again"},
		{Type: scim.Group, OktaID: groupID(3), Name: "WalkMe Editors", Action: plan.GroupMembers, Outcome: "pending",
			Sentence: "the outcome of its last request is unknown: walkme: read group: Bad Gateway"},
	}
	return r
}

// refusedReport is a run whose credentials were refused while it created people.
func refusedReport() *agent.Report {
	const failure = "look-up of the userName: walkme: find user: Unauthorized. Errors reported by remote server: The credential is not valid."
	const why = "WalkMe refuses the credentials: " + failure
	r := &agent.Report{Plan: *bigPlan(40), Run: quietReport().Run}
	r.Run.Outcome, r.Run.Error = agent.RunFailed, why
	for i, c := range r.Changes {
		c.Outcome, c.Error = plan.Skipped, "not tried: "+why
		switch {
		case i < 16:
			c.Outcome, c.Error, c.HTTPStatus = plan.Failed, failure, 401
		case i == 16:
			c.Outcome, c.Error, c.HTTPStatus = plan.Failed, "walkme: create user: Conflict", 409
		}
	}
	return r
}

// advised are options with an advice for every failure.
func advised() report.Options {
	return report.Options{Width: 100, Now: now(), Advise: func(*plan.Change) (report.Advice, bool) {
		return report.Advice{Cause: "WalkMe does not accept the credentials", Remedy: "copy them again"}, true
	}}
}

// quietReport is a run that had nothing to do.
func quietReport() *agent.Report {
	return &agent.Report{Plan: *finish(basePlan()), Run: agent.RunReport{
		Schema: agent.RunSchema, ID: "01957a3c-8d2e-7b1f-9c4d-5e6f7a8b9c0f", Trigger: "schedule",
		StartedAt: now().Add(-2 * time.Minute), FinishedAt: now().Add(-119700 * time.Millisecond), Outcome: agent.RunDone,
	}}
}
