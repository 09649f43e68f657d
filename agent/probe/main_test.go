package probe_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain spends memory on time: the tests make hundreds of servers that hold little.
func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(m.Run())
}
