package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/state"
)

func (v *statusView) text(w io.Writer, now time.Time) error {
	fmt.Fprintf(w, "Managed    %s, %s\n", count(v.Managed.Users, "user", "users"), count(v.Managed.Groups, "group", "groups"))
	if v.DryRun {
		fmt.Fprintln(w, "Dry run    dry_run is true: the service plans and sends nothing; plan shows whom it concerns")
	}
	if v.NextRun != nil {
		fmt.Fprintf(w, "Next run   %s\n", local(*v.NextRun, now))
	}
	if h := v.Health; h != nil {
		fmt.Fprintf(w, "Okta       %s as of %s\n", h.Verdict, local(h.At, now))
		for _, reason := range h.Reasons {
			fmt.Fprintf(w, "           - %s\n", report.Escape(reason))
		}
	}
	if why := v.StateDoubt; why != "" {
		fmt.Fprintf(w, "State      in doubt: every removal waits once for a decision\n           - %s\n", why)
	}
	if n := v.NotShown; n != nil {
		fmt.Fprintf(w, "Unseen     accepted, not shown: %s\n", report.Escape(report.NotShownWords(*n, v.unshown)))
	}
	if q := v.Quarantine; q != nil {
		fmt.Fprintf(w, "Quarantine since %s: %s; the service waits %s between two runs, a good sync ends it\n",
			local(q.Since, now), report.Escape(strings.TrimSuffix(q.Reason, ".")), q.Pause())
	}
	if v.UnderWay > 0 {
		fmt.Fprintf(w, "Under way  %s\n", count(v.UnderWay, "change", "changes"))
	}
	if v.Pending > 0 {
		fmt.Fprintf(w, "Unsettled  %s\n", count(v.Pending, "change was cut off; the next run settles what became of it", "changes were cut off; the next run settles what became of them"))
	}
	if len(v.Runs) == 0 {
		_, err := fmt.Fprintln(w, "\nNo run yet.")
		return err
	}
	return errors.Join(v.runsText(w), v.failuresText(w, now), v.holdsText(w), v.decidedText(w))
}

func (v *statusView) runsText(w io.Writer) error {
	t := &table{title: "Runs", header: "STARTED\tTRIGGER\tOUTCOME\tAPPLIED\tFAILED\tHELD\tREJECTED\tSKIPPED"}
	for _, r := range v.Runs {
		t.row(r.remark(), "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d", r.StartedAt.Local().Format(time.DateTime), r.Trigger,
			r.Outcome, r.Applied, r.Failed, r.Held, r.Rejected, r.Skipped)
	}
	return t.write(w)
}

// remark is what the columns of a run do not say.
func (r *statusRun) remark() string {
	switch r.Outcome {
	case service.RunPlanned:
		return count(r.Planned, "change", "changes") + " planned, nothing was sent"
	case state.Interrupted:
		return "its process ended in the middle; the next run settles what it left"
	}
	return r.Error
}

func (v *statusView) failuresText(w io.Writer, now time.Time) error {
	t := &table{title: "Failures", header: "TYPE\tNAME\tATTEMPTS\tNEXT TRY"}
	for _, f := range v.Failures {
		next := "next run"
		if f.NextTryAt != nil {
			next = local(*f.NextTryAt, now)
		}
		t.row(f.Error, "%s\t%s\t%d\t%s", f.Type, report.Escape(f.Name), f.Attempts, next)
	}
	return t.write(w)
}

func (v *statusView) holdsText(w io.Writer) error {
	t := &table{title: "Held, waiting for a decision", header: "ID\tCOUNT\tSINCE"}
	for _, h := range v.Holds {
		t.row(programName+" holds show "+h.ID, "%s\t%d\t%s", h.ID, h.Count, h.CreatedAt.Local().Format(time.DateTime))
	}
	return t.write(w)
}

func (v *statusView) decidedText(w io.Writer) error {
	t := &table{title: "Decided", header: "ID\tLEFT\tDECISION\tBY\tAT"}
	for _, d := range v.Decided {
		t.row(d.DecisionReason, "%s\t%d\t%s\t%s\t%s", d.ID, d.Count, d.State, report.Escape(d.DecidedBy), d.DecidedAt.Local().Format(time.DateTime))
	}
	return t.write(w)
}

// local writes a time on the clock of this machine, and how far it is from now.
func local(t, now time.Time) string {
	return t.Local().Format(time.DateTime) + " (" + report.Distance(t, now) + ")"
}
