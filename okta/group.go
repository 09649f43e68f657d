package okta

import "time"

// GroupRequest says which groups are pushed, and what is known of them.
type GroupRequest struct {
	Sources []GroupSource

	// Full asks for everything to be read again: names, rules, all members.
	Full bool

	// Since is Snapshot.Watermark of the snapshot that Known comes from. Groups
	// without a change since then, less an overlap of ten minutes, are taken
	// from Known. Zero means Full.
	Since time.Time

	// Known is Snapshot.Groups of that snapshot. Members must tell nil
	// (unknown, will be read) from empty.
	Known []Group
}

// Group is an Okta group that is to be pushed.
type Group struct {
	ID, Name, Description string

	LastUpdated           string // of name and description, as Okta wrote it; "" when unknown
	LastMembershipUpdated string // likewise, of the membership

	Sources []string // the String of each source that named it, sorted
	Link    string   // name of the WalkMe group to link to; or ""

	// Paused means that Okta's own mapping of the group is INACTIVE or in
	// ERROR: leave the target as it is. It holds even when another source names
	// the group too. Members may then be nil.
	Paused bool

	// Members are the Okta ids of all members, assigned to the app or not,
	// sorted and unique.
	Members []string

	// Fresh means that Members were read for this snapshot, not taken from
	// GroupRequest.Known.
	Fresh bool

	// Unreadable says why the group could not be resolved or read whole. The
	// target must then be left as it is; Members is unspecified.
	Unreadable string
}

// GroupRef names a group.
type GroupRef struct{ ID, Name string }

// AppGroup is a group that is assigned to the app.
type AppGroup struct {
	ID, Name string
	Priority int // lower numbers win when a person is in several assigned groups
}

// SourceProblem is a source, or a group named by one, that needs a person's attention.
type SourceProblem struct {
	Source  string // String of the source
	GroupID string // the group it is about; or ""
	Reason  string
}
