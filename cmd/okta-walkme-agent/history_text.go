package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// widestName is the widest column of names; a longer one pushes its line.
const widestName = 40

// text prints the entries under their runs. Everything that came from outside is
// escaped.
func (v *historyView) text(w io.Writer) error {
	out := bufio.NewWriter(w)
	if len(v.Entries) == 0 {
		fmt.Fprintln(out, "No changes are recorded.")
	}
	nameWidth := 0
	for _, e := range v.Entries {
		if n := utf8.RuneCountInString(report.Escape(e.Name)); n <= widestName {
			nameWidth = max(nameWidth, n)
		}
	}
	for i, e := range v.Entries {
		if i == 0 || v.Entries[i-1].RunID != e.RunID {
			if i > 0 {
				fmt.Fprintln(out)
			}
			v.heading(out, e)
		}
		v.entry(out, e, nameWidth)
	}
	if v.More {
		fmt.Fprintf(out, "\nThere are older entries; --limit 0 shows all.\n")
	}
	return out.Flush()
}

func (v *historyView) heading(w io.Writer, e historyEntry) {
	r, ok := v.runs[e.RunID]
	if !ok {
		fmt.Fprintf(w, "Run %s\n", report.Escape(e.RunID))
		return
	}
	fmt.Fprintf(w, "%s  run %s  %s, %s\n", r.StartedAt.Local().Format(time.DateTime), report.Escape(r.ID), report.Escape(r.Trigger), report.Escape(r.Outcome))
}

func (v *historyView) entry(w io.Writer, e historyEntry, nameWidth int) {
	name, outcome := report.Escape(cmp.Or(e.Name, e.OktaID)), string(e.Outcome)
	switch {
	case e.Outcome == state.Pending && v.runs[e.RunID].Outcome == state.Running:
		outcome = "under way"
	case e.Outcome == state.Pending:
		outcome = "unsettled"
	}
	if e.HTTPStatus > 0 {
		outcome += fmt.Sprintf(" (%d)", e.HTTPStatus)
	}
	pad := strings.Repeat(" ", max(0, nameWidth-utf8.RuneCountInString(name)))
	fmt.Fprintf(w, "  %s  %-13s  %s%s  %-15s  %s\n", e.StartedAt.Local().Format(time.TimeOnly), e.Action, name, pad, outcome, report.Escape(cmp.Or(e.Reason, e.Cause)))
	if e.Error != "" {
		fmt.Fprintf(w, "      %s\n", report.Escape(e.Error))
	}
	if e.ApprovedBy != "" {
		fmt.Fprintf(w, "      %s\n", report.Escape(approvalText(e)))
	}
	for _, a := range e.Attributes {
		fmt.Fprintf(w, "      %s\n", attributeText(a))
	}
	if e.Members != nil {
		v.members(w, "+", e.Members.Add)
		v.members(w, "-", e.Members.Remove)
	}
}

func approvalText(e historyEntry) string {
	text := "approved by " + e.ApprovedBy
	if e.ApprovedAt != nil {
		text += " at " + e.ApprovedAt.Local().Format(time.DateTime)
	}
	if e.ApprovalReason != "" {
		text += ": " + e.ApprovalReason
	}
	return text
}

func attributeText(a scim.AttributeChange) string {
	return report.Escape(a.Path) + ": " + report.Escape(valueText(a.Old)) + " → " + report.Escape(valueText(a.New))
}

// valueText is the value as JSON; what is unassigned has a word.
func valueText(v any) string {
	if v == nil {
		return "(none)"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// members prints names, sorted; a person who is no longer known has the id.
func (v *historyView) members(w io.Writer, sign string, ids []string) {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = cmp.Or(v.People[id], id)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(w, "      %s %s\n", sign, report.Escape(name))
	}
}
