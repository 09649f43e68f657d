// Package plan decides what has to happen in WalkMe. It is pure: it takes values and
// returns values, knows no clock, context, logger or network, and gives the same bytes
// for the same input; the layout test holds that.
//
//	okta.Snapshot ─► Mapping.Desired ─► New ─► Limits.Ask ─► Questions
//	                                                             │ the agent asks Okta and WalkMe
//	                               Plan ◄─ Limits.Hold ◄─ Answers
//
// New merges what Okta wants and what is recorded pair by pair, each in ascending order.
// A Plan is complete and in the order of the run. What it has to know from outside it
// asks: whether a person is really not assigned any more and who else is in a group that
// is to be overwritten (Limits.Ask), and whether WalkMe has an account or group of a name
// already (Plan.AskNames). The questions are data, the agent answers them, and the plan
// takes the answers. What is too long to be held it reads and writes through what it is
// given: members of groups (MemberLists), and plain changes (ChangeStore).
package plan
