// Package service is the daemon: it makes runs on a schedule, follows Okta's log
// between them, takes up a changed configuration without a restart, and tells
// systemd and monitors how it is.
//
// [Run] is the whole life of it. The caller gives it, through [Options], a way to
// turn the configuration file into a [Setup]; everything else is decided here: when a
// run is due ([Loop]), whether it looks at everything or at a few people, when a
// reload takes over, and what counts as alive and as ready.
package service
