package report_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// stories are the golden files: what is written, and into which file.
func stories() map[string]func(io.Writer) error {
	planText := func(p *agent.Plan, o report.Options) func(io.Writer) error {
		return func(w io.Writer) error { return report.PlanText(w, p, o) }
	}
	runText := func(r *agent.Report) func(io.Writer) error {
		return func(w io.Writer) error { return report.RunText(w, r, report.Options{Width: 100, Now: now()}) }
	}
	at := report.Options{Width: 100, Now: now()}
	return map[string]func(io.Writer) error{
		"rich.txt":       planText(richPlan(), at),
		"rich.color.txt": planText(richPlan(), report.Options{Width: 100, Now: now(), Color: true}),
		"rich.ascii.txt": planText(richPlan(), report.Options{ASCII: true}),
		"rich.60.txt":    planText(richPlan(), report.Options{Width: 60, Now: now()}),
		"rich.json":      func(w io.Writer) error { return report.PlanJSON(w, richPlan()) },
		"rich.md":        func(w io.Writer) error { return report.PlanMarkdown(w, richPlan()) },
		"rich.html":      func(w io.Writer) error { return report.PlanHTML(w, richPlan()) },
		"empty.txt":      planText(finish(basePlan()), at),
		"empty.json":     func(w io.Writer) error { return report.PlanJSON(w, finish(basePlan())) },
		"empty.md":       func(w io.Writer) error { return report.PlanMarkdown(w, finish(basePlan())) },
		"empty.html":     func(w io.Writer) error { return report.PlanHTML(w, finish(basePlan())) },
		"mapping.txt":    planText(mappingPlan(), at),
		"mapping.md":     func(w io.Writer) error { return report.PlanMarkdown(w, mappingPlan()) },
		"leavers.txt":    planText(leaversPlan(), at),
		"full.txt":       planText(leaversPlan(), report.Options{Width: 100, Now: now(), Full: true}),
		"first.txt":      planText(bigPlan(1204), at),
		"run.txt":        runText(ranReport()),
		"run.json":       func(w io.Writer) error { return report.RunJSON(w, ranReport()) },
		"run.broken.txt": runText(brokenReport()),
		"run.broken.json": func(w io.Writer) error {
			return report.RunJSON(w, brokenReport())
		},
		"run.quiet.txt":     runText(quietReport()),
		"run.settled.txt":   runText(settledReport()),
		"run.settled.json":  func(w io.Writer) error { return report.RunJSON(w, settledReport()) },
		"run.settled.md":    func(w io.Writer) error { return report.RunMarkdown(w, settledReport(), report.Options{}) },
		"run.settled.html":  func(w io.Writer) error { return report.RunHTML(w, settledReport(), report.Options{}) },
		"run.refused.txt":   func(w io.Writer) error { return report.RunText(w, refusedReport(), advised()) },
		"run.refused.md":    func(w io.Writer) error { return report.RunMarkdown(w, refusedReport(), advised()) },
		"run.refused.html":  func(w io.Writer) error { return report.RunHTML(w, refusedReport(), advised()) },
		"explain.user.txt":  explained(explainedUser()),
		"explain.group.txt": explained(explainedGroup()),
	}
}

// TestGolden compares what is written with testdata, and writes everything
// twice: the same plan gives the same bytes.
func TestGolden(t *testing.T) {
	for file, write := range stories() {
		t.Run(file, func(t *testing.T) {
			got, again := render(t, write), render(t, write)
			if !bytes.Equal(got, again) {
				t.Fatalf("two renderings differ:\n%s", cmp.Diff(string(got), string(again)))
			}
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s differs from what is written (-want +got):\n%s", path, diff)
			}
		})
	}
}

func render(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
