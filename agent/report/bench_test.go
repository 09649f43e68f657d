package report_test

import (
	"io"
	"testing"

	"okta-walkme-agent/agent/report"
)

// BenchmarkReport writes a plan of 10,000 changes in each format.
func BenchmarkReport(b *testing.B) {
	p := bigPlan(10_000)
	for _, format := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"text", func(w io.Writer) error {
			return report.PlanText(w, p, report.Options{Width: 100, Full: true, Color: true})
		}},
		{"json", func(w io.Writer) error { return report.PlanJSON(w, p) }},
		{"markdown", func(w io.Writer) error { return report.PlanMarkdown(w, p, report.Options{}) }},
		{"html", func(w io.Writer) error { return report.PlanHTML(w, p) }},
	} {
		b.Run(format.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var n counter
				if err := format.write(&n); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(n))
			}
		})
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
