package walkmetest

import (
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

func (ex *exchange) createUser() answer {
	doc, bad := ex.readUser()
	if bad == nil && ex.q.RequirePassword && ex.body.text("password") == "" {
		bad = refuse(http.StatusBadRequest, invalidValue, "password is required.")
	}
	if bad == nil && ex.q.RequireEmail && firstEmail(doc) == "" {
		bad = refuse(http.StatusBadRequest, invalidValue, "emails is required.")
	}
	if bad != nil {
		return ex.refused(bad)
	}
	name := doc.text("userName")
	ex.policeCreate(createdBefore(ex.t.users.named(name, ex.q.NamesFolded)), "userName", name)
	if !doc.has("active") || ex.q.ActiveNotWritable {
		doc.set("active", true)
	}
	if !doc.has(roleKey) {
		doc.set(roleKey, DefaultRole)
	}
	if ex.userTaken(doc, nil) {
		return ex.fail(http.StatusConflict, uniqueness, "A user with this userName exists already.")
	}
	u := &userRecord{doc: doc, password: ex.body.text("password"), byClient: true}
	ex.t.addUser(u, "")
	ex.t.invitations++
	if ex.unsure {
		u.pardon(1)
	}
	if ex.q.CreatedWithoutID && strings.ContainsAny(name, `+(&\`) {
		u.lost = true
		return ex.createdWithoutID("Users", ex.userView(u))
	}
	reply := ex.resource(http.StatusCreated, ex.userView(u))
	ex.locate(&reply, "Users", u.id)
	return reply
}

// addUser stores a user that has no id yet, or the id that is given.
func (t *Tenant) addUser(u *userRecord, id string) {
	if id == "" {
		id = t.users.newID(t, "User", u.label())
	}
	u.stamp.id = id
	u.created = t.opts.Now()
	u.modified = u.created
	t.users.add(u)
}

func createdBefore(same []*userRecord) bool {
	for _, u := range same {
		if u.byClient {
			return true
		}
	}
	return false
}

// userTaken says whether the name of doc belongs to a user other than u.
func (ex *exchange) userTaken(doc object, u *userRecord) bool {
	name := doc.text("userName")
	if ex.q.UniqueByEmail {
		email := firstEmail(doc)
		return len(keep(ex.t.users.order, func(o *userRecord) bool {
			return o != u && email != "" && strings.EqualFold(firstEmail(o.doc), email)
		})) > 0
	}
	if ex.t.users.stale[scim.NameKey(name)] {
		return true
	}
	for _, o := range ex.t.users.named(name, ex.q.NamesFolded) {
		if o != u && (!ex.q.DuplicateDifferingCase || o.label() == name) {
			return true
		}
	}
	return false
}

func (ex *exchange) putUser(u *userRecord) answer {
	doc, bad := ex.readUser()
	if bad == nil && ex.q.RequireExternalID && doc.text("externalId") == "" {
		bad = refuse(http.StatusBadRequest, invalidValue, "externalId is required.")
	}
	ex.policePut(ex.userView(u))
	if bad != nil {
		return ex.refused(bad)
	}
	ex.completePut(u, &doc)
	reply := ex.commitUser(u, doc, ex.body.text("password"))
	if ex.q.PutAnswerOmitsActive && reply.status == http.StatusOK {
		view := ex.userView(u)
		view.delete("active")
		return ex.resource(http.StatusOK, view)
	}
	return reply
}

// completePut gives the attributes that a PUT left out their value.
func (ex *exchange) completePut(u *userRecord, doc *object) {
	if !ex.q.PutClearsOmitted {
		for _, f := range u.doc {
			if f.key != roleKey && f.key != "active" && !ex.body.has(f.key) {
				doc.set(f.key, cloneValue(f.value))
			}
		}
	}
	if !doc.has(roleKey) || ex.q.PutResetsRole {
		doc.set(roleKey, DefaultRole)
	}
	switch {
	case ex.q.ActiveNotWritable:
		doc.set("active", u.doc.get("active"))
	case doc.has("active"):
	case ex.q.PutWithoutActiveDeactivates:
		doc.set("active", false)
	default:
		doc.set("active", u.doc.get("active"))
	}
}

func (ex *exchange) patchUser(u *userRecord) answer {
	ops, bad := ex.readPatch()
	if bad != nil {
		return ex.refused(bad)
	}
	doc, password := u.doc.clone(), ""
	for _, op := range ops {
		if bad := ex.patchUserOp(&doc, &password, op); bad != nil {
			return ex.refused(bad)
		}
	}
	settlePrimary(u.doc, doc)
	doc, bad = ex.checkUser(doc)
	if bad != nil {
		return ex.refused(bad)
	}
	reply := ex.commitUser(u, doc, password)
	if reply.status == http.StatusOK && ex.q.Patch204 {
		return ex.succeed(http.StatusNoContent, nil)
	}
	return reply
}

func (ex *exchange) patchUserOp(doc *object, password *string, op patchOp) *refusal {
	values, _ := op.value.(object)
	if op.path == "" && ex.q.PathlessActive400 && values.has("active") {
		return refuse(http.StatusBadRequest, noTarget, "A path is required.")
	}
	secret, isText := op.value.(string)
	if op.path == "" && values.has("password") {
		secret, isText = values.get("password").(string)
		values = values.clone()
		values.delete("password")
		op.value = values
	} else if !strings.EqualFold(op.path, "password") {
		return op.apply(doc, ex.q.PartialNameWipes)
	}
	if ex.q.PasswordPatch400 || !isText {
		return refuse(http.StatusBadRequest, invalidPath, "password cannot be changed.")
	}
	*password = secret
	if op.path != "" || len(values) == 0 {
		return nil
	}
	return op.apply(doc, ex.q.PartialNameWipes)
}

// commitUser replaces the attributes of a user, or refuses for the name's sake.
func (ex *exchange) commitUser(u *userRecord, doc object, password string) answer {
	status := http.StatusOK
	if ex.userTaken(doc, u) {
		switch {
		case ex.q.PutTakenNameAccepted:
		case ex.q.PutTakenNameAppliedBut500:
			status = http.StatusInternalServerError
			ex.t.users.stale[scim.NameKey(u.label())] = true
		default:
			return ex.fail(http.StatusConflict, uniqueness, "A user with this userName exists already.")
		}
	}
	changed := password != "" || !equalValue(u.doc, doc)
	reactivated := !u.active() && doc.get("active") == true
	ex.policeUserWrite(u, changed, reactivated)
	old := u.label()
	u.doc = doc
	if password != "" {
		u.password = password
	}
	if changed {
		u.modified = ex.t.opts.Now()
	}
	if u.label() != old {
		ex.t.users.unindex(u, old)
		ex.t.users.index(u)
	}
	if status != http.StatusOK {
		return ex.fail(status, "", "Internal error.")
	}
	return ex.resource(status, ex.userView(u))
}
