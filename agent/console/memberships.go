package console

import (
	"context"

	"okta-walkme-agent/state"
)

// membership is a pushed group that a person is in, in Okta, in WalkMe, or both.
type membership struct {
	Name, Link     string
	Okta, WalkMe   bool
	PausedOrUnread string
	Next           string // what the next run does; "": nothing
}

// fillMemberships lays Okta's groups beside those that WalkMe was told of.
func (s *Server) fillMemberships(ctx context.Context, db *state.DB, page *personPage, id string) error {
	pushed, err := s.members.GroupsOf(ctx, db, id)
	if err != nil {
		return err
	}
	source, err := s.members.SourceGroupsOf(ctx, db, id)
	if err != nil {
		return err
	}
	page.Groups = memberships(source, pushed)
	provisioned := page.InScope && page.Rejected == ""
	for i := range page.Groups {
		m := &page.Groups[i]
		switch {
		case m.PausedOrUnread != "" || !provisioned || m.Okta == m.WalkMe:
		case m.Okta:
			m.Next = "goes in"
		default:
			m.Next = "goes out, under the limits"
		}
	}
	return nil
}

func memberships(source []state.SourceGroup, pushed []state.Record) []membership {
	var out []membership
	seen := map[string]int{}
	for i := range source {
		g := &source[i]
		m := membership{Name: g.Name, Link: addressOf("groups", g.ID), Okta: true}
		switch {
		case g.Unreadable != "":
			m.PausedOrUnread = "not read: " + g.Unreadable
		case g.Paused, g.PausedBy != "":
			m.PausedOrUnread = "paused"
		}
		seen[g.ID] = len(out)
		out = append(out, m)
	}
	for i := range pushed {
		g := &pushed[i]
		at, ok := seen[g.SourceID]
		if !ok {
			at = len(out)
			out = append(out, membership{Name: g.Name, Link: addressOf("groups", g.SourceID)})
		}
		out[at].WalkMe = true
	}
	return out
}
