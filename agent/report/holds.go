package report

import (
	"fmt"
	"io"

	"okta-walkme-agent/agent"
)

// programHolds is the command that decides about holds; a verb and an id come after it.
const programHolds = "okta-walkme-agent holds "

// HoldsText writes what waits for a decision and what was decided, each with the
// commands about it.
func HoldsText(w io.Writer, view *agent.HoldsView, o Options) error {
	p := &printer{o: o}
	if len(view.Holds) == 0 {
		p.paragraph(0, plain, "Nothing is held, and no decision is in force.")
	}
	for i := range view.Holds {
		if i > 0 {
			p.blank()
		}
		p.hold(&view.Holds[i])
		p.holdCommands(&view.Holds[i])
	}
	return p.writeHolds(w)
}

// HoldText writes one hold with everything that it is about.
func HoldText(w io.Writer, h *agent.HoldView, o Options) error {
	p := &printer{o: o}
	p.hold(h)
	var col column
	for _, c := range h.Changes {
		col.fit(name(c.Name, c.OktaID))
	}
	if len(h.Changes) > 0 {
		p.blank()
	}
	for _, c := range h.Changes {
		text := words(c.Action).label
		if c.Attribute != "" {
			text = "empty " + c.Attribute
		}
		if c.MemberID != "" {
			text = "take out " + name(c.Member, c.MemberID)
		}
		p.item(2, signStyle(c.Action), words(c.Action).sign, name(c.Name, c.OktaID), col, text)
	}
	if !h.Ended {
		p.blank()
		p.decideCommands(h)
	}
	return p.writeHolds(w)
}

// DecisionText says what was decided, and what follows from it.
func DecisionText(w io.Writer, h *agent.HoldView, o Options) error {
	p := &printer{o: o}
	p.hold(h)
	switch {
	case h.State == agent.HoldRejected:
		p.paragraph(2, plain, "they stay undone until "+programHolds+"approve "+h.ID)
	case !h.Resync && !h.Refresh: // of those it is said above
		p.paragraph(2, plain, "the next run carries it out, sync does so now")
	}
	return p.writeHolds(w)
}

func (p *printer) writeHolds(w io.Writer) error {
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("holds as text: %w", err)
	}
	return nil
}

// hold prints what is held and what was said about it.
func (p *printer) hold(h *agent.HoldView) {
	title, note := "Waiting: ", "since "+moment(h.CreatedAt, p.o.Now)
	if h.State != agent.HoldWaiting {
		title, note = "Approved: ", "by "+h.DecidedBy
		if h.State == agent.HoldRejected {
			title = "Rejected: "
		}
		if h.DecidedAt != nil {
			note += ", " + moment(*h.DecidedAt, p.o.Now)
		}
	}
	p.heading(title+holdKind(h.Kind, h.Count), note)
	if h.DecisionReason != "" {
		p.paragraph(2, plain, "because: "+h.DecisionReason)
	}
	if h.Reason != "" {
		p.paragraph(2, plain, "held because: "+h.Reason)
	}
	if left := len(h.Changes); h.State != agent.HoldWaiting && !h.Ended && left < h.Count {
		p.paragraph(2, plain, number(left)+" left of them")
	}
	if h.Ended {
		p.paragraph(2, plain, "nothing of it is in force any more: it was carried out, or the people have returned")
	}
	if h.Resync {
		p.paragraph(2, plain, "of a resync: the next resync of the same carries a decision out")
	}
	if h.Refresh {
		p.paragraph(2, plain, "of a refresh: the next sync --refresh carries a decision out")
	}
}

func (p *printer) holdCommands(h *agent.HoldView) {
	p.command(2, programHolds+"show "+h.ID)
	p.decideCommands(h)
}

func (p *printer) decideCommands(h *agent.HoldView) {
	if h.State != agent.HoldApproved {
		p.command(2, programHolds+"approve "+h.ID)
	}
	if h.State != agent.HoldRejected {
		p.command(2, programHolds+"reject "+h.ID)
	}
}
