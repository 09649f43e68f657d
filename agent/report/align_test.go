package report_test

import (
	"strings"
	"testing"

	"okta-walkme-agent/agent/report"
)

// A cell is as wide as a terminal shows it, and the last one is not filled up.
func TestAlign(t *testing.T) {
	got := strings.Join(report.Align([][]string{
		{"NAME", "ACTIVE", "GROUPS"},
		{"山田", "yes", "Editors"},
		{"Zoe\u0301 Ü", "no", ""},
		{"👋🏽", "yes", "none"},
		{"alone, however long it is"},
	}), "\n")
	want := strings.Join([]string{
		"NAME   ACTIVE  GROUPS",
		"山田   yes     Editors",
		"Zoe\u0301 Ü  no",
		"👋🏽     yes     none",
		"alone, however long it is",
	}, "\n")
	if got != want {
		t.Errorf("Align() =\n%s\nwant\n%s", got, want)
	}
	if report.Align(nil) == nil || len(report.Align(nil)) != 0 {
		t.Error("Align() of nothing is something")
	}
}
