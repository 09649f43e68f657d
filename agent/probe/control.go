package probe

import (
	"errors"
	"net/http"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// create makes an account by Okta's POST; on a server that refuses what is Okta's own in
// it, which wire.create says, without that. Such a server has to answer for everything
// else, too.
func (t *trial) create(want scim.Resource) (*walkme.User, error) {
	known := support(t.posts.Load())
	if known == no {
		return t.plain.CreateUser(t.ctx, want)
	}
	u, err := t.client().CreateUser(t.ctx, want)
	var refused *scim.Error
	switch {
	case err == nil:
		t.posts.Store(int32(yes))
	case known == unknown && errors.As(err, &refused) && refused.Status/100 == 4 && refused.Status != http.StatusConflict:
		bare, bareErr := t.plain.CreateUser(t.ctx, want)
		if bareErr == nil {
			t.posts.Store(int32(no))
		}
		return bare, bareErr
	}
	return u, err
}

// control tries what has nothing of the check's own, and says nothing about it: where that
// fails, too, the fault is another one, and no switch for this one helps.
func (t *trial) control(works func() bool) bool {
	findings, decisive, notes, why := t.findings, t.decisive, t.notes, t.why
	defer func() { t.findings, t.decisive, t.notes, t.why = findings, decisive, notes, why }()
	return works()
}

// othersMade tells whether an account whose profile is nothing special can be made. Where
// none can, the check is skipped: another one says why.
func (t *trial) othersMade() bool {
	made := t.control(func() bool { return t.account("control") != nil })
	if !made {
		t.skip("no account can be made (see wire.%s.create)", t.dialect)
	}
	return made
}

// plainGroupFound is plainFound for groups.
func (t *trial) plainGroupFound() bool {
	return t.control(func() bool {
		g := t.group("control")
		if g == nil {
			return false
		}
		hits, _, fine := t.hits("/Groups", scim.PathDisplayName, g.name)
		return fine && len(hits) == 1
	})
}

// plainFound tells whether the look-up finds an account whose name is nothing special.
func (t *trial) plainFound() bool {
	return t.control(func() bool {
		people := t.pool(1)
		return people != nil && t.found(people[0], people[0].name())
	})
}
