package walkme

import "context"

// MembersUpdate is one batch of changes to one group, at most MaxBatch of them.
type MembersUpdate struct {
	GroupID string
	Name    string // displayName, for the rename that Okta sends along and for PUT
	Rename  bool   // send the name, too, where Wire.RenameWithMembers says so

	Add, Remove []Member

	// Managed is everything that is ours once this batch is applied. A form
	// that writes the whole list carries it, united with the members that
	// the server shows and that are not ours.
	Managed []Member
}

// MembersResult tells what a membership change led to.
type MembersResult struct {
	// Members are the ids that the server shows afterwards, sorted, if
	// Echoed.
	Echoed  bool
	Members []string

	// Rejected are the changes that the server refused while it took the
	// others, in the order of the batch.
	Rejected []RejectedMember
}

// RejectedMember is one change that the server refused or silently dropped.
type RejectedMember struct {
	Member Member
	Remove bool // a removal was refused, not an addition
	Err    error
}

// MaxBatch returns how many changes one MembersUpdate should hold at most.
func (c *Client) MaxBatch() int { return 0 }

// UpdateMembers makes one batch of changes.
func (c *Client) UpdateMembers(ctx context.Context, u MembersUpdate) (*MembersResult, error) {
	return nil, nil
}

// ReplaceMembers makes the list of members exactly this one, as Push Now does.
func (c *Client) ReplaceMembers(ctx context.Context, groupID, name string, members []Member) (*MembersResult, error) {
	return nil, nil
}
