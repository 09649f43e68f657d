package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// account is an account that the run made, as Okta would want it.
type account struct {
	id   string
	want scim.Resource
	made object // the answer to its POST
}

func (a *account) name() string { return a.want.Name() }

func (a *account) path() string { return resource("/Users", a.id) }

func (a *account) member() walkme.Member { return walkme.Member{ID: a.id, Display: a.name()} }

// with is the account's profile with other values, path by path.
func (a *account) with(pairs ...any) scim.Resource {
	want := a.want
	list := append([]scim.Attribute{}, want.Attributes...)
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, scim.Attribute{Path: pairs[i].(string), Value: pairs[i+1]})
	}
	want.Attributes = scim.NewAttributes(list)
	return want
}

const (
	pathGiven  = "name.givenName"
	pathFamily = "name.familyName"
	pathEmail  = "emails[primary eq true].value"
	pathType   = "emails[primary eq true].type"
	pathShow   = "displayName"
)

// person is an account as Okta would create it: the four base attributes, and the
// display name that Okta's template maps.
func (s *session) person(slug string) scim.Resource {
	return s.personNamed(s.userName(slug))
}

func (s *session) personNamed(userName string) scim.Resource {
	return s.personWith(userName, s.emailOf(userName))
}

// emailOf is an address that is one, whatever the user name looks like.
func (s *session) emailOf(userName string) string {
	local, _, _ := strings.Cut(userName, "@")
	clean := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '-' || r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return r
		}
		return '-'
	}, local)
	return clean + "@" + s.options.Domain
}

func (s *session) personWith(userName, email string) scim.Resource {
	digest := strings.TrimPrefix(s.run, s.options.Prefix+"-")
	return scim.Resource{
		Type: scim.User, SourceID: fmt.Sprintf("00u%spr0be%05d", digest, s.serial.Add(1)), Active: true,
		Attributes: scim.NewAttributes([]scim.Attribute{
			{Path: scim.PathUserName, Value: userName}, {Path: pathGiven, Value: "Probe"}, {Path: pathFamily, Value: "Person"},
			{Path: pathEmail, Value: email}, {Path: pathType, Value: "work"}, {Path: pathShow, Value: "Probe Person"},
		}),
	}
}

// maxRefusals is how many fixtures are tried, in a row, on a server that makes none.
const maxRefusals = 3

// account makes an account for a check to work with. It is nil when none could be
// made; the check is skipped then, because another one says why.
func (t *trial) account(slug string) *account {
	return t.accountOf(t.person(slug))
}

// accountOf is account for a certain person.
func (t *trial) accountOf(want scim.Resource) *account {
	if t.refusals >= maxRefusals {
		t.skip("it needs an account, and none can be made")
		return nil
	}
	if !t.options.AllowWrites {
		t.skip("it writes: --allow-writes runs it")
		return nil
	}
	from := t.count()
	u, err := t.create(want)
	if err != nil {
		t.refusals++
		t.skip("it needs an account, and its POST %s%s", t.last().answered(), reasonOf(err))
		return nil
	}
	t.refusals = 0
	sent := t.since(from)
	return &account{id: u.ID, want: want, made: sent[len(sent)-1].object()}
}

// accounts makes several.
func (t *trial) accounts(slugs ...string) []*account {
	list := make([]*account, len(slugs))
	for i, slug := range slugs {
		if list[i] = t.account(slug); list[i] == nil {
			return nil
		}
	}
	return list
}

// group is a group that the run made.
type group struct{ id, name string }

func (g *group) path() string { return resource("/Groups", g.id) }

// group makes a group for a check to work with, members written in whichever way the
// server takes. nil as for account.
func (t *trial) group(slug string, members ...*account) *group {
	return t.groupNamed(t.label(slug), members...)
}

func (t *trial) groupNamed(name string, members ...*account) *group {
	if !t.hasGroups() {
		t.skip("the server has no groups (see spec.groups)")
		return nil
	}
	g, err := t.client().CreateGroup(t.ctx, name, membersOf(members))
	if err != nil {
		t.skip("it needs a group, and its POST %s%s", t.last().answered(), reasonOf(err))
		return nil
	}
	out := &group{g.ID, name}
	if len(members) == 0 {
		return out
	}
	if shown := t.membersOf(out); shown != nil && len(shown) == 0 && t.echoes == yes {
		_, _ = t.client().UpdateMembers(t.ctx, walkme.MembersUpdate{ // the second write that Okta makes
			GroupID: g.ID, Name: name, Add: membersOf(members), Managed: membersOf(members),
		})
	}
	return out
}

