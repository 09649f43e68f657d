package walkmetest

import (
	"net/http"
	"slices"
	"strings"
)

// roster is the membership of one group while a request works on it.
type roster struct {
	ids        []string
	present    map[string]bool
	duplicates bool
	replaced   bool // the whole list was given
}

func newRoster(ex *exchange, g *groupRecord) *roster {
	ids := g.members
	if ex.q.LoseOverlappingWrites {
		ids = ex.basis
	}
	r := &roster{duplicates: ex.q.AddDuplicates}
	r.reset(ids)
	return r
}

func (r *roster) reset(ids []string) {
	r.ids = slices.Clone(ids)
	r.present = make(map[string]bool, len(ids))
	for _, id := range ids {
		r.present[id] = true
	}
}

func (r *roster) add(ids []string) {
	for _, id := range ids {
		if !r.present[id] || r.duplicates {
			r.ids = append(r.ids, id)
		}
		r.present[id] = true
	}
}

// append does not look who is there already.
func (r *roster) append(ids []string) {
	r.ids = append(r.ids, ids...)
	for _, id := range ids {
		r.present[id] = true
	}
}

func (r *roster) remove(ids []string) {
	for _, id := range ids {
		delete(r.present, id)
	}
	r.ids = slices.DeleteFunc(r.ids, func(id string) bool { return !r.present[id] })
}

// replace keeps the order of those who stay.
func (r *roster) replace(ids []string) {
	r.replaced = true
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	r.reset(keep(r.ids, func(id string) bool { return wanted[id] }))
	for _, id := range ids {
		if !r.present[id] {
			r.add([]string{id})
		}
	}
}

func (r *roster) result() []string { return r.ids }

