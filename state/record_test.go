package state_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

func TestRecordRoundTrip(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)
	tests := map[string]state.Record{
		"all of a user": {
			Resource: scim.Resource{
				Type: scim.User, SourceID: "00u1", ID: "w-1", Active: true,
				Attributes: scim.NewAttributes([]scim.Attribute{
					{Path: "userName", Value: "ann@example.com"},
					{Path: "title", Value: nil},
					{Path: "nickName", Value: ""},
					{Path: "displayName", Value: "Ann \"\\\n\u2028<é>😀"},
					{Path: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", Value: int64(-42)},
					{Path: "x.bool", Value: true},
					{Path: "x.float", Value: 1.5},
					{Path: "x.list", Value: []any{"a", int64(1), false}},
				}),
			},
			Name: "Ann@example.com", Origin: state.Linked, SourceDigest: "s", MappingDigest: "m",
			Attempts: 3, NextTry: at, LastError: "Bad Gateway", LastStatus: 502, FailedChange: "c", UpdatedAt: at.Add(time.Hour),
		},
		"never landed": {
			Resource: scim.Resource{Type: scim.User, SourceID: "00u2"}, Name: "bob@example.com", Attempts: 1,
		},
		"group": {
			Resource: scim.Resource{
				Type: scim.Group, SourceID: "00g1", ID: "g-1", Active: true, Members: []string{"00u1", "00u2"},
				Attributes: scim.Attributes{{Path: "displayName", Value: "Editors"}},
			},
			Name: "Editors", Origin: state.Created, Partial: true, Doubtful: []string{"00u8", "00u9"},
		},
		"group without members": {Resource: scim.Resource{Type: scim.Group, SourceID: "00g2", Active: true}, Name: "Empty"},
	}
	db := openDB(t, statePath(t))
	for name, want := range tests {
		must(t, db.PutRecords(t.Context(), want))
		got, err := record(t.Context(), db, want.Type, want.SourceID)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: Record() = %v, (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestRecordsAreSorted(t *testing.T) {
	db := openDB(t, statePath(t))
	for _, i := range []int{3, 1, 2} {
		must(t, db.PutRecords(t.Context(), groupRecord(i, 2), userRecord(i)))
	}
	must(t, db.PutRecords(t.Context(), userRecord(1)))
	got, err := db.Records(t.Context())
	must(t, err)
	sorted := slices.IsSortedFunc(got, func(a, b state.Record) int { return scim.Compare(a.Resource, b.Resource) })
	if len(got) != 6 || !sorted {
		t.Errorf("Records() = %d records, sorted %t, want 6 by scim.Compare", len(got), sorted)
	}
}

// Records gives back what PutRecords was given, whatever the values.
func TestRecordsProperty(t *testing.T) {
	value := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.String(), func(s string) any { return strings.ToValidUTF8(s, "?") }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Just[any](2.5), rapid.Just[any]([]any{"a", "b"}),
	)
	attribute := rapid.Custom(func(t *rapid.T) scim.Attribute {
		return scim.Attribute{Path: rapid.StringMatching(`[a-z.]{1,6}["é]?`).Draw(t, "path"), Value: value.Draw(t, "value")}
	})
	db := openDB(t, statePath(t))
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(attribute, 0, 6).Draw(rt, "attributes")
		want := state.Record{Resource: scim.Resource{Type: scim.User, SourceID: "00u1", Attributes: scim.NewAttributes(list)}}
		if err := db.PutRecords(t.Context(), want); err != nil {
			rt.Fatal(err)
		}
		got, err := db.Records(t.Context())
		if err != nil || len(got) != 1 {
			rt.Fatalf("Records() = %d, %v, want 1", len(got), err)
		}
		if diff := cmp.Diff(want, got[0], cmpopts.EquateEmpty()); diff != "" {
			rt.Fatalf("Records() (-want +got):\n%s", diff)
		}
	})
}

