package agent_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// TestMain runs more tests side by side than there are processors, unless told how many:
// they wait for disks and timers most of the time. Memory there is; to collect it all the
// time would be a fifth of what the tests cost.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		if err := flag.Set("test.parallel", "8"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
