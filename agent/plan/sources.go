package plan

import (
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// ReportSources puts the sources that could not be resolved in the place of their
// groups, each of which is left alone for the same reason.
func (p *Plan) ReportSources(snap *okta.Snapshot) {
	sources := problemsOf(snap)
	p.Rejected = slices.DeleteFunc(p.Rejected, func(r Rejection) bool {
		return slices.ContainsFunc(sources, func(s Rejection) bool { return r.source != "" && s.OktaID == "" && s.Name == r.source })
	})
	p.Rejected = append(p.Rejected, sources...)
}

// RejectUnchanged reports an object for which the plan has nothing to send and that is
// not in step either.
func (p *Plan) RejectUnchanged(r Rejection) {
	p.Rejected = append(p.Rejected, r)
	p.Summary.Unchanged--
}

// problemsOf lists the sources that could not be resolved. Groups that could not
// be read whole are reported by the planner, each under its own name.
func problemsOf(snap *okta.Snapshot) []Rejection {
	var out []Rejection
	for _, p := range snap.Problems {
		unreadable := slices.ContainsFunc(snap.Groups, func(g okta.Group) bool { return g.ID == p.GroupID && g.Unreadable != "" })
		if !unreadable {
			out = append(out, Rejection{Type: scim.Group, OktaID: p.GroupID, Name: p.Source, Path: "source", Error: p.Reason})
		}
	}
	return out
}

func compareRejections(a, b Rejection) int {
	return scim.Compare(
		scim.Resource{Type: a.Type, SourceID: a.OktaID + "\x00" + a.Name + "\x00" + a.Error},
		scim.Resource{Type: b.Type, SourceID: b.OktaID + "\x00" + b.Name + "\x00" + b.Error})
}
