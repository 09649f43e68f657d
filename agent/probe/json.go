package probe

import (
	"io"

	"okta-walkme-agent/agent/report"
)

// JSON writes the report as one document of the form Schema.
func JSON(w io.Writer, r *Report) error { return report.JSON(w, "probe report", r) }
