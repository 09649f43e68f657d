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
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// stories are the golden files: what is written, and into which file.
func stories() map[string]func(io.Writer) error {
	planText := func(p *plan.Plan, o report.Options) func(io.Writer) error {
		return func(w io.Writer) error { return report.PlanText(w, p, o) }
	}
	runText := func(r *agent.Report) func(io.Writer) error {
		return func(w io.Writer) error { return report.RunText(w, r, advised()) }
	}
	at := report.Options{Width: 100, Now: now()}
	all := map[string]func(io.Writer) error{
		"rich.color.txt": planText(richPlan(), report.Options{Width: 100, Now: now(), Color: true}),
		"rich.ascii.txt": planText(richPlan(), report.Options{ASCII: true}),
		"refresh.80.txt": planText(refreshPlan(), report.Options{Width: 80, Now: now()}),
		"rich.60.txt":    planText(richPlan(), report.Options{Width: 60, Now: now()}),
		"full.txt":       planText(leaversPlan(), report.Options{Width: 100, Now: now(), Full: true}),
		"first.txt":      planText(bigPlan(1204), at),
		"mapping.txt":    planText(mappingPlan(412), at),

		"explain.user.txt":  explained(explainedUser()),
		"explain.group.txt": explained(explainedGroup()),
	}
	for name, p := range map[string]*plan.Plan{
		"rich": richPlan(), "empty": finish(basePlan()), "mapping.few": mappingPlan(40), "leavers": leaversPlan(), "first.few": bigPlan(40),
	} {
		all[name+".txt"] = planText(p, at)
		all[name+".json"] = func(w io.Writer) error { return report.PlanJSON(w, p) }
		all[name+".md"] = func(w io.Writer) error { return report.PlanMarkdown(w, p, report.Options{}) }
		all[name+".html"] = func(w io.Writer) error { return report.PlanHTML(w, p) }
	}
	for name, r := range map[string]*agent.Report{
		"run": ranReport(), "run.broken": brokenReport(), "run.quiet": quietReport(), "run.settled": settledReport(), "run.refused": refusedReport(),
	} {
		all[name+".txt"] = runText(r)
		all[name+".json"] = func(w io.Writer) error { return report.RunJSON(w, r) }
		all[name+".md"] = func(w io.Writer) error { return report.RunMarkdown(w, r, advised()) }
		all[name+".html"] = func(w io.Writer) error { return report.RunHTML(w, r, advised()) }
	}
	return all
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
