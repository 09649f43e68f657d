// Package okta reads one app of an Okta org: who is assigned to it, and which
// groups are to be pushed to it. It never writes to Okta.
//
// # The model
//
// A Snapshot is the app, its assignments (one per person, whether direct or
// through a group) and the pushed groups with their members. It is all or
// nothing: a page that failed, was cut short, was empty where a list belongs,
// or came twice voids it, because a missing person means a deactivation to
// a caller that compares the snapshot with the past. Only the members of a single
// group may be missing; that group then says so in Group.Unreadable. A [Sieve] may let
// assignments go while they are read; they count as read all the same.
//
// # How a request travels
//
// The Okta SDK configures, authenticates and builds requests. They are carried
// by a client of this package, innermost last:
//
//	Client → authentication (SDK) → retries (go-retryablehttp) → pace → time-out per try → signing → Config.Transport
//
// Signing makes client assertions and DPoP proofs, for every try anew.
//
// The SDK's own way of sending is not used: it caches answers for five
// minutes, retries a broken connection without pause or end, and accepts an
// empty answer as an empty list.
//
// Three kinds of failure are survived: 5xx answers and broken connections are
// tried again with growing pauses, an answer cut short is read again from its
// beginning, and a 429 makes all callers of the Client wait until Okta's rate
// window resets, by the clock of the answer itself. Before that happens the
// pace leaves others their part of the window (Config.RateLimitShare).
//
// Every wait ends with its context.
//
// # What a snapshot costs
//
// In requests, for N assignments and M members of a group, each line at least 1:
//
//	the app                   1
//	assignments               N/500
//	members of a group        M/1000, three groups at a time
//
// and for finding the pushed groups, on a full read:
//
//	source by id              1
//	source by name            1
//	rule with a starts-with   matching groups/200
//	other rules               all groups of the org/200, once for all such rules
//	assigned groups           assigned groups/200
//	Okta's push mappings      mappings/1000, and 1 for each mapped group
//
// A known group that no source names any more costs 1, once: what Okta does not
// show is not taken for gone. A group that has lost its last member costs 1 more,
// one that has lost sharply many 3, as a rule; and a list whose last page is exactly
// full 1, because a lost link would look the same.
//
// On an incremental read one search, changed groups of the org/200, answers
// for all sources by id, name and rule that were resolved before; the lists of
// assigned groups and of mappings are read again, and members only of groups
// whose membership moved.
package okta
