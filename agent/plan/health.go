package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/okta"
)

// The verdicts. A snapshot that is unusable never gets this far: okta.Snapshot
// refuses it.
const (
	Healthy  = "healthy"
	Degraded = "degraded"
)

// Assess judges a complete snapshot before anything is compared with it. Okta
// answers an empty list to credentials that lack an admin role, so an empty list
// where people are managed is not taken for an empty app. listed is how many people
// Okta listed, those in step included.
func Assess(snap *okta.Snapshot, listed int, managed Counts) Health {
	h := Health{Verdict: Healthy, Reasons: []string{}}
	if listed == 0 && managed.Users > 0 {
		accounts := fmt.Sprintf("%d accounts are", managed.Users)
		if managed.Users == 1 {
			accounts = "1 account is"
		}
		h.DoubtUsers = "Okta listed nobody, but " + accounts + " managed: the credentials may lack an admin role"
		h.Reasons = append(h.Reasons, h.DoubtUsers)
	}
	for _, p := range snap.Problems {
		listed := slices.ContainsFunc(snap.Groups, func(g okta.Group) bool { return g.ID == p.GroupID })
		if !listed { // so its absence says nothing
			h.DoubtGroups = fmt.Sprintf("%s could not be resolved: %s", p.Source, p.Reason)
		}
		h.Reasons = append(h.Reasons, strings.TrimSpace(p.Source+" "+p.GroupID)+": "+p.Reason)
	}
	if len(h.Reasons) > 0 {
		h.Verdict = Degraded
	}
	return h
}

// DigestSource identifies everything of Okta that a plan depends on. The order in which
// people were read does not show, nor does who of them is in step.
func DigestSource(desired Desired, inStep *InStep, groups []GroupWant) string {
	var sum sourceDigest
	var dropped map[string]bool // they were counted before
	if inStep != nil {
		sum, dropped = inStep.digest, inStep.dropped
	}
	for i := range desired.People {
		if p := &desired.People[i]; !dropped[p.SourceID] {
			sum.add(p.SourceID, p.sourceSum())
		}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%x\n", sum)
	for i := range groups {
		g := &groups[i]
		fmt.Fprintf(h, "%s %s %q\n", g.OktaID, g.SourceDigest, g.Leave)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// DigestGroup is GroupWant.SourceDigest of a group with these members.
func DigestGroup(g *okta.Group, members []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %t %q\n", g.Name, g.Link, g.Paused || g.PausedBy != "", g.Unreadable)
	for _, id := range members {
		h.Write([]byte(id))
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
