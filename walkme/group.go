package walkme

// Group is a group as WalkMe shows it.
type Group struct {
	ID          string
	DisplayName string

	// Members are the members in the server's order. Without MembersShown
	// the answer had no list of members, and nothing follows from Members.
	// Some servers always show an empty list.
	Members      []Member
	MembersShown bool

	raw object
}

// Member is a user in a group.
type Member struct {
	ID      string // WalkMe's id of the user
	Display string // userName, or empty
}
