package agent_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"

	"okta-walkme-agent/internal/ramdisk"
)

// TestMain runs more tests side by side than there are processors, unless told how many:
// some wait for timers. Memory there is; to collect it all the time would be a fifth of
// what the tests cost, and to wait for a disk as much.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		if err := flag.Set("test.parallel", "4"); err != nil {
			panic(err)
		}
	}
	leave := ramdisk.Enter()
	code := m.Run()
	leave()
	os.Exit(code)
}
