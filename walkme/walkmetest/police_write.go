package walkmetest

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// policeCreate judges a POST of a name.
func (ex *exchange) policeCreate(before bool, attr, name string) {
	if before {
		ex.violate(RuleSecondCreate, "%s %q was created before", attr, name)
	}
}

// policePut compares the body of a PUT with what a GET would have shown.
func (ex *exchange) policePut(shown object) {
	if ex.body.has("password") && !shown.has("password") {
		ex.violate(RulePassword, "a PUT with a password")
	}
	for _, f := range shown {
		if ex.kind == "Groups" && (f.key == "id" || f.key == "meta") {
			continue
		}
		if !ex.body.has(f.key) {
			ex.violate(RuleDroppedKeys, "the PUT drops %s", f.key)
			continue
		}
		parts, ok := f.value.(object)
		sent, isObject := ex.body.get(f.key).(object)
		if !ok || !isObject {
			continue
		}
		for _, part := range parts {
			if !sent.has(part.key) {
				ex.violate(RuleDroppedKeys, "the PUT drops %s.%s", f.key, part.key)
			}
		}
	}
}

func (ex *exchange) policeProtected(protected bool) {
	if protected {
		ex.violate(RuleProtected, "%s is not the client's", ex.id)
	}
}

func (ex *exchange) policeUserWrite(u *userRecord, changed, reactivated bool) {
	ex.policeProtected(u.protected)
	if ex.rec.Method == http.MethodPatch && bytes.Contains(ex.rec.Body, []byte(`"password"`)) {
		ex.violate(RulePassword, "a PATCH of the password")
	}
	ex.policeNoChange(&u.stamp, changed, 1)
	if ex.unsure || reactivated {
		u.pardon(1)
	}
}

func (ex *exchange) policeGroupWrite(g *groupRecord, members []string, changed, routine bool) {
	ex.policeProtected(g.protected)
	ex.policeMembers(g.members, members)
	if !routine {
		ex.policeNoChange(&g.stamp, changed, max(1, ex.memberChanges()))
	}
	if ex.unsure {
		g.pardon(len(members) + 1)
	}
}

// memberChanges is the number of membership changes that the PATCH asks for.
func (ex *exchange) memberChanges() int {
	if ex.rec.Method != http.MethodPatch {
		return 1
	}
	ops, _ := ex.readPatch()
	return countMembers(ops)
}

// policeNoChange takes a repetition off the allowance, or convicts.
func (ex *exchange) policeNoChange(s *stamp, changed bool, size int) {
	if changed {
		return
	}
	if s.repeats > 0 {
		s.repeats -= min(size, s.repeats)
		return
	}
	ex.violate(RuleNoChange, "the write changes nothing")
}

// policeMembers protects the memberships of foreign users.
func (ex *exchange) policeMembers(before, after []string) {
	if slices.Equal(before, after) {
		return
	}
	was, is := make(map[string]bool), make(map[string]bool)
	for _, id := range before {
		was[id] = true
	}
	for _, id := range after {
		is[id] = true
	}
	for _, id := range slices.Concat(before, after) {
		if u := ex.t.users.byID[id]; u != nil && u.protected && was[id] != is[id] {
			ex.violate(RuleProtected, "the membership of %s is not the client's", id)
		}
	}
}

func (ex *exchange) policeBatch(ops []patchOp) {
	if n, limit := countMembers(ops), ex.t.opts.MaxBatch; n > limit {
		ex.violate(RuleBatch, "%d membership changes in one PATCH, %d allowed", n, limit)
	}
}

func countMembers(ops []patchOp) int {
	n := 0
	for _, op := range ops {
		name, _, filtered := strings.Cut(op.path, "[")
		switch {
		case op.op == opReplace || !strings.EqualFold(name, "members"):
		case filtered:
			n++
		default:
			n += len(elements(op.value))
		}
	}
	return n
}
