package probe

import (
	"strconv"
	"sync"

	"okta-walkme-agent/walkme"
)

// crowdSize is how many accounts the checks of pages and batches share: one more than
// a page of Okta's, with those that are there before.
const (
	crowdSize = 101
	crowdWays = 8 // that are sent at once
)

func quirkCrowdChecks() []Check {
	return []Check{
		{ID: "quirks.burst", Level: Required, Writes: true, Source: "devforum.okta.com 33791; SCIM provisioning standards, bursts", Title: "a burst of creates, eight at once, makes every account",
			Okta: "Assigning a big group leaves people without an account.", Task: taskCreate, Remedy: "take requests that come together; make the check of a name and its insert one transaction", run: burst},
		{ID: "quirks.pages", Level: Required, Writes: true, Source: "Okta, FAQ, Pagination", Title: "pages of 100 bring everybody once",
			Okta: "Okta's import counts people twice, or loses some.", Remedy: "page in an order that stays, such as by the time of creation and the id", run: pages},
		{ID: "quirks.page-size", Level: Recommended, Writes: true, Source: "Okta, SCIM 2.0 reference, paging", Title: "a page has the 100 entries that were asked for",
			Okta: "By its reference Okta goes on with startIndex + 100: with shorter pages its import loses people.", Remedy: "allow pages of 100", run: pageSize},
		{ID: "quirks.group-batch", Level: Recommended, Writes: true, Source: "Okta, Custom Patch Batch Size, 100 to 1000; getsentry/sentry", Title: "100 members join in one PATCH, and leave in one of 100 operations",
			Okta: "The push of a big group ends in error.", Task: taskMembers, Remedy: "allow 1000 operations and members in one PATCH", Switch: "walkme.wire.member_batch", run: groupBatch},
		{ID: "quirks.group-big", Level: Recommended, Writes: true, Source: "Okta, Update group membership; FAQ", Title: "a group of 101 shows all of its members",
			Okta: "A PUT of what was shown throws out the others.", Remedy: "show every member", run: groupBig},
	}
}

// people are the crowd, made once; fewer than crowdSize where some could not be made.
func (t *trial) people() []*account {
	if t.session.crowd != nil {
		return t.session.crowd
	}
	if t.pool(1) == nil { // accounts can be made at all
		return nil
	}
	made := make([]*account, crowdSize)
	slots := make(chan struct{}, crowdWays)
	var all sync.WaitGroup
	for i := range made {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			want := t.person("crowd")
			if u, err := t.create(want); err == nil {
				made[i] = &account{id: u.ID, want: want}
			}
		})
	}
	all.Wait()
	t.session.crowd = []*account{}
	for _, a := range made {
		if a != nil {
			t.session.crowd = append(t.session.crowd, a)
		}
	}
	return t.session.crowd
}

func burst(t *trial) {
	people := t.people()
	if people == nil || !t.expect(len(people) == crowdSize, "%d of %d accounts were made", len(people), crowdSize) {
		if x := t.refused(); len(t.findings) > 0 {
			t.decisive = x
		}
		return
	}
	seen := map[string]bool{}
	for _, a := range people {
		if !t.expect(!seen[a.id], "two accounts have the id %q", a.id) {
			return
		}
		seen[a.id] = true
	}
}

// crowded is the crowd; nil (and the check skipped) when it is not whole.
func (t *trial) crowded() []*account {
	people := t.people()
	if len(people) < crowdSize {
		if t.why == "" {
			t.skip("it needs %d accounts (see quirks.burst)", crowdSize)
		}
		return nil
	}
	return people
}

func pages(t *trial) {
	people := t.crowded()
	if people == nil {
		return
	}
	seen, whole := t.imports("/Users")
	if !whole {
		return
	}
	missing := 0
	for _, a := range people {
		if !seen[a.id] {
			missing++
		}
	}
	t.expect(missing == 0, "the pages that Okta asks for lack %s of the %d that were just made", counted(missing, "account", "accounts"), len(people))
}

func pageSize(t *trial) {
	if t.crowded() == nil {
		return
	}
	if list := t.page("/Users", 1, 100); list != nil {
		n := len(list.list("Resources"))
		t.expect(n >= 100, "count=100 is answered with %d entries", n)
	}
}

// groupBatch finds out how many changes one PATCH may hold.
func groupBatch(t *trial) {
	if !t.speaks(walkme.OIN) {
		t.skip("the dialect aiw sends no PATCH")
		return
	}
	people := t.crowded()
	if people == nil {
		return
	}
	g := t.group("batch")
	if g == nil {
		return
	}
	people = people[:100]
	x := t.patch(g.path(), patchBody(addOf(people...)))
	if t.noPatch(x) {
		return
	}
	if !t.expect(x.ok(), "a PATCH that adds 100 members %s%s", x.answered(), detailOf(x)) {
		t.smallerBatch(g, people)
		return
	}
	t.inside(g, people...)
	x = t.patch(g.path(), removals(people))
	if !t.expect(x.ok(), "a PATCH of 100 operations %s%s", x.answered(), detailOf(x)) {
		t.smallerBatch(g, people)
		return
	}
	t.inside(g)
}

func removals(people []*account) string {
	body := ""
	for i, a := range people {
		if i > 0 {
			body += ","
		}
		body += `{"op":"remove","path":` + quoted(removeOf(a.id).Path) + `}`
	}
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + body + `]}`
}

// smallerBatch recommends the largest batch that is taken.
func (t *trial) smallerBatch(g *group, people []*account) {
	for _, n := range []int{50, 20, 10, 5, 1} {
		if t.patch(g.path(), removals(people[:n])).ok() && t.patch(g.path(), patchBody(addOf(people[:n]...))).ok() {
			t.advise("walkme.wire.member_batch", strconv.Itoa(n))
			return
		}
	}
	t.lost[t.check.ID] = true // not one at a time either
}

func groupBig(t *trial) {
	people := t.crowded()
	if people == nil {
		return
	}
	if t.echoes == no {
		t.skip("the server shows no members")
		return
	}
	g := t.group("big")
	if g == nil {
		return
	}
	x := t.put(g.path(), groupBody(g.id, g.name, people...))
	if !x.ok() {
		x = t.patch(g.path(), patchBody(replaceOf(people...)))
	}
	if t.expect(x.ok(), "the list of 101 members %s%s", x.answered(), detailOf(x)) {
		t.inside(g, people...)
	}
}
