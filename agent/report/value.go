package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
)

// none stands for an unassigned value.
const none = "(none)"

// value writes an attribute value: text in quotes, lists in brackets. Quotes and
// backslashes inside text are escaped, so that no text looks like two values.
func value(v any) string {
	switch v := v.(type) {
	case nil:
		return none
	case string:
		return `"` + strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), `"`, `\"`) + `"`
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = value(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// attributeLines are the attributes worth a line. Of a new user that leaves out
// the userName that stands above them as the name, and of a group its name.
func attributeLines(c *plan.Change) []scim.AttributeChange {
	out := make([]scim.AttributeChange, 0, len(c.Attributes))
	for _, a := range c.Attributes {
		named := a.Path == scim.PathUserName || a.Path == scim.PathDisplayName
		if !named || a.New != c.Name || showsOld(c, a) {
			out = append(out, a)
		}
	}
	return out
}

// showsOld is true where there was a value before. A new account has none; one that is
// linked, or pushed again, may hold the very value.
func showsOld(c *plan.Change, a scim.AttributeChange) bool {
	switch c.Action {
	case plan.Create, plan.GroupCreate:
		return false
	case plan.Link, plan.GroupLink:
		return a.Old != nil && !scim.Equal(a.Old, a.New)
	}
	return c.Cause != plan.CauseForced || a.Actual != nil || !scim.Equal(a.Old, a.New)
}

// before is the value that a change replaces. After a refresh that is what WalkMe
// shows; where a person has changed it there, note says what was pushed last.
func before(a scim.AttributeChange) (old any, note string) {
	if a.Actual == nil && !scim.Equal(a.Old, a.New) {
		return a.Old, ""
	}
	return a.Actual, "last pushed " + value(a.Old)
}

// name is what the reader knows the object by.
func name(s, oktaID string) string { return cmp.Or(s, oktaID) }

// memberNames are the names of Okta ids, sorted by name. Two people of one name
// are told apart by their ids.
func memberNames(ids []string, people map[string]string) []string {
	out := make([]string, len(ids))
	used := make(map[string]int, len(ids))
	for i, id := range ids {
		out[i] = name(people[id], id)
		used[out[i]]++
	}
	for i, id := range ids {
		if used[out[i]] > 1 {
			out[i] += " (" + id + ")"
		}
	}
	slices.Sort(out)
	return out
}

// cut shortens text to at most n characters and says that it did.
func cut(s string, n int, ellipsis string) string {
	shown, rest := cutText(s, n, ellipsis)
	return shown + rest
}

// cutText is cut in two parts, the text and the remark on what it lacks.
func cutText(s string, n int, ellipsis string) (shown, rest string) {
	runes := []rune(s)
	if len(runes) <= n {
		return s, ""
	}
	return string(runes[:n]), ellipsis + fmt.Sprintf(" (%s in all)", plural(len(runes), "character"))
}
