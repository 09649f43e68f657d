package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// parseSince reads a duration back from now, with d for days and w for weeks,
// too, or a date or time; those without a zone are local. "" is the zero time.
func parseSince(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, ok := parseDays(text); ok && d >= 0 {
		return now.Add(-d), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("--since is a duration such as 90m or 7d, a date such as 2026-03-01, or a time as in RFC 3339, not %q", text)
}

func parseDays(text string) (time.Duration, bool) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			const most = 36500
			n, err := strconv.ParseFloat(number, 64)
			return time.Duration(n * float64(length)), err == nil && n >= 0 && n <= most
		}
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// findRun completes the id of a run.
func findRun(runs map[string]state.Run, id string) (string, error) {
	if _, ok := runs[id]; ok || id == "" {
		return id, nil
	}
	var found []string
	for full := range maps.Keys(runs) {
		if strings.HasPrefix(full, strings.ToLower(id)) {
			found = append(found, full)
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("there is no run %q; status lists the last ones", id)
	case 1:
		return found[0], nil
	}
	return "", usage("%d runs begin with %q", len(found), id)
}

// selectEntries reads the entries of all that is named, newest first; of
// everything when nothing is.
func selectEntries(ctx context.Context, db *state.DB, f state.Filter, users, groups []string) ([]state.Entry, error) {
	if len(users)+len(groups) == 0 {
		return db.History(ctx, f)
	}
	byID := map[int64]state.Entry{}
	for _, named := range []struct {
		t     scim.Type
		names []string
	}{{scim.User, users}, {scim.Group, groups}} {
		for _, name := range named.names {
			ids, err := knownIDs(ctx, db, named.t, name)
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				f.Type, f.SourceID = named.t, id
				entries, err := db.History(ctx, f)
				if err != nil {
					return nil, err
				}
				for _, e := range entries {
					byID[e.ID] = e
				}
			}
		}
	}
	return slices.SortedFunc(maps.Values(byID), func(a, b state.Entry) int { return cmp.Compare(b.ID, a.ID) }), nil
}

// knownIDs are sourceIDs of a name that the state knows; else the error is a
// *plan.UnknownError.
func knownIDs(ctx context.Context, db *state.DB, t scim.Type, name string) ([]string, error) {
	ids, err := sourceIDs(ctx, db, t, name)
	if err != nil || len(ids) > 1 {
		return ids, err
	}
	entries, err := db.History(ctx, state.Filter{Type: t, SourceID: name, Limit: 1})
	if err != nil || len(entries) > 0 {
		return ids, err
	}
	names, known, err := namesOf(ctx, db, t, name)
	if err != nil || known {
		return ids, err
	}
	return nil, &plan.UnknownError{Names: []string{fmt.Sprintf("%s %q", strings.ToLower(string(t)), name)}, Near: plan.NearName(t, name, names)}
}

// namesOf are all names of people, or groups, in the state, and whether one has the id.
func namesOf(ctx context.Context, db *state.DB, t scim.Type, id string) (names []string, known bool, err error) {
	err = db.EachName(ctx, t, func(sourceID, name string) error {
		names, known = append(names, name), known || sourceID == id
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	if t == scim.Group {
		groups, err := db.SourceGroups(ctx)
		for _, g := range groups {
			names, known = append(names, g.Name), known || g.ID == id
		}
		return names, known, err
	}
	err = eachLogin(ctx, db, func(sourceID, login string) {
		names, known = append(names, login), known || sourceID == id
	})
	return names, known, err
}

// sourceIDs are the Okta ids that a name may mean, sorted: the name now, one that
// the journal remembers, the Okta login or group name, or the id itself.
func sourceIDs(ctx context.Context, db *state.DB, t scim.Type, name string) ([]string, error) {
	ids := map[string]bool{name: true}
	err := db.EachName(ctx, t, func(sourceID, other string) error {
		if scim.SameName(other, name) {
			ids[sourceID] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	entries, err := db.History(ctx, state.Filter{Type: t, Name: name})
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		ids[e.SourceID] = true
	}
	if t == scim.Group {
		err = groupIDs(ctx, db, name, ids)
	} else if len(ids) == 1 { // reading all profiles is dear
		err = loginIDs(ctx, db, name, ids)
	}
	return slices.Sorted(maps.Keys(ids)), err
}

// groupIDs adds the groups of that name in Okta.
func groupIDs(ctx context.Context, db *state.DB, name string, ids map[string]bool) error {
	groups, err := db.SourceGroups(ctx)
	for _, g := range groups {
		if scim.SameName(g.Name, name) {
			ids[g.ID] = true
		}
	}
	return err
}

// loginIDs adds the people of that login in Okta, where the app has another name
// for them.
func loginIDs(ctx context.Context, db *state.DB, login string, ids map[string]bool) error {
	return eachLogin(ctx, db, func(id, other string) {
		if scim.SameName(other, login) {
			ids[id] = true
		}
	})
}

// eachLogin calls fn with the id and the login in Okta of each person in the snapshot who
// can be read.
func eachLogin(ctx context.Context, db *state.DB, fn func(id, login string)) error {
	reader := okta.NewStoredReader(okta.Projection{User: []string{"login"}})
	return db.EachSourceUser(ctx, func(id string, body []byte) error {
		u, err := reader.Read(body)
		var profile struct{ Login string }
		if err == nil && json.Unmarshal(u.Profile, &profile) == nil {
			fn(id, profile.Login)
		}
		return nil
	})
}
