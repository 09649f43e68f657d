package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// Presence is what Okta wants of a person's account.
type Presence string

// The three answers. Keep is the safe one: leave the account as it is.
const (
	Present Presence = "present" // assigned: an active account with the mapped profile
	Absent  Presence = "absent"  // no longer assigned: a deactivated account
	Keep    Presence = "keep"    // suspended, unknown or rejected: send nothing
)

// Person is one assignment, translated.
type Person struct {
	scim.Resource
	Presence     Presence
	Why          string // one sentence: assigned through group X, suspended in Okta …
	SourceDigest string // of every Okta value that the mapping and the presence depend on
	Rejection    *Rejection
	AssignedAt   time.Time // when the assignment was last changed, by Okta's clock; zero when Okta did not say

	shares bool // rejected, because another person has the userName, too
}

// Rejection is a person or group that cannot be provisioned. It is left as it is
// in WalkMe, and never treated as a leaver.
type Rejection struct {
	Type   scim.Type `json:"type"`
	OktaID string    `json:"okta_id"`
	Name   string    `json:"name"`
	Path   string    `json:"path"`
	Error  string    `json:"error"`

	// Cause is CauseMapping of a managed person whose value could be mapped under the
	// expression that it was pushed with; empty: not known.
	Cause Cause `json:"cause,omitempty"`

	source string // groups: the source that could not be resolved
}

// Desired is what Okta wants of WalkMe's users.
type Desired struct {
	People []Person // sorted by Okta id
}

