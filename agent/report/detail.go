package report

import (
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/agent"
)

// mixed are the kinds of section in which the title does not say the action.
func mixed(kind string) bool {
	return slices.Contains([]string{kindWaiting, kindUnconfirmed, kindDisabled, kindUntried, kindFailed}, kind)
}

// detail says why a change is there or is not sent, in the words of its section.
func detail(c *agent.Change, kind string, now time.Time) string {
	text := c.Reason
	switch kind {
	case kindWaiting:
		text = "next try " + until(*c.WaitUntil, now) + "; " + c.Reason
	case kindUnconfirmed:
		text = c.Unconfirmed
	case kindFailed, kindUntried:
		text = outcomeText(c)
	default:
		if c.Error != "" {
			text += "; will fail: " + c.Error
		}
	}
	if mixed(kind) {
		text = words(c.Action).label + ": " + text
	}
	return text
}

// outcomeText is the error of a change that failed or was not tried.
func outcomeText(c *agent.Change) string {
	switch {
	case c.Error != "":
		return c.Error
	case c.Outcome == agent.Failed:
		return fmt.Sprintf("WalkMe answered %d", c.HTTPStatus)
	}
	return "the run ended before its turn"
}

func rejectionText(r agent.Rejection) string {
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
