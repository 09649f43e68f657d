package plan

import (
	"cmp"
	"fmt"
)

// A list is sharply shorter than before when it lacks this many and this share.
const (
	fallFrom  = 5
	fallShare = 20 // percent
)

// ListLengths is what the lengths of Okta's lists are compared with.
type ListLengths struct {
	Users  ListLength `json:"users"`
	Groups ListLength `json:"groups"`
}

// ListLength is how long one of Okta's lists was.
type ListLength struct {
	Trusted int  `json:"trusted"`           // in the last snapshot that was believed
	Doubted *int `json:"doubted,omitempty"` // in a later one that was not; nil: none
}

// next compares a list with the one before. A sharp fall is doubted once: when the
// next snapshot shows it again, that is how it is.
func (s ListLength) next(now int) (_ ListLength, doubted bool) {
	fell := func(before int) bool { return before-now >= fallFrom && (before-now)*100 > fallShare*before }
	if !fell(s.Trusted) || s.Doubted != nil && !fell(*s.Doubted) {
		return ListLength{Trusted: now}, false
	}
	return ListLength{Trusted: s.Trusted, Doubted: &now}, true
}

// Compare doubts removals where a list of Okta is sharply shorter than before, and
// returns what the next lists are compared with. An empty list of people is doubted
// anyway, and leaves the baseline unchanged.
func (h *Health) Compare(before ListLengths, users, groups int) ListLengths {
	now := before
	var doubted bool
	doubt := func(why *string, what string, before, now int) {
		text := fmt.Sprintf("Okta lists %d %s after %d the last time: removals wait until the next read shows the same", now, what, before)
		h.Verdict, h.Reasons, *why = Degraded, append(h.Reasons, text), cmp.Or(*why, text)
	}
	if h.DoubtUsers == "" {
		if now.Users, doubted = before.Users.next(users); doubted {
			doubt(&h.DoubtUsers, "people", before.Users.Trusted, users)
		}
	}
	if now.Groups, doubted = before.Groups.next(groups); doubted {
		doubt(&h.DoubtGroups, "groups to push", before.Groups.Trusted, groups)
	}
	return now
}
