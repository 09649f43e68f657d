package walkme

// User is a user as WalkMe shows it.
type User struct {
	ID         string
	UserName   string // in the case in which the server stores it
	ExternalID string // Okta's user id if the engine has pushed the profile once
	Active     *bool  // nil: the server did not say, which is not the same as false

	raw object
}

// Attribute returns the server's value under a SCIM path (see scim.ParsePath) in
// the types of scim.Attribute. It is false when the server does not show the
// attribute or the path is not one.
func (u *User) Attribute(path string) (any, bool) { return nil, false }
