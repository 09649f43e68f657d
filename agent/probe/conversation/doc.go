// Package conversation reads recorded conversations with a SCIM server and compares
// two of them: a HAR that this program has made, one that a proxy made of Okta's own
// traffic, or a server's log that was turned into HAR.
//
// What differs from one tenant to the next is left aside: ids, times, passwords, hosts,
// ports and base paths, and the order of requests that concern different people and
// groups. Methods, paths, statuses, headers, the order of keys and bodies count.
package conversation
