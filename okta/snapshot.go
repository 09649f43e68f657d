package okta

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// SnapshotRequest says what a snapshot holds.
type SnapshotRequest struct {
	// App is the app as it was just read, which is then not read again; or nil.
	App *App

	// Keep names the profile attributes to keep. nil keeps whole profiles,
	// which takes several times the memory.
	Keep *Projection

	// Each, if set, is called for every user of every page that was read whole,
	// in the order of Okta's pages, with the full profiles, which are valid until
	// it returns. When assignments change while they are read, a user may come twice. An
	// error voids the snapshot.
	Each func(User) error

	// Sieve, if set, says page by page who of the people is to be in Users.
	Sieve *Sieve

	// Groups says which groups are pushed and which were known before.
	Groups GroupRequest
}

// Projection names attributes to keep, at the top level of each profile. A name
// that a profile lacks is no error.
type Projection struct {
	User    []string // of User.Profile
	AppUser []string // of User.AppProfile
}

// Snapshot is what the org said about the app at one time.
type Snapshot struct {
	TakenAt time.Time // Okta's clock: Date of the app's answer, or of the last page of assignments when the app was given
	App     App       // always ACTIVE
	Users   []User    // the assignments that a Sieve has kept, sorted by ID, unique
	Groups  []Group   // the pushed groups, sorted by ID, unique

	// Names counts who of Users has which attribute, whatever was kept of it.
	Names ProfileNames

	// Problems tells of sources that could not be resolved and of groups that
	// could not be read whole, sorted by Source, GroupID and Reason.
	Problems []SourceProblem

	// Watermark is Okta's clock at the start of the group reads. Store it with
	// Groups and pass both the next time, as GroupRequest.Since and Known.
	Watermark time.Time

	// Requests counts the requests made, retries and token requests included.
	Requests int
}

// SourceProblem is a source, or a group named by one, that needs a person's
// attention.
type SourceProblem struct {
	Source  string // String of the source
	GroupID string // the group it is about; or ""
	Reason  string

	// Unmatched says that the source is a rule that no group matches. That is
	// no fault by itself: groups come and go.
	Unmatched bool
}

// Snapshot reads the app, its assignments and the pushed groups, in this order.
// It stops with ErrAppInactive unless the app is ACTIVE, and returns either a
// whole snapshot or an error.
func (c *Client) Snapshot(ctx context.Context, req SnapshotRequest) (*Snapshot, error) {
	ctx, requests := withCounter(ctx)
	app, takenAt, err := c.appOf(ctx, req)
	if err != nil {
		return nil, err
	}
	if app.Status != "ACTIVE" {
		return nil, &InactiveAppError{ID: app.ID, Label: app.Label, Status: app.Status}
	}
	s := &Snapshot{TakenAt: takenAt, App: app}
	if s.Users, s.Names, s.Watermark, err = c.assignments(ctx, req, app); err != nil {
		return nil, err
	}
	if s.Groups, s.Problems, err = c.groups(ctx, req.Groups, assigned(s.Users, req.Sieve)); err != nil {
		return nil, err
	}
	if s.TakenAt.IsZero() {
		s.TakenAt = s.Watermark
	}
	s.Requests = int(requests.Load())
	return s, nil
}

// appOf reads the app unless the request has it. The time is Okta's clock, zero when
// nothing was read.
func (c *Client) appOf(ctx context.Context, req SnapshotRequest) (App, time.Time, error) {
	if req.App != nil {
		return *req.App, time.Time{}, nil
	}
	return c.readApp(ctx)
}

func sortProblems(problems []SourceProblem) []SourceProblem {
	slices.SortFunc(problems, func(a, b SourceProblem) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.GroupID, b.GroupID), cmp.Compare(a.Reason, b.Reason))
	})
	return slices.Compact(problems)
}
