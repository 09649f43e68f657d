package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"okta-walkme-agent/internal/scim"
)

// Found is a person by whom a search was met: what Okta says of them, what is on
// record for WalkMe, or both.
type Found struct {
	SourceID string
	Source   []byte  // the assignment as the last snapshot held it; nil: not assigned then
	Record   *Record // nil: nothing is on record
}

// FindPeople returns people whose id, login or name holds every word, in any case,
// sorted by id, from after one id on, at most limit. Without words that is all people.
func (db *DB) FindPeople(ctx context.Context, words []string, after string, limit int) ([]Found, error) {
	query, args := "SELECT source_id FROM people_search WHERE source_id > ?", []any{after}
	for _, w := range words {
		term, forms := holds("words", w)
		query, args = query+" AND "+term, append(args, forms...)
	}
	ids, err := list(ctx, db, "find people", scanText, query+" ORDER BY source_id LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, err
	}
	out := make([]Found, len(ids))
	for i, id := range ids {
		if out[i], err = db.Person(ctx, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PeopleWith returns the ids of everybody whose id, login or name holds every word, in
// any case, sorted.
func (db *DB) PeopleWith(ctx context.Context, words []string) ([]string, error) {
	query, args := "SELECT source_id FROM people_search WHERE 1", []any(nil)
	for _, w := range words {
		term, forms := holds("words", w)
		query, args = query+" AND "+term, append(args, forms...)
	}
	return list(ctx, db, "find people", scanText, query+" ORDER BY source_id", args...)
}

// holds is a term that says whether a text, in small letters as far as ASCII goes,
// holds a word in any case. SQLite knows the case of no other letters: of those the
// small, the big and the capitalised form are looked for.
func holds(column, word string) (term string, forms []any) {
	var terms []string
	for _, form := range []string{strings.ToLower(word), smallASCII(strings.ToUpper(word)), smallASCII(capital(word))} {
		if !slices.Contains(forms, any(form)) {
			terms, forms = append(terms, "instr("+column+", ?) > 0"), append(forms, form)
		}
	}
	return "(" + strings.Join(terms, " OR ") + ")", forms
}

// smallASCII is SQLite's lower().
func smallASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}

// capital has a capital first and small letters after it.
func capital(w string) string {
	r, size := utf8.DecodeRuneInString(w)
	if size == 0 {
		return w
	}
	return string(unicode.ToUpper(r)) + strings.ToLower(w[size:])
}

func scanText(row scanner) (s string, err error) { return s, row.Scan(&s) }

// Person returns what is known of one person. Nothing at all is ErrNoPerson.
func (db *DB) Person(ctx context.Context, sourceID string) (Found, error) {
	f := Found{SourceID: sourceID}
	var body string
	err := db.one(ctx, "SELECT body FROM source_users WHERE id = ?", []any{sourceID}, &body)
	switch {
	case err == nil:
		f.Source = []byte(body)
	case !errors.Is(err, sql.ErrNoRows):
		return f, db.fail("read person", err)
	}
	r, err := db.recordOf(ctx, scim.User, sourceID)
	if err != nil {
		return f, err
	}
	if f.Record = r; r == nil && f.Source == nil {
		return f, ErrNoPerson
	}
	return f, nil
}

// recordOf is the record of an Okta id, nil when there is none.
func (db *DB) recordOf(ctx context.Context, t scim.Type, sourceID string) (*Record, error) {
	recs, err := list(ctx, db, "read record", scanRecord, "SELECT "+recordColumns+" FROM resources WHERE type = ? AND source_id = ?", string(t), sourceID)
	if err != nil || len(recs) == 0 {
		return nil, err
	}
	return &recs[0], nil
}

// GroupRecord returns the record of a group, nil when there is none.
func (db *DB) GroupRecord(ctx context.Context, sourceID string) (*Record, error) {
	return db.recordOf(ctx, scim.Group, sourceID)
}

// GroupSize is a group with the number of its members in the place of them.
type GroupSize struct {
	Record
	Size int
}

// memberCount is the number of lines of a list of members. Lists of Okta ids say it by
// their length, which SQLite knows without reading them.
const memberCount = `CASE WHEN members = '' THEN 0 WHEN (octet_length(members) + 1) % 21 = 0 THEN (octet_length(members) + 1) / 21
	ELSE length(members) - length(replace(members, char(10), '')) + 1 END`

// GroupRecords returns the records of all groups, by id in Okta, with the number of
// their members.
func (db *DB) GroupRecords(ctx context.Context) ([]GroupSize, error) {
	return list(ctx, db, "read groups", func(row scanner) (g GroupSize, err error) {
		g.Type = scim.Group
		return g, row.Scan(&g.SourceID, &g.Name, &g.ID, &g.Active, &g.Attempts, &g.LastError, instant{&g.UpdatedAt}, &g.Partial, &g.Size)
	}, `SELECT source_id, name, target_id, active, attempts, last_error, updated_at, partial, `+memberCount+`
		FROM resources WHERE type = 'Group' ORDER BY source_id`)
}

// SourceGroupSizes returns the groups of the last snapshot by id, without their
// members, and how many each has.
func (db *DB) SourceGroupSizes(ctx context.Context) (groups []SourceGroup, sizes []int, err error) {
	groups, err = list(ctx, db, "read source groups", func(row scanner) (g SourceGroup, err error) {
		var id string
		var body []byte
		var n int
		if err := row.Scan(&id, &body, &n); err != nil {
			return g, err
		}
		err = json.Unmarshal(body, &g)
		g.ID, sizes = id, append(sizes, n)
		return g, err
	}, "SELECT id, body, "+memberCount+" FROM source_groups ORDER BY id")
	return groups, sizes, err
}

// SourceGroup returns a group of the last snapshot, nil when it is not pushed.
func (db *DB) SourceGroup(ctx context.Context, id string) (*SourceGroup, error) {
	groups, err := list(ctx, db, "read source group", newLoader().group, "SELECT id, body, members FROM source_groups WHERE id = ?", id)
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	return &groups[0], nil
}

// Names returns the names of people and groups by their Okta ids: what WalkMe has
// acknowledged, else the user name in Okta. Ids that no person has are left out.
func (db *DB) Names(ctx context.Context, ids []string) (map[string]string, error) {
	if len(ids) == 0 {
		return map[string]string{}, nil
	}
	text, err := json.Marshal(ids)
	if err != nil {
		return nil, db.fail("read names", err)
	}
	out := make(map[string]string, len(ids))
	err = db.each(ctx, `SELECT j.value, coalesce(nullif(r.name, ''), u.body ->> '$.UserName', g.body ->> '$.name', '') FROM json_each(?) AS j
		LEFT JOIN resources AS r ON r.source_id = j.value AND r.type IN ('User', 'Group')
		LEFT JOIN source_users AS u ON u.id = j.value LEFT JOIN source_groups AS g ON g.id = j.value`, []any{string(text)},
		func(row scanner) error {
			var id, name string
			err := row.Scan(&id, &name)
			if name != "" {
				out[id] = name
			}
			return err
		})
	return out, db.fail("read names", err)
}

// Acknowledged is what WalkMe took of a person, as far as a mapping goes.
type Acknowledged struct {
	Managed    bool // an active account is on record
	Attributes scim.Attributes
}

// EachAssigned calls fn for each assignment of the last snapshot by ascending id, with
// what is on record of the person, and ends at its first error. The body is valid
// until fn returns.
func (db *DB) EachAssigned(ctx context.Context, fn func(id string, body []byte, a Acknowledged) error) error {
	l := newLoader()
	err := db.each(ctx, `SELECT u.id, u.body, coalesce(r.active = 1 AND r.target_id <> '', 0), coalesce(r.attributes, '{}') FROM source_users AS u
		LEFT JOIN resources AS r ON r.type = 'User' AND r.source_id = u.id ORDER BY u.id`, nil, func(row scanner) error {
		var id, attributes string
		var body sql.RawBytes
		var a Acknowledged
		if err := row.Scan(&id, &body, &a.Managed, &attributes); err != nil {
			return err
		}
		var err error
		if a.Attributes, err = l.attributes(attributes); err != nil {
			return err
		}
		return fn(id, body, a)
	})
	return db.fail("read people", err)
}

// CountAssigned is how many assignments the last snapshot held.
func (db *DB) CountAssigned(ctx context.Context) (n int, err error) {
	err = db.total(ctx, "SELECT count(*) FROM source_users", nil, &n)
	return n, db.fail("count people", err)
}