// Find returns the person with that Okta id, or nil.
func (d Desired) Find(oktaID string) *Person {
	lo, hi := 0, len(d.People)
	for lo < hi {
		mid := (lo + hi) / 2
		if d.People[mid].SourceID < oktaID {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(d.People) && d.People[lo].SourceID == oktaID {
		return &d.People[lo]
	}
	return nil
}

// absent says that a person is to have no active account.
func (d Desired) absent(oktaID string) bool {
	person := d.Find(oktaID)
	return person == nil || person.Presence == Absent
}

// DesirePolicy is the part of the configuration that decides who is in scope.
type DesirePolicy struct {
	// DeactivateSuspended deactivates people who are suspended in Okta. Okta's
	// engine sends nothing for them.
	DeactivateSuspended bool

	// RequireEmail rejects a userName that is not an e-mail address, which
	// WalkMe demands, before the request is made.
	RequireEmail bool
}

// Desired maps every assignment of the snapshot. No person is dropped: one who
// cannot be mapped comes back with Presence Keep and a Rejection, and so does
// each of two people who map to one userName.
func (m Mapping) Desired(snap *okta.Snapshot, policy DesirePolicy) Desired {
	t := m.Translator(AppMembers(snap.App), policy)
	people := make([]Person, len(snap.Users))
	for i := range snap.Users {
		people[i] = t.Person(&snap.Users[i])
	}
	return DesiredOf(people, snap.Users)
}

// DesiredOf is Desired of people who were translated one by one, each from the user at
// the same place. It takes people over.
func DesiredOf(people []Person, users []okta.User) Desired {
	for i := range people {
		people[i].forgiveShared()
	}
	rejectSharedNames(people, users)
	return Desired{People: people}
}

// Reject leaves the person as they are in WalkMe, and says why.
func (p *Person) Reject(name string, err error) {
	r := &Rejection{Type: scim.User, OktaID: p.SourceID, Name: name, Error: err.Error()}
	var rule *MappingError
	if errors.As(err, &rule) {
		r.Path, r.Error = rule.Path, rule.Msg
	}
	p.Presence, p.Rejection = Keep, r
}

func checkUserName(as scim.Attributes, policy DesirePolicy) error {
	value := as.Get(scim.PathUserName)
	name, ok := value.(string)
	switch {
	case value == nil || ok && strings.TrimSpace(name) == "":
		return &MappingError{Path: scim.PathUserName, Msg: "Okta has no value for it, and WalkMe needs one"}
	case !ok:
		return &MappingError{Path: scim.PathUserName, Msg: fmt.Sprintf("must be text, not %v", value)}
	case policy.RequireEmail && !looksLikeEmail(name):
		return &MappingError{Path: scim.PathUserName, Msg: fmt.Sprintf("%q is not an e-mail address, which WalkMe asks for", name)}
	}
	return nil
}

// rejectSharedNames rejects everybody whose userName another present person has,
// too (see scim.SameName).
func rejectSharedNames(people []Person, users []okta.User) {
	first, shared := make(map[string]int, len(people)), map[string][]int{}
	for i := range people {
		if people[i].Presence != Present {
			continue
		}
		key := scim.NameKey(people[i].Name())
		j, taken := first[key]
		switch {
		case !taken:
			first[key] = i
		case shared[key] == nil:
			shared[key] = []int{j, i}
		default:
			shared[key] = append(shared[key], i)
		}
	}
	for _, same := range shared {
		labels := make([]string, len(same))
		for n, i := range same {
			labels[n] = people[i].label(&users[i])
		}
		for n, i := range same {
			others := slices.Clone(labels[:min(len(labels), shownSharers+1)]) // it may be among these
			if n < len(others) {
				others = slices.Delete(others, n, n+1)
			}
			people[i].rejectShared(labels[n], others[:min(len(others), shownSharers)], len(labels)-1)
		}
	}
}

// label tells people of one userName apart: by the id, and by the name that the app has
// for the person in Okta, where that is another one.
func (p *Person) label(u *okta.User) string {
	if u.UserName == "" || scim.SameName(u.UserName, p.Name()) {
		return u.ID
	}
	return u.ID + " (" + u.UserName + ")"
}

// shownSharers is how many people of one userName an error names besides its own.
const shownSharers = 3

// rejectShared rejects a person whose userName others have, of whom some are named.
func (p *Person) rejectShared(self string, named []string, others int) {
	name, all, rest := p.Name(), "all", ""
	if more := others - len(named); more > 0 {
		rest = fmt.Sprintf(" and %d more", more)
	}
	if others == 1 {
		all = "both"
	}
	p.Reject(name, &MappingError{Path: scim.PathUserName, Msg: fmt.Sprintf("%q is the userName of this Okta user, %s, and also of %s%s; %s are left as they are",
		name, self, strings.Join(named, ", "), rest, all)})
	p.Active, p.shares = false, true
}

// forgiveShared undoes rejectShared.
func (p *Person) forgiveShared() {
	if p.shares {
		p.Presence, p.Rejection, p.Active, p.shares = Present, nil, true, false
	}
}

// PresenceOf translates the status of the assignment and of the Okta account.
// Okta's page on application users lists the former, the one on user lifecycle
// the latter. A status that neither lists keeps the account as it is.
func PresenceOf(u *okta.User, policy DesirePolicy) (Presence, string) {
	switch u.Status {
	case "INACTIVE", "SUSPENDED", "DEPROVISIONED", "REVOKED":
		return Absent, "the assignment is " + strings.ToLower(u.Status) + " in Okta"
	case "ACTIVE", "PROVISIONED", "STAGED", "PENDING", "APPROVED", "IMPLICIT":
	case "IMPORTED", "MATCHED", "UNASSIGNED":
		return Keep, "the app user was imported, not assigned"
	default:
		return Keep, fmt.Sprintf("unknown assignment status %q", u.Status)
	}
	switch u.AccountStatus {
	case "ACTIVE", "PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "STAGED":
		return Present, assignedWhy(u)
	case "DEPROVISIONED":
		return Absent, "deactivated in Okta"
	case "SUSPENDED":
		if policy.DeactivateSuspended {
			return Absent, "suspended in Okta"
		}
		return Keep, "suspended in Okta: nothing is sent"
	case "":
		return Keep, "Okta did not say the account's status"
	default:
		return Keep, fmt.Sprintf("unknown account status %q", u.AccountStatus)
	}
}

func assignedWhy(u *okta.User) string {
	if u.Scope == "GROUP" && u.GroupID != "" {
		return "assigned in Okta through group " + u.GroupID
	}
	if u.Scope == "GROUP" {
		return "assigned in Okta through a group"
	}
	return "assigned in Okta"
}

// sourceSum is the SourceDigest in bytes.
func (p *Person) sourceSum() (sum [16]byte) {
	if len(p.SourceDigest) == 2*len(sum) {
		if _, err := hex.Decode(sum[:], []byte(p.SourceDigest)); err == nil {
			return sum
		}
	}
	other := sha256.Sum256([]byte(p.SourceDigest))
	return [16]byte(other[:16])
}

func digestUser(u *okta.User) string {
	h := sha256.New()
	for _, s := range []string{u.ID, u.UserName, u.Status, u.AccountStatus} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	h.Write(u.AppProfile)
	h.Write([]byte{0})
	h.Write(u.Profile)
	var sum [sha256.Size]byte
	return hex.EncodeToString(h.Sum(sum[:0])[:16])
}
