package okta

import (
	"encoding/json"
	"time"
)

// SnapshotRequest says what a snapshot holds.
type SnapshotRequest struct {
	// Keep names the profile attributes to keep. nil keeps whole profiles,
	// which takes about ten times the memory.
	Keep *Projection

	// Each, if set, is called once for every user of every page that was read
	// whole, in the order of Okta's pages, with the full profiles. The two
	// profiles are only valid during the call. An error voids the snapshot.
	Each func(User) error

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
	TakenAt time.Time // Okta's clock: Date of the first answer
	App     App       // always ACTIVE
	Users   []User    // the assignments, sorted by ID, unique
	Groups  []Group   // the pushed groups, sorted by ID, unique

	// Problems tells of sources that could not be resolved and of groups that
	// could not be read whole, sorted by Source, GroupID and Reason.
	Problems []SourceProblem

	// Watermark is Okta's clock at the start of the group reads. Store it with
	// Groups and pass both the next time, as GroupRequest.Since and Known.
	Watermark time.Time

	// Requests counts the requests made, retries and token requests included.
	Requests int
}

// User is one person's assignment to the app.
type User struct {
	ID        string // of the person, 00u…
	UserName  string // credentials.userName: the name in the app
	Scope     string // USER for a direct assignment, GROUP for one through a group
	Status    string // of the assignment: ACTIVE, PROVISIONED, STAGED, SUSPENDED …
	SyncState string // of Okta's own provisioning: DISABLED, SYNCHRONIZED, ERROR …
	GroupID   string // the assigned group behind scope GROUP; else, or when Okta does not say, ""

	AccountStatus   string // of the Okta account: ACTIVE, SUSPENDED …; "" when Okta did not embed it
	TransitioningTo string // the account status that Okta is about to set; or ""

	LastUpdated string // of the assignment, as Okta wrote it; does not move on every change of the profile

	// AppProfile is the app's profile of the person, in which Okta has already
	// applied its mappings and group priorities; Profile is the Okta profile.
	// Both are JSON objects with sorted keys, never nil. Numbers keep their
	// digits. null means that the attribute has no value.
	AppProfile, Profile json.RawMessage
}
