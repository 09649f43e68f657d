package walkmetest

// UnknownMember says what the tenant does with a member that does not exist.
type UnknownMember int

// The behaviours of real servers. All but dropping and storing fail the whole
// request.
const (
	UnknownMember400 UnknownMember = iota
	UnknownMember404
	UnknownMember500
	UnknownMemberDropped
	UnknownMemberStored
)

// RateLimit makes every n-th request a 429.
type RateLimit struct {
	// Every is n. 0 is no limit.
	Every int

	// RetryAfter is the header's value as it is sent; empty leaves it out.
	RetryAfter string
}
