package walkmetest

import (
	"slices"
	"strings"
)

// State is the whole tenant as text, sorted, without what differs from run to
// run: ids are replaced by names, and meta, passwords and invitations are left
// out. Two tenants in the same state have the same text.
//
// Each user is a line "user NAME", each group a line "group NAME"; under it, a
// line for each attribute (two blanks, path, compact JSON) and each member. A
// member that does not exist is shown by its id.
func (t *Tenant) State() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var blocks []string
	for _, u := range t.users.order {
		blocks = append(blocks, "user "+u.label()+"\n"+attributeLines(u.doc))
	}
	slices.Sort(blocks)
	var groups []string
	for _, g := range t.groups.order {
		groups = append(groups, "group "+g.label()+"\n"+attributeLines(g.doc)+t.memberLines(g))
	}
	slices.Sort(groups)
	return strings.Join(blocks, "") + strings.Join(groups, "")
}

func attributeLines(doc object) string {
	var lines []string
	for _, f := range doc {
		if parts, ok := f.value.(object); ok {
			for _, part := range parts {
				lines = append(lines, attributeLine(f.key+"."+part.key, part.value))
			}
			continue
		}
		lines = append(lines, attributeLine(f.key, f.value))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func attributeLine(path string, value any) string {
	return "  " + path + " " + string(encode(sortedKeys(value))) + "\n"
}

func sortedKeys(v any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for i, f := range v {
			out[i] = field{f.key, sortedKeys(f.value)}
		}
		slices.SortFunc(out, func(a, b field) int { return strings.Compare(a.key, b.key) })
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = sortedKeys(e)
		}
		return out
	}
	return v
}

func (t *Tenant) memberLines(g *groupRecord) string {
	var lines []string
	for _, id := range g.members {
		name := "(unknown) " + id
		if u := t.users.byID[id]; u != nil {
			name = u.label()
		}
		lines = append(lines, "  member "+name+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
