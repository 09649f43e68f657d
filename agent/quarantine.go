package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// Quarantine slows a service that keeps failing, so that it neither hammers a
// broken side nor fills the log. It ends with the first good run.
type Quarantine struct {
	Level  int       `json:"level"` // bad runs in a row
	Since  time.Time `json:"since"`
	Reason string    `json:"reason"`

	Refused bool `json:"refused,omitempty"` // the credentials are, of either side
}

const (
	quarantineShare   = 40 // percent of the changes that failed
	quarantineChanges = 10 // below this many changes a share says nothing
	quarantineFirst   = 30 * time.Minute
	quarantineLongest = 24 * time.Hour
)

// Pause is how long the service waits between two runs: half an hour, an hour,
// two … up to a day.
func (q Quarantine) Pause() time.Duration {
	return plan.Backoff(q.Level, quarantineFirst, quarantineLongest)
}

// refused says whether the credentials of one side ended a run.
func refused(err error) bool {
	return errors.Is(err, okta.ErrUnauthorized) || errors.Is(err, okta.ErrForbidden) || errors.Is(err, okta.ErrDPoP) || errors.Is(err, okta.ErrProof) ||
		errors.Is(err, scim.ErrUnauthorized) || errors.Is(err, scim.ErrForbidden)
}

// badRun says why a run puts the service into quarantine, or "".
func badRun(r RunReport, err error) string {
	tried := r.Applied + r.Failed
	switch {
	case refused(err):
		return "credentials are refused: " + err.Error()
	case tried >= quarantineChanges && r.Failed*100 > quarantineShare*tried:
		return fmt.Sprintf("%d of %d changes failed", r.Failed, tried)
	}
	return ""
}

// onlyWaited says that nothing was tried although there was something to do: such a
// run shows nothing about WalkMe.
func (r RunReport) onlyWaited() bool { return r.Applied+r.Failed == 0 && r.Skipped > 0 }

// updateQuarantine raises or ends the quarantine after a run. A run that failed
// for another reason, was stopped, or had nothing but waiting changes, leaves it as
// it is.
func updateQuarantine(ctx context.Context, db *state.DB, log *slog.Logger, r RunReport, runErr error) error {
	q, err := SlowDown.Load(ctx, db)
	if err != nil {
		return err
	}
	switch reason := badRun(r, runErr); {
	case reason != "":
		if q.Level == 0 {
			q.Since = r.FinishedAt
		}
		q.Level, q.Reason, q.Refused = q.Level+1, reason, refused(runErr)
		log.Error("quarantine: the service slows down until a run succeeds", "reason", reason, "pause", q.Pause())
	case runErr == nil && q.Level > 0 && !r.onlyWaited():
		log.Info("quarantine ended by a good run", "since", q.Since)
		q = Quarantine{}
	default:
		return nil
	}
	return SlowDown.Save(ctx, db, q)
}
