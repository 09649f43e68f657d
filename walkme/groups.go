package walkme

import (
	"context"
	"iter"
)

// FindGroup looks a group up by its name.
func (c *Client) FindGroup(ctx context.Context, displayName string) (*Group, error) { return nil, nil }

// Group reads a group by its id.
func (c *Client) Group(ctx context.Context, id string) (*Group, error) { return nil, nil }

// Groups lists all groups.
func (c *Client) Groups(ctx context.Context) iter.Seq2[*Group, error] { return nil }

// CreateGroup creates a group with its members, one POST.
func (c *Client) CreateGroup(ctx context.Context, name string, members []Member) (*Group, error) {
	return nil, nil
}

// SecondWriteNeeded tells whether the members are to be written again after the create.
func (c *Client) SecondWriteNeeded(created *Group, members []Member) bool { return false }

// RenameGroup renames a group.
func (c *Client) RenameGroup(ctx context.Context, id, name string) error { return nil }

// DeleteGroup deletes a group.
func (c *Client) DeleteGroup(ctx context.Context, id string) error { return nil }
