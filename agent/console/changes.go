package console

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// changeLine is a change in a run, or in a timeline.
type changeLine struct {
	ID                 int64
	Action, rawName    string
	Sign, Tone, Label  string
	Name, OktaID, Link string
	Run                string // address
	At                 *moment
	Why, Cause         string
	Outcome            string
	OutcomeLink        string // "": none
	HTTP               int
	Error              string
	Values             []valueLine
	In, Out            []nameLink
	Others             int // members that are not listed
	ApprovedBy         string
	ApprovedAt         *moment
	Approval           string // its reason
	Long               bool   // too many members to show unasked
	Advice             *report.Advice
}

// sameApproval says whether the same person has let both pass, for the same reason.
func (c *changeLine) sameApproval(other *changeLine) bool {
	return c.ApprovedBy == other.ApprovedBy && c.Approval == other.Approval && c.ApprovedAt != nil && other.ApprovedAt != nil && c.ApprovedAt.At.Equal(other.ApprovedAt.At)
}

type valueLine struct {
	Path, Old, New string
	Changed        bool // there was a value before
}

type nameLink struct{ Name, Link string }

const (
	longMembers  = 12  // from how many members on a list is folded
	shownOfAList = 200 // members of a change
)

// changeLines shows entries of the journal; in the timeline of a person, of the members
// of a group that person alone.
func (s *Server) changeLines(ctx context.Context, db *state.DB, entries []state.Entry, person string) ([]changeLine, error) {
	details := make([]detail, len(entries))
	var ids []string
	for i := range entries {
		if len(entries[i].Change) > 0 {
			_ = json.Unmarshal(entries[i].Change, &details[i]) // an entry without details has none to show
		}
		details[i].shorten(person)
		ids = append(append(ids, details[i].Members.Add...), details[i].Members.Remove...)
	}
	names, err := db.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]changeLine, len(entries))
	for i := range entries {
		out[i] = s.changeLine(&entries[i], details[i], names)
	}
	return out, nil
}

// detail is the part of an entry that says what was changed.
type detail struct {
	Attributes []scim.AttributeChange `json:"attributes"`
	Members    plan.MemberChange      `json:"members"`

	others int // members that were left out
}

// shorten leaves out the members that a page does not show.
func (d *detail) shorten(person string) {
	for _, list := range []*[]string{&d.Members.Add, &d.Members.Remove} {
		all, some := *list, (*list)[:min(len(*list), shownOfAList)]
		if person != "" {
			some = slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id != person })
		}
		*list = some
		d.others += len(all) - len(some)
	}
}

func (s *Server) changeLine(e *state.Entry, d detail, names map[string]string) changeLine {
	action := plan.Action(e.Action)
	c := changeLine{
		ID: e.ID, Action: e.Action, rawName: e.Name, Sign: report.ActionSign(action), Tone: report.ActionTone(action), Label: report.ActionLabel(action),
		Name: e.Name, OktaID: e.SourceID, Link: objectLink(e.Type, e.SourceID), Run: addressOf("runs", e.RunID),
		At: s.at(e.StartedAt), Why: e.Reason, Cause: e.Cause, Outcome: string(e.State), HTTP: e.HTTPStatus, Error: e.Error,
		ApprovedBy: e.ApprovedBy, ApprovedAt: s.at(e.ApprovedAt), Approval: e.ApprovalReason,
	}
	if c.Name == "" {
		c.Name = e.SourceID
	}
	if e.State == state.Failed {
		c.Advice = s.advise(e.Type, e.HTTPStatus, e.Error)
	}
	c.detailed(d, names)
	return c
}

// detailed adds the values and members that a change is about.
func (c *changeLine) detailed(d detail, names map[string]string) {
	c.Long, c.Others = len(d.Members.Add)+len(d.Members.Remove) > longMembers, d.others
	for _, a := range d.Attributes {
		c.Values = append(c.Values, valueLine{Path: a.Path, Old: display(a.Old), New: display(a.New), Changed: a.Old != nil})
	}
	for _, id := range d.Members.Add {
		c.In = append(c.In, nameLink{nameOr(names, id), addressOf("people", id)})
	}
	for _, id := range d.Members.Remove {
		c.Out = append(c.Out, nameLink{nameOr(names, id), addressOf("people", id)})
	}
}

// plannedLine is a change that was not made yet. Names are those of members, by Okta id.
func (s *Server) plannedLine(c *plan.Change, names map[string]string) changeLine {
	line := changeLine{
		Action: string(c.Action), Sign: report.ActionSign(c.Action), Tone: report.ActionTone(c.Action), Label: verb(c.Action),
		Name: cmp.Or(c.Name, c.OktaID), OktaID: c.OktaID, Why: c.Reason.String(), Cause: string(c.Cause), Link: objectLink(c.Type, c.OktaID),
		ApprovedBy: c.ApprovedBy, Approval: c.ApprovalReason, Outcome: s.blockWords(c.Block),
	}
	if c.ApprovedAt != nil {
		line.ApprovedAt = s.at(*c.ApprovedAt)
	}
	d := detail{Attributes: c.Attributes, Members: c.Members}
	d.shorten("")
	line.detailed(d, names)
	return line
}

// blockWords says what keeps a change from being sent; "" when nothing does.
func (s *Server) blockWords(b *plan.Block) string {
	switch {
	case b == nil:
		return ""
	case b.IsHeld():
		return "held until a person decides"
	case b.Is(plan.BlockRejected):
		return joinedBy(": ", "left undone, rejected by "+b.By, b.Reason)
	case b.Is(plan.BlockDisabled):
		return "disabled by configuration: " + b.Detail + " is off"
	case b.Is(plan.BlockPaused):
		return joinedBy(": ", "paused by configuration", b.Detail)
	case b.Until != nil:
		return "waits until " + absolute(*b.Until)
	}
	return joinedBy(": ", "not confirmed", b.Detail)
}