func membersOf(accounts []*account) []walkme.Member {
	list := make([]walkme.Member, len(accounts))
	for i, a := range accounts {
		list[i] = a.member()
	}
	return list
}

// hasGroups tells whether the server has groups at all. It asks once.
func (t *trial) hasGroups() bool {
	if t.groups == unknown {
		x := t.get("/Groups?startIndex=1&count=100")
		t.groups = supported(x.ok())
	}
	return t.groups == yes
}

// membersOf reads who is in a group, in the server's order; nil when it cannot be read.
func (t *trial) membersOf(g *group) []string {
	x := t.get(g.path())
	if !x.ok() {
		return nil
	}
	ids := x.object().members()
	if len(ids) > 0 {
		t.echoes = yes
	}
	if ids == nil {
		ids = []string{}
	}
	return ids
}

// objectOf is the JSON object of an answer; nil, and the check failed, without.
func (t *trial) objectOf(x *Exchange, what string) object {
	switch {
	case !x.ok():
		t.fail("%s %s%s", what, x.answered(), detailOf(x))
		return nil
	case x.object() == nil:
		t.fail("%s %s, and the answer is not a JSON object", what, x.answered())
		return nil
	}
	return x.object()
}

// page asks for a page of a list; nil, and the check failed, when there is none.
func (t *trial) page(endpoint string, start, count int) object {
	return t.objectOf(t.get(pageOf(endpoint, start, count)), fmt.Sprintf("the list from %d", start))
}

// read reads a resource, and fails when there is none.
func (t *trial) read(path string) object {
	x := t.get(path)
	switch {
	case x.Status == http.StatusNotFound && t.justMade(path):
		t.fail("GET %s %s, although its POST was answered 201 a moment before", path, x.answered())
		t.remedy = "answer reads from where writes go: what was made has to be there at once"
		return nil
	case !x.ok():
		t.fail("GET %s %s%s", path, x.answered(), detailOf(x))
		return nil
	case x.object() == nil:
		t.fail("GET %s is not answered with a JSON object", path)
		return nil
	}
	return x.object()
}

// justMade tells whether the last write of this check was the POST that made a resource.
func (t *trial) justMade(path string) bool {
	for _, x := range slices.Backward(t.since(0)) {
		if x.Method != http.MethodGet {
			return x.Method == http.MethodPost && x.Status == http.StatusCreated && resource(x.Path, x.object().id()) == path
		}
	}
	return false
}

// hits looks a user name up as Okta does and returns those whose name is that one,
// whatever its case, and how many others came. It fails on an answer that is no list.
func (t *trial) hits(endpoint, attribute, value string) (hits []object, others int, fine bool) {
	x := t.get(filtered(endpoint, scim.FilterEq(attribute, value)))
	if x.Status == http.StatusNotFound {
		return nil, 0, true
	}
	if !x.ok() || !x.object().has("Resources") && !x.object().counts("totalResults", 0) {
		if x.ok() {
			t.fail("the look-up %s, and the answer is no list: it has no Resources", x.answered())
		} else {
			t.fail("the look-up %s%s", x.answered(), detailOf(x))
		}
		return nil, 0, false
	}
	for _, o := range x.object().entries("Resources") {
		if scim.SameName(o.text(attribute), value) {
			hits = append(hits, o)
		} else {
			others++
		}
	}
	return hits, others, true
}

// found looks an account up and fails unless exactly it is found.
func (t *trial) found(a *account, userName string) bool {
	hits, others, fine := t.hits("/Users", scim.PathUserName, userName)
	switch {
	case !fine:
		return false
	case len(hits) == 0 && others > 0:
		t.fail("the look-up of %q answers with %d others", userName, others)
		return false
	case len(hits) == 0:
		total, _ := number(t.last().object().get("totalResults"))
		if total > 0 {
			t.fail("the look-up of %q has no entry, although totalResults is %d", userName, total)
			t.remedy = "count startIndex from 1: startIndex=1 begins with the first entry"
			return false
		}
		t.fail("the look-up of %q finds nobody", userName)
		return false
	case len(hits)+others > 1:
		t.fail("the look-up of %q finds %d accounts", userName, len(hits)+others)
		return false
	}
	return t.expect(hits[0].id() == a.id, "the look-up of %q finds id %q, created was %q", userName, hits[0].id(), a.id)
}
