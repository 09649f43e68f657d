package probe

import (
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

func wireClear(t *trial) {
	a := t.accountOf(t.withTitle("cleared"))
	if a == nil || t.read(a.path()) == nil {
		return
	}
	if t.last().object().text("title") == "" {
		t.skip("the server does not show title")
		return
	}
	t.empties(emptying{account: a, values: []any{"title", nil}, seen: true})
}

func planEmpty(t *trial) {
	if a := t.accountOf(t.withTitle("plan-empty")); a != nil && t.read(a.path()) != nil {
		t.empties(emptying{account: a, values: []any{"title", nil, pathShow, nil}})
	}
}

func (t *trial) withTitle(slug string) scim.Resource {
	a := account{want: t.person(slug)}
	return a.with("title", "Prober")
}

// emptying is a change that empties values of an account, the title among them.
type emptying struct {
	account *account
	values  []any // as account.with takes them
	seen    bool  // the title has to be gone
}

// empties fails unless emptied values are taken, and gone where that is to be seen. It
// finds out which other form of them the server takes.
func (t *trial) empties(e emptying) {
	if _, fine := t.clears(t.client(), e); fine {
		return
	}
	taken := false
	for _, form := range []string{walkme.ClearNull, walkme.ClearOmit} {
		findings, decisive := t.findings, t.decisive
		works := t.livesWith(func(w *walkme.Wire) { w.ClearedValue = form }, func(c *walkme.Client) bool {
			var fine bool
			taken, fine = t.clears(c, e)
			return fine
		})
		t.findings, t.decisive = findings, decisive
		if works {
			t.advise("walkme.wire.cleared_value", form)
			return
		}
	}
	if taken { // left out, it harms nothing at least
		t.advice.set("walkme.wire.cleared_value", walkme.ClearOmit)
		t.never("values that are emptied in Okta stay on the server")
		return
	}
	t.lost[t.check.ID] = true // every update is refused, which another check says
}

// clears empties the values. It returns whether that was taken, and whether all is as it
// has to be then.
func (t *trial) clears(c *walkme.Client, e emptying) (taken, fine bool) {
	from := t.count()
	_, err := c.UpdateUser(t.ctx, e.account.id, e.account.with(e.values...))
	if !t.called(err, "the update") || !t.clean(from, "the update") {
		return false, false
	}
	if !e.seen {
		return true, true
	}
	o := t.read(e.account.path())
	return true, o != nil && t.expect(o.text("title") == "", "title is still %s", short(o.get("title")))
}
