package agent

// Digest lets a test record that a change failed before.
func (c *Change) Digest() string { return c.digest() }
