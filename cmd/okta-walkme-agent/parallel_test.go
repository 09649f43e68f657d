package main

import (
	"flag"
	"os"
	"testing"
)

// TestMain runs more tests side by side than there are processors, unless told how many:
// they wait for disks and timers most of the time.
func TestMain(m *testing.M) {
	flag.Parse()
	keepWithinHost() // as main does
	told := false
	flag.Visit(func(f *flag.Flag) { told = told || f.Name == "test.parallel" })
	if !told {
		if err := flag.Set("test.parallel", "8"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
