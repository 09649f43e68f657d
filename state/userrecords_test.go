package state_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// UserRecords finds what Records holds, in whichever way it looks: of people close together
// and far apart, healthy and not, and of ids that nobody has.
func TestUserRecords(t *testing.T) {
	db := openDB(t, statePath(t))
	var all []state.Record
	for i := range 400 {
		all = append(all, state.Record{
			Resource: scim.Resource{
				Type: scim.User, SourceID: fmt.Sprintf("00u%03d", i), ID: fmt.Sprintf("w%d", i), Active: i%3 != 0,
				Attributes: scim.Attributes{{Path: "userName", Value: fmt.Sprintf("p%d@example.com", i)}},
			},
			Name: fmt.Sprintf("p%d@example.com", i), Origin: state.Linked, SourceDigest: "s", MappingDigest: "m",
		})
		switch r := &all[i]; i % 7 {
		case 1:
			r.Attempts, r.NextTry, r.LastError, r.LastStatus, r.FailedChange = 2, time.UnixMilli(5).UTC(), "no", 409, "c"
		case 2:
			r.Missing, r.UpdatedAt = state.MissingInWrite, time.UnixMilli(7).UTC()
		case 3:
			r.LastError, r.Attributes = "said before", nil
		}
	}
	must(t, db.PutRecords(t.Context(), all...))
	must(t, db.PutRecords(t.Context(), state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: "00u005", Members: []string{"00u001"}}, Name: "G"}))

	random := rand.New(rand.NewPCG(1, 2))
	everyNth := func(n int) (ids []string) {
		for i := 0; i < len(all); i += n {
			ids = append(ids, all[i].SourceID)
		}
		return ids
	}
	for name, ids := range map[string][]string{
		"nobody":                  nil,
		"one":                     {"00u007"},
		"all":                     everyNth(1),
		"every other":             everyNth(2),
		"few of many":             everyNth(5),
		"unknown among them":      append(everyNth(1), "00t", "00u0055", "00u399x"),
		"only unknown":            {"00t", "00u0055", "00v"},
		"in no order, twice":      append(everyNth(3), everyNth(2)...),
		"a stretch in the middle": everyNth(1)[100:200],
	} {
		t.Run(name, func(t *testing.T) {
			random.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
			want := []state.Record{}
			for _, r := range all {
				if slices.Contains(ids, r.SourceID) {
					want = append(want, r)
				}
			}
			got, err := db.UserRecords(t.Context(), ids)
			must(t, err)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("UserRecords (-want +got):\n%s", diff)
			}
		})
	}
}
