package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// GroupWant is one pushed group, as its source describes it. Who of the members
// is pushed depends on the recorded users, too; New decides it.
type GroupWant struct {
	OktaID  string
	Name    string   // displayName that WalkMe should show
	Group   string   // name in Okta
	Linked  bool     // the source names an existing WalkMe group to link
	Members []string // all members in Okta, assigned or not; sorted
	Unread  int      // how many Members there are, when they were left in the state: see MemberLists
	Sources []string // the sources that name the group
	Leave   string   // why the group must be left alone: paused, unreadable; "" normally
	Problem bool     // Leave is worth a report, not just a pause
	Gone    bool     // Okta confirms that the group was deleted; Leave says so, too
	Paused  string   // the source whose pause keeps everything about the group from being sent; "" for none
	Source  string   // the source that is the problem, and is reported in the place of its groups; "" normally

	SourceDigest string
}

// DesiredGroups translates the snapshot's groups, sorted by Okta id. Two groups
// that map to one WalkMe name are both left alone with the reason: pushing either
// would give its members what the other one grants. Of a group whose members were left in the state
// SourceDigest is "", see DigestGroup.
func DesiredGroups(snap *okta.Snapshot) []GroupWant {
	wants := make([]GroupWant, 0, len(snap.Groups))
	for i := range snap.Groups {
		g := &snap.Groups[i]
		w := GroupWant{
			OktaID: g.ID, Name: cmp.Or(g.Link, g.Name), Group: g.Name, Linked: g.Link != "",
			Members: g.Members, Unread: g.Unread, Sources: g.Sources, Gone: g.Gone, Paused: g.PausedBy,
		}
		if g.Unread == 0 {
			w.SourceDigest = DigestGroup(g, g.Members)
		}
		switch {
		case g.Unreadable != "":
			w.Leave, w.Problem, w.Source = g.Unreadable, true, g.Unresolved
		case g.Paused:
			w.Leave = "the push is paused in Okta"
		case strings.TrimSpace(w.Name) == "":
			w.Leave, w.Problem = "the group has no name", true
		}
		wants = append(wants, w)
	}
	slices.SortFunc(wants, func(a, b GroupWant) int { return cmp.Compare(a.OktaID, b.OktaID) })
	leaveSharedNames(wants)
	return wants
}

func leaveSharedNames(wants []GroupWant) {
	first := map[string]int{}
	for i := range wants {
		if wants[i].Problem {
			continue
		}
		key := scim.NameKey(wants[i].Name)
		j, taken := first[key]
		if !taken {
			first[key] = i
			continue
		}
		for _, pair := range [][2]int{{i, j}, {j, i}} {
			if w := &wants[pair[0]]; !w.Problem {
				w.Problem = true
				w.Leave = fmt.Sprintf("Okta group %s is pushed to the same WalkMe group %q; both are left as they are",
					wants[pair[1]].OktaID, w.Name)
			}
		}
	}
}
