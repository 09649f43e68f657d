package console

import (
	"context"
	"errors"
	"slices"
	"unicode"
	"unicode/utf8"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

// note is something that must not be missed beside the verdict.
type note struct {
	Text string
	More []string
	Link string
	See  string // what the link says
}

// notes collects what limits the trust in what the page says. The health is said by the
// verdict where nothing is worse.
func (s *Server) notes(ctx context.Context, db *state.DB, p *overviewPage, l latest) ([]note, error) {
	var out []note
	if l.Doubt != "" && p.Verdict.Text != doubtText {
		out = append(out, note{Text: doubtText, More: []string{sentence(l.Doubt)}})
	}
	if l.degraded() && p.Verdict.Text != degradedText(l) {
		out = append(out, note{Text: degradedText(l), More: l.Health.Reasons})
	}
	app, _, err := agent.StoredApp(ctx, db)
	switch {
	case errors.Is(err, agent.ErrNoSnapshot):
	case err != nil:
		return nil, err
	default:
		if on := app.OwnProvisioning(); len(on) > 0 {
			out = append(out, note{Text: sentence(plan.TwoEngines(on))})
		}
	}
	if l.Slow.Level > 0 {
		out = append(out, note{
			Text: "Quarantine since " + absolute(l.Slow.Since) + ": the service waits " + elapsed(l.Slow.Pause()) + " between two runs. A good run ends it.",
			More: []string{l.Slow.Reason},
		})
	}
	if l.Unsettled > 0 {
		out = append(out, note{Text: count(l.Unsettled, "change") + " " + was(l.Unsettled) + " cut off; the next run settles what became of them."})
	}
	if words := report.NotShownWords(l.Unshown.Count, l.Unshown.Paths); words != "" {
		out = append(out, note{
			Text: "WalkMe accepted, and does not show: " + words + ". Nobody can say whether it is there.",
			Link: addressOf("runs", l.Unshown.RunID), See: "Seen in the run of " + absolute(l.Unshown.At),
		})
	}
	return out, nil
}

const doubtText = "The state is in doubt: every removal waits once for a decision."

// unsettled counts the changes of runs that were cut off.
func unsettled(ctx context.Context, db *state.DB, runs []state.Run) (n int, err error) {
	pending, err := db.Pending(ctx)
	for i := range pending {
		alive := slices.ContainsFunc(runs, func(r state.Run) bool { return r.ID == pending[i].RunID && r.Outcome == state.Running })
		if !alive {
			n++
		}
	}
	return n, err
}

// degraded says that the latest run that read all of Okta did not trust all of it.
func (l latest) degraded() bool {
	return l.Health.Verdict != "" && l.Health.Verdict != plan.Healthy
}

func degradedText(l latest) string {
	return "Okta's answers are " + l.Health.Verdict + ": not everything is trusted."
}

// sentence begins with a capital and ends with a stop.
func sentence(text string) string { return capital(text) + "." }

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