// The quick reading of attributes gives what the plain one gives.
func FuzzAttributes(f *testing.F) {
	for _, s := range []string{
		"", "{}", "{ }", "null", `{"a":"b"}`, `{"a":"b","c":null,"d":true,"e":-1}`, `{"a":1.5}`, `{"a":01}`, `{"a":-0}`, `{"b":1,"a":2}`,
		`{"a":1,"a":2}`, `{"a":"\u0041\n"}`, `{"a":["b",1]}`, `{"a":{"b":1}}`, `{"a":"b"}x`, `{"a":"b",}`, `{"a"`, `{"a":`, "{\"a\":\"\xff\"}",
		`{"":"x"}`, `{"a":9223372036854775808}`, `{"a":"b"`, `{"a": 1}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want scim.Attributes
		wantErr := want.UnmarshalJSON([]byte(text))
		got, err := state.DecodeAttributes(text)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("attributes(%q) = %v, want %v", text, err, wantErr)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err == nil && diff != "" {
			t.Errorf("attributes(%q) (-want +got):\n%s", text, diff)
		}
	})
}

// Texts of many records share blocks of memory; they stay what they were.
func TestRecordsManyTexts(t *testing.T) {
	db := openDB(t, statePath(t))
	var want []state.Record
	for i := range 3000 {
		r := userRecord(i)
		r.LastError = strings.Repeat("e", i*3)
		want = append(want, r)
	}
	must(t, db.PutRecords(t.Context(), want...))
	got, err := db.Records(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Records() = %v, (-want +got):\n%.2000s", err, diff)
	}
}

func TestRecordErrors(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, db.PutRecords(t.Context(), state.Record{Resource: scim.Resource{Type: scim.User, SourceID: "00u1"}}))
	for name, r := range map[string]state.Record{
		"no id":           {Resource: scim.Resource{Type: scim.User}},
		"no type":         {Resource: scim.Resource{SourceID: "00u2"}},
		"empty member":    {Resource: scim.Resource{Type: scim.Group, SourceID: "00g1", Members: []string{""}}},
		"broken member":   {Resource: scim.Resource{Type: scim.Group, SourceID: "00g1", Members: []string{"a\nb"}}},
		"unknown origin":  {Resource: scim.Resource{Type: scim.User, SourceID: "00u2"}, Origin: "found"},
		"value of no use": {Resource: scim.Resource{Type: scim.User, SourceID: "00u2", Attributes: scim.Attributes{{Path: "a", Value: func() {}}}}},
	} {
		if err := db.PutRecords(t.Context(), userRecord(9), r); err == nil {
			t.Errorf("PutRecords(%s) = nil, want an error", name)
		}
	}
	if got, err := db.Records(t.Context()); len(got) != 1 {
		t.Errorf("Records() = %d, %v, want 1: PutRecords is all or nothing", len(got), err)
	}
}

func TestGeneration(t *testing.T) {
	db := openDB(t, statePath(t))
	generation := func() int64 {
		t.Helper()
		n, err := db.Generation(t.Context())
		must(t, err)
		return n
	}
	id, err := db.Begin(t.Context(), entryOf(userRecord(1)))
	must(t, err)
	last := generation()
	moves := func(what string, want bool, err error) {
		t.Helper()
		must(t, err)
		now := generation()
		if (now > last) != want {
			t.Errorf("generation after %s: %d → %d, want it to move: %t", what, last, now, want)
		}
		last = now
	}
	ctx := t.Context()
	moves("SetMeta", false, db.SetMeta(ctx, "k", "v"))
	moves("BeginRun", false, db.BeginRun(ctx, state.Run{ID: "r"}))
	moves("SaveSourceGroups", false, db.SaveSourceGroups(ctx, []state.SourceGroup{{ID: "00g1"}}, nil))
	moves("PutRecords()", false, db.PutRecords(ctx))
	moves("PutRecords(new)", true, db.PutRecords(ctx, userRecord(1)))
	moves("PutRecords(again)", true, db.PutRecords(ctx, userRecord(1)))
	moves("FinishAndForget", true, db.FinishAndForget(ctx, id, state.Outcome{State: state.Applied}, scim.User, userRecord(1).SourceID))
	moves("PutRecords(new)", true, db.PutRecords(ctx, userRecord(1)))
	moves("Forget", true, db.Forget(ctx, scim.User, userRecord(1).SourceID))
	moves("Forget(unknown)", false, db.Forget(ctx, scim.User, userRecord(1).SourceID))
}

// Records that were handed over may be changed by the caller afterwards.
func TestRecordsAreCopied(t *testing.T) {
	db := openDB(t, statePath(t))
	r := groupRecord(1, 3)
	must(t, db.PutRecords(t.Context(), r))
	r.Members[0], r.Attributes[0].Value = "changed", "changed"
	got, err := record(t.Context(), db, scim.Group, r.SourceID)
	if diff := cmp.Diff(groupRecord(1, 3), got); diff != "" || err != nil {
		t.Errorf("Record() = %v, (-want +got):\n%s", err, diff)
	}
}
