package state

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"okta-walkme-agent/internal/scim"
)

// loader reads many records into little memory: texts lie in large blocks,
// texts that repeat exist once, attributes share their arrays.
type loader struct {
	text    strings.Builder   // the block that is being filled
	shared  map[string]string // attribute paths and digests
	ids     map[string]string // of members: most are in many groups
	name    string            // of the record under way: mostly one of its attributes, too
	block   []scim.Attribute  // room for attributes of the next records
	scratch []scim.Attribute
	row     rowText
}

// rowText receives the texts of a row as the driver made them.
type rowText struct {
	typ, sourceID, targetID, name, origin, sourceDigest, mappingDigest, lastError, failedChange, missing, attributes, members, doubtful string
	active, partial                                                                                                                     bool
}

const (
	textBlock      = 64 << 10 // bytes
	attributeBlock = 1 << 10  // attributes
	sharedIDs      = 1 << 16  // ids of members that exist once; more would take more room than they save
)

func newLoader() *loader {
	return &loader{shared: make(map[string]string), ids: make(map[string]string)}
}

// scan reads one row of recordColumns.
func (l *loader) scan(row scanner, r *Record) error {
	if err := l.scanInto(row, r, &l.row.members); err != nil {
		return err
	}
	r.Members = l.members(l.row.members)
	return nil
}

// scanInto reads one row of recordColumns, but for the text of its members, which goes there.
func (l *loader) scanInto(row scanner, r *Record, members any) error {
	t := &l.row
	err := row.Scan(&t.typ, &t.sourceID, &t.targetID, &t.active, &t.name, &t.origin, &t.sourceDigest, &t.mappingDigest,
		&r.Attempts, instant{&r.NextTry}, &t.lastError, &r.LastStatus, &t.failedChange, &t.missing, &t.partial, instant{&r.UpdatedAt}, &t.attributes, members, &t.doubtful)
	if err != nil {
		return err
	}
	r.Type = scim.Type(l.share(t.typ))
	r.Partial = t.partial
	r.LastError = l.keep(t.lastError)
	r.FailedChange = l.keep(t.failedChange)
	r.Missing = Missing(l.share(t.missing))
	r.Doubtful = splitIDs(t.doubtful)
	return l.common(r)
}

// members reads a list of ids.
func (l *loader) members(text string) []string {
	ids := splitIDs(text)
	for i, id := range ids {
		one, known := l.ids[id]
		switch {
		case known:
			ids[i] = one
		case len(l.ids) < sharedIDs:
			one = l.keep(id)
			l.ids[one], ids[i] = one, one
		}
	}
	return ids
}

// common sets what every record has, from the row.
func (l *loader) common(r *Record) (err error) {
	t := &l.row
	r.SourceID = l.keep(t.sourceID)
	r.ID = l.keep(t.targetID)
	r.Active = t.active
	l.name = l.keep(t.name)
	r.Name = l.name
	r.Origin = Origin(l.share(t.origin))
	r.SourceDigest = l.keep(t.sourceDigest)
	r.MappingDigest = l.share(t.mappingDigest)
	if r.Attributes, err = l.attributes(t.attributes); err != nil {
		return fmt.Errorf("record %s: %w", r.SourceID, err)
	}
	return nil
}

// share returns the one copy of a text that occurs in many records.
func (l *loader) share(s string) string {
	if one, ok := l.shared[s]; ok {
		return one
	}
	s = strings.Clone(s)
	l.shared[s] = s
	return s
}

// keep copies a text into the current block. What strings.Builder has handed
// out stays valid while it grows within its capacity.
func (l *loader) keep(s string) string {
	switch {
	case s == "":
		return ""
	case len(s) > textBlock/16:
		return strings.Clone(s)
	case l.text.Cap()-l.text.Len() < len(s):
		l.text = strings.Builder{}
		l.text.Grow(textBlock)
	}
	l.text.WriteString(s)
	return l.text.String()[l.text.Len()-len(s):]
}

// attributes reads the JSON object of a record, nil for an empty one.
func (l *loader) attributes(text string) (scim.Attributes, error) {
	list, ok := l.plain(text)
	if !ok {
		var as scim.Attributes
		err := as.UnmarshalJSON([]byte(text))
		return as, err
	}
	if len(list) == 0 {
		return nil, nil
	}
	if len(l.block) < len(list) {
		l.block = make([]scim.Attribute, max(attributeBlock, len(list)))
	}
	out := l.block[:len(list):len(list)]
	l.block = l.block[len(list):]
	copy(out, list)
	return out, nil
}

// plain reads what nearly all records hold: one flat object in compact form,
// paths ascending, texts without escapes, whole numbers, true, false and null.
// For anything else it returns false. The result is valid until the next call.
func (l *loader) plain(s string) ([]scim.Attribute, bool) {
	l.scratch = l.scratch[:0]
	if s == "{}" {
		return nil, true
	}
	if !strings.HasPrefix(s, "{") {
		return nil, false
	}
	last := ""
	for more := true; more; {
		path, rest, ok := quoted(s[1:])
		if !ok || !strings.HasPrefix(rest, ":") || path <= last {
			return nil, false
		}
		last = path
		value, rest, ok := l.value(rest[1:])
		if !ok || rest == "" {
			return nil, false
		}
		l.scratch = append(l.scratch, scim.Attribute{Path: l.share(path), Value: value})
		s, more = rest, rest[0] == ','
	}
	return l.scratch, s == "}"
}

// value reads one value and returns what follows it.
func (l *loader) value(s string) (v any, rest string, ok bool) {
	if text, rest, ok := quoted(s); ok {
		if text == l.name {
			return l.name, rest, true
		}
		return l.keep(text), rest, true
	}
	end := strings.IndexAny(s, ",}")
	if end <= 0 {
		return nil, "", false
	}
	word, rest := s[:end], s[end:]
	switch word {
	case "true", "false":
		return word == "true", rest, true
	case "null":
		return nil, rest, true
	}
	n, err := strconv.ParseInt(word, 10, 64)
	return n, rest, err == nil && strconv.FormatInt(n, 10) == word
}

// quoted reads a JSON text without escapes and returns what follows it.
func quoted(s string) (text, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[1:i], s[i+1:], utf8.ValidString(s[1:i])
		case c == '\\' || c < ' ':
			return "", "", false
		}
	}
	return "", "", false
}
