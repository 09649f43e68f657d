package agent

import "okta-walkme-agent/state"

// Digest lets a test record that a change failed before.
func (c *Change) Digest() string { return c.digest() }

// Resolve turns the names of a selection into ids, as a run does.
func (s *Selection) Resolve(d Desired, groups []GroupWant, recorded []state.Record) error {
	return s.resolve(&view{desired: d, groups: groups, recorded: recorded})
}