// readMembers takes the ids out of a list of members, or of a single one.
func (ex *exchange) readMembers(v any) ([]string, *refusal) {
	var ids []string
	for _, e := range elements(v) {
		member, _ := e.(object)
		id := member.text("value")
		if id == "" {
			return nil, refuse(http.StatusBadRequest, invalidValue, "A member must be an object with a value.")
		}
		if ex.t.users.byID[id] == nil && !ex.isMember(id) {
			keepIt, bad := ex.unknownMember(id)
			if bad != nil {
				return nil, bad
			}
			if !keepIt {
				continue
			}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// isMember lets a client send back the ghost that it was shown.
func (ex *exchange) isMember(id string) bool {
	g := ex.group()
	return g != nil && slices.Contains(g.members, id)
}

func (ex *exchange) unknownMember(id string) (keepIt bool, bad *refusal) {
	status := http.StatusBadRequest
	switch ex.q.UnknownMember {
	case UnknownMemberStored:
		return true, nil
	case UnknownMemberDropped:
		return false, nil
	case UnknownMember404:
		status = http.StatusNotFound
	case UnknownMember500:
		return false, refuse(http.StatusInternalServerError, "", "Internal error.")
	}
	return false, refuse(status, invalidValue, "Member %s does not exist.", id)
}

func (ex *exchange) patchGroup(g *groupRecord) answer {
	ops, bad := ex.readPatch()
	if bad != nil {
		return ex.refused(bad)
	}
	if ex.q.MembersPatch501 && slices.ContainsFunc(ops, patchOp.touchesMembers) {
		return ex.fail(http.StatusNotImplemented, "", "PATCH of members is not supported.")
	}
	ex.policeBatch(ops)
	doc, r, routine := g.doc.clone(), newRoster(ex, g), true
	for _, op := range ops {
		expected, bad := ex.patchGroupOp(g, &doc, r, op)
		if bad != nil {
			return ex.refused(bad)
		}
		routine = routine && expected
	}
	doc, bad = checkGroup(doc)
	if bad != nil {
		return ex.refused(bad)
	}
	reply := ex.commitGroup(g, doc, r, routine)
	if reply.status == http.StatusOK && ex.q.Patch204 {
		return ex.succeed(http.StatusNoContent, nil)
	}
	return reply
}

// touchesMembers says whether an operation is about members, by its path or by its
// value.
func (op patchOp) touchesMembers() bool {
	if op.path == "" {
		value, _ := op.value.(object)
		return value.has("members")
	}
	name, _, _ := strings.Cut(op.path, "[")
	return strings.EqualFold(name, "members")
}

// patchGroupOp applies one operation. expected is true of the operations that
// Okta sends whether they change something or not: the rename with each
// membership update, and the full replace of "Push Now".
func (ex *exchange) patchGroupOp(g *groupRecord, doc *object, r *roster, op patchOp) (expected bool, bad *refusal) {
	if op.path != "" {
		if name, _, _ := strings.Cut(op.path, "["); strings.EqualFold(name, "members") {
			return op.op == opReplace, ex.patchMembers(g, r, op)
		}
		return strings.EqualFold(op.path, "displayName"), op.apply(doc, false)
	}
	values, ok := op.value.(object)
	if !ok {
		return false, op.apply(doc, false) // which refuses it
	}
	if id, given := values.get("id").(string); given && id != g.id {
		return false, refuse(http.StatusBadRequest, mutability, "id cannot be changed.")
	}
	if ex.q.RenameGroup500 && values.has("displayName") {
		return false, refuse(http.StatusInternalServerError, "", "Internal error.")
	}
	if values.has("members") {
		if bad := ex.pathlessMembers(r, op.op, values.get("members")); bad != nil {
			return false, bad
		}
		values = values.clone()
		values.delete("members")
	}
	op.value = values
	return op.op == opReplace, op.apply(doc, false)
}

// pathlessMembers handles members inside the value of an operation without a
// path.
func (ex *exchange) pathlessMembers(r *roster, op string, v any) *refusal {
	ids, bad := ex.readMembers(v)
	switch {
	case bad != nil:
		return bad
	case ex.q.MembersOnlyByAddRemove:
	case op == opReplace && ex.q.PathlessMembers400:
		return refuse(http.StatusBadRequest, noTarget, "A path is required.")
	case op == opReplace && ex.q.PatchReplaceMembersNoEffect:
	case op == opReplace && ex.q.ReplaceAddsDuplicates:
		r.append(ids)
	case op == opReplace && !ex.q.PathlessReplaceAppends:
		r.replace(ids)
	default:
		return ex.addMembers(r, ids)
	}
	return nil
}

// patchMembers handles the paths members and members[…].
func (ex *exchange) patchMembers(g *groupRecord, r *roster, op patchOp) *refusal {
	if g.nullMembers && op.op != opReplace {
		return refuse(http.StatusInternalServerError, "", "Internal error.")
	}
	if strings.Contains(op.path, "[") {
		return ex.removeByFilter(r, op)
	}
	ids, bad := ex.readMembersFor(op)
	if bad != nil {
		return bad
	}
	switch {
	case op.op == opAdd:
		return ex.addMembers(r, ids)
	case op.op == opReplace && ex.q.ReplaceAddsDuplicates:
		r.append(ids)
	case op.op == opReplace && !ex.q.MembersOnlyByAddRemove && !ex.q.PatchReplaceMembersNoEffect:
		r.replace(ids)
	case op.op == opRemove && op.hasValue:
		r.remove(ids)
	case op.op == opRemove && !ex.q.MembersOnlyByAddRemove && !ex.q.RemoveAllNoEffect:
		r.replace(nil)
	}
	return nil
}

// readMembersFor reads the value of an operation. Who is to be removed need
// not exist.
func (ex *exchange) readMembersFor(op patchOp) ([]string, *refusal) {
	if op.op != opRemove {
		return ex.readMembers(op.value)
	}
	var ids []string
	for _, e := range elements(op.value) {
		member, _ := e.(object)
		ids = append(ids, member.text("value"))
	}
	return ids, nil
}

func (ex *exchange) addMembers(r *roster, ids []string) *refusal {
	if ex.q.AddExisting409 && slices.ContainsFunc(ids, func(id string) bool { return r.present[id] }) {
		return refuse(http.StatusConflict, uniqueness, "This member is in the group already.")
	}
	r.add(ids)
	return nil
}

// removeByFilter handles Okta's remove of members[value eq "x"]. No member to
// remove is a success.
func (ex *exchange) removeByFilter(r *roster, op patchOp) *refusal {
	inner, ok := strings.CutSuffix(op.path[len("members["):], "]")
	if !ok || op.op != opRemove || ex.q.NoFilterInPath {
		return refuse(http.StatusBadRequest, invalidPath, "The path %s is not supported.", op.path)
	}
	f, bad := parseFilter(inner, standardCollation)
	if bad != nil {
		return bad
	}
	if ex.q.RemoveByFilterNoEffect {
		return nil
	}
	if f.eq && strings.EqualFold(f.attr, "value") {
		r.remove([]string{f.value})
		return nil
	}
	r.remove(keep(r.ids, func(id string) bool { return f.match(ex.memberView(id)) }))
	return nil
}
