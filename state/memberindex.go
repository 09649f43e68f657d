package state

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"hash/maphash"
	"slices"
	"sync"

	"okta-walkme-agent/internal/scim"
)

// MemberIndex finds the groups of a person without reading the members of all groups,
// which takes a quarter of a second where there are a million memberships. It remembers
// a filter for each list that it has read, and reads those again that have changed. It
// outlives the file: each call is given the one to look at. A table of memberships would
// be as large as all else together, and each push would have to keep it.
type MemberIndex struct {
	seed maphash.Seed

	mu      sync.Mutex
	filters map[memberList]filter
}

// NewMemberIndex has read nothing yet.
func NewMemberIndex() *MemberIndex {
	return &MemberIndex{seed: maphash.MakeSeed(), filters: map[memberList]filter{}}
}

// find returns the ids of the lists that may hold a member, by what they are of.
func (x *MemberIndex) find(ctx context.Context, db *DB, member string) (map[string][]string, error) {
	lists, err := db.memberLists(ctx)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	hash, now, out := maphash.String(x.seed, member), make(map[memberList]filter, len(lists)), map[string][]string{}
	for _, l := range lists {
		f, ok := x.filters[l]
		if !ok {
			if f, err = db.filterOf(ctx, x.seed, l); err != nil {
				return nil, db.fail("read lists of members", err)
			}
			x.filters[l] = f // stays when a later one cannot be read
		}
		now[l] = f
		if f.mayHold(hash) {
			out[l.of] = append(out[l.of], l.id)
		}
	}
	x.filters = now
	return out, nil
}

// GroupsOf returns the records of the groups that a person was pushed into, without
// their other members, by name.
func (x *MemberIndex) GroupsOf(ctx context.Context, db *DB, sourceID string) ([]Record, error) {
	ids, err := x.listed(ctx, db, ofWalkMe, sourceID)
	if err != nil {
		return nil, err
	}
	groups, err := list(ctx, db, "read memberships", func(row scanner) (r Record, err error) {
		var members sql.RawBytes
		r.Type = scim.Group
		err = row.Scan(&r.SourceID, &r.Name, &r.ID, &r.Active, &r.Attempts, &r.LastError, instant{&r.UpdatedAt}, &members)
		if hasLine(members, sourceID) {
			r.Members = []string{sourceID}
		}
		return r, err
	}, `SELECT source_id, name, target_id, active, attempts, last_error, updated_at, CAST(members AS BLOB) FROM resources
		WHERE type = 'Group' AND source_id IN (SELECT value FROM json_each(?)) ORDER BY name COLLATE NOCASE, source_id`, ids)
	return slices.DeleteFunc(groups, func(r Record) bool { return len(r.Members) == 0 }), err
}

// SourceGroupsOf returns the groups of the last snapshot that a person is in, without
// their other members, by id.
func (x *MemberIndex) SourceGroupsOf(ctx context.Context, db *DB, sourceID string) ([]SourceGroup, error) {
	ids, err := x.listed(ctx, db, ofOkta, sourceID)
	if err != nil {
		return nil, err
	}
	groups, err := list(ctx, db, "read memberships in Okta", func(row scanner) (g SourceGroup, err error) {
		var id string
		var body, members sql.RawBytes
		if err := row.Scan(&id, &body, &members); err != nil || !hasLine(members, sourceID) {
			return g, err
		}
		err = json.Unmarshal(body, &g)
		g.ID, g.Members = id, []string{sourceID}
		return g, err
	}, "SELECT id, CAST(body AS BLOB), CAST(members AS BLOB) FROM source_groups WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id", ids)
	return slices.DeleteFunc(groups, func(g SourceGroup) bool { return g.ID == "" }), err
}

// PersonHistory returns the changes of a person, and those of groups that let the
// person in or out (of the last thousand of groups), newest first, at most limit.
func (x *MemberIndex) PersonHistory(ctx context.Context, db *DB, sourceID string, limit int) ([]Entry, error) {
	ids, err := x.listed(ctx, db, ofJournal, sourceID)
	if err != nil {
		return nil, err
	}
	return list(ctx, db, "read history of a person", scanEntry, selectEntries+` WHERE j.id IN (
			SELECT id FROM journal WHERE type = 'User' AND source_id = ?1
			UNION SELECT id FROM journal WHERE id IN (SELECT value FROM json_each(?2)) AND instr(change, '"' || ?1 || '"') > 0)
		ORDER BY j.id DESC LIMIT ?3`, sourceID, ids, limit)
}

// listed is a JSON list of the ids of those lists of one sort that may hold a member.
func (x *MemberIndex) listed(ctx context.Context, db *DB, of, member string) (string, error) {
	found, err := x.find(ctx, db, member)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(append([]string{}, found[of]...))
	return string(text), err
}

// hasLine says whether one of the lines is exactly this one.
func hasLine(lines []byte, line string) bool {
	for from := 0; ; {
		i := bytes.Index(lines[from:], []byte(line))
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(line)
		if (begin == 0 || lines[begin-1] == '\n') && (end == len(lines) || lines[end] == '\n') {
			return true
		}
		from = begin + 1
	}
}
