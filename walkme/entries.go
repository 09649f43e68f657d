package walkme

import (
	"encoding/json"
	"fmt"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// layEntries writes the values of one multi-valued attribute, such as emails.
// Values with the same filter make one entry.
func (l overlay) layEntries(o *object, name string, values []mapped) {
	shown := parseObjects(o.get(name))
	if l.changedOnly && alreadyShown(shown, values) {
		return
	}
	var result []object
	if l.multiValued == Merge {
		result = slices.Clone(shown)
	}
	for _, entry := range parts(values, filterOf) {
		at := slices.IndexFunc(shown, entry[0].selects)
		laid := l.layEntry(shown, at, entry)
		switch {
		case l.multiValued != Merge || at < 0:
			if laid != nil {
				result = append(result, laid)
			}
		default:
			result[at] = laid
		}
	}
	result = slices.DeleteFunc(result, func(e object) bool { return e == nil })
	if len(result) == 0 {
		l.clear(o, name)
		return
	}
	texts := make([]json.RawMessage, len(result))
	for i, e := range result {
		texts[i] = e.text()
	}
	o.put(name, array(texts))
}

// layEntry returns one entry with its values laid over it, nil if none of them
// says more than what kind of entry it is. Replacing keeps of the shown entry
// nothing but the order of its keys.
func (l overlay) layEntry(shown []object, at int, values []mapped) object {
	if !slices.ContainsFunc(values, mapped.significant) {
		if l.cleared == ClearOmit && at >= 0 {
			return shown[at]
		}
		return nil
	}
	var entry object
	if at >= 0 {
		entry = shown[at].clone()
	}
	ours := withFilter(values)
	if l.multiValued != Merge {
		if l.cleared != ClearOmit {
			ours = slices.DeleteFunc(ours, mapped.unassigned)
		}
		entry = slices.DeleteFunc(entry, func(m member) bool {
			return !slices.ContainsFunc(ours, func(v mapped) bool { return v.Sub == m.key })
		})
	}
	l.layComplex(&entry, ours, ofEntry)
	return entry
}

// withFilter adds what the filter demands to the values of an entry.
func withFilter(values []mapped) []mapped {
	filter := mapped{Path: values[0].Path, value: values[0].FilterValue}
	filter.Sub = filter.FilterAttr
	all := slices.DeleteFunc(slices.Clone(values), func(m mapped) bool { return m.Sub == filter.Sub })
	all = append(all, filter)
	slices.SortStableFunc(all, func(a, b mapped) int { return compareNames(a.Sub, b.Sub) })
	return all
}

// significant tells whether a value makes an entry worth having. A type without
// an address says nothing.
func (m mapped) significant() bool {
	return !m.unassigned() && m.Sub != "type" && m.Sub != "primary" && m.Sub != "display"
}

func filterOf(m mapped) string { return fmt.Sprint(m.FilterAttr, " eq ", m.FilterValue) }

// selects tells whether an entry is the one that the path's filter means.
// Booleans may be strings.
func (m mapped) selects(entry object) bool { return selects(m.Path, entry) }

func selects(p scim.Path, entry object) bool {
	if want, ok := p.FilterValue.(bool); ok {
		got := entry.boolean(p.FilterAttr)
		return got != nil && *got == want
	}
	return decode(entry.get(p.FilterAttr)) == p.FilterValue
}

// alreadyShown tells whether a server's entries have all these values.
func alreadyShown(shown []object, values []mapped) bool {
	for _, m := range values {
		at := slices.IndexFunc(shown, m.selects)
		if at < 0 {
			if m.unassigned() {
				continue
			}
			return false
		}
		if !scim.Equal(decode(shown[at].get(m.Sub)), m.value) {
			return false
		}
	}
	return true
}
