//go:build !race

package agent_test

// raced says whether the race detector is at work, which makes everything some
// ten times slower.
const raced = false
