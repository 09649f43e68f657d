// Package state is the agent's memory: one SQLite file that says what WalkMe
// acknowledged, what is under way, and what Okta said last.
//
// # What is kept
//
//   - resources: the records. One row for each Okta user or group that the agent
//     manages, with the values that WalkMe acknowledged last. An account or group in
//     WalkMe without a row is not the agent's to change.
//   - journal: written ahead. An entry is pending before the first request of a
//     change leaves and settled afterwards, in the same transaction as the
//     resource it changed. It stays as the audit trail.
//   - runs and leftovers: what each run did, and what it left undone.
//   - holds, decisions and decided_items: which changes wait for a person, and what
//     was decided about them.
//   - source_users, source_groups: the last whole snapshot of Okta, so that a plan can
//     be made without a network.
//   - in_step: marks of people of whom nothing differed, see [Mark].
//   - people_search: people by parts of their names, for the console.
//   - mappings: the expressions behind each mapping digest.
//   - generation: counts the changes of records. meta: what the agent remembers besides,
//     by key. migrations: which build brought the schema to which version.
//
// # Who may have it open
//
// One process writes: [Open] takes a lock beside the file and says who holds it
// when it is taken. Any number of processes read at the same time
// ([OpenReadOnly], [Check]); they never change a byte of the file.
//
// # Durability
//
// A method that changes something returns after the change is on the disk
// (write-ahead log, synchronous=FULL). Concurrent changes share a transaction:
// they wait for one disk flush together. One that fails takes no other with it: then
// each is written once more, in a transaction of its own. A change whose context ends while it
// waits is either wholly in the file or not at all.
//
// # Time
//
// Times are stored in milliseconds and returned in UTC. Nothing is ordered by
// time: a clock may jump, the numbers of the rows do not.
package state
