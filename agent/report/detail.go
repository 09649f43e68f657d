package report

import (
	"slices"
	"time"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
)

// mixed are the kinds of section in which the title does not say the action.
func mixed(kind string) bool {
	return slices.Contains([]string{kindWaiting, kindUnconfirmed, kindDisabled, kindPaused, kindUntried, kindFailed}, kind)
}

// detail says why a change is there or is not sent, in the words of its section.
func (d *document) detail(c *plan.Change, s *section, now time.Time) string {
	text := c.Reason.String()
	switch s.kind {
	case kindWaiting:
		text = "next try at " + moment(*c.Block.Until, now) + "; " + text
	case kindUnconfirmed:
		text = c.Block.Detail
	case kindFailed, kindUntried:
		if s.common != "" {
			return words(c.Action).label
		}
		text = d.outcomeText(c)
	default:
		if c.Error != "" {
			text += "; will fail: " + c.Error
		}
	}
	if mixed(s.kind) {
		text = words(c.Action).label + ": " + text
	}
	return text
}

// settledText says what became of a change, in the form of the other sections in
// which the title does not say the action.
func settledText(s apply.Settlement) string { return words(s.Action).label + ": " + s.Sentence }

func rejectionText(r plan.Rejection) string {
	if r.Path == "" {
		return r.Error
	}
	return r.Path + ": " + r.Error
}

func inParentheses(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
}
