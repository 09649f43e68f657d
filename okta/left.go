package okta

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
)

// A list of members is sharply shorter than before when it lacks this many of
// those it had, and this share of them.
const (
	fallFrom  = 5
	fallShare = 20 // percent
)

const (
	witnesses    = 3  // missing members of a sharp fall who must have left
	mostDisputed = 12 // missing members who are asked about at most
)

// confirmLeft makes sure that who is missing from a list of members has left the
// group, when the list is empty or sharply shorter than before: a few of the
// missing, taken at random, are asked for their groups. Okta has every person in a
// group of its own, so that a person without any group is not seen for real.
//
// Those who are assigned to the app are asked first, because nothing else tells
// that they exist. Of the others, one who Okta says has been deleted is no witness,
// and no doubt either.
func (p *pushed) confirmLeft(ctx context.Context, groupID string, before, now []string) error {
	missing, need := suspicious(before, now)
	rand.Shuffle(len(missing), func(i, j int) { missing[i], missing[j] = missing[j], missing[i] })
	slices.SortStableFunc(missing, func(a, b string) int { return rank(p.assignedToApp(a)) - rank(p.assignedToApp(b)) })
	fewer := fmt.Sprintf("%d members after %d", len(now), len(before))
	if len(now) == 0 {
		fewer = fmt.Sprintf("no member after %d", len(before))
	}
	left := 0
	for _, id := range missing[:min(len(missing), mostDisputed)] {
		if left == need {
			break
		}
		groups, err := p.client.PersonGroups(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound) && !p.assignedToApp(id):
			continue
		case errors.Is(err, ErrNotFound), errors.Is(err, ErrForbidden): // of one group, not of the snapshot
			return incomplete("Okta lists %s, and does not say whether %s left the group", fewer, id)
		case err != nil:
			return err
		case len(groups) == 0 || slices.ContainsFunc(groups, func(g GroupRef) bool { return g.ID == groupID }):
			return incomplete("Okta lists %s, but does not say that %s left the group", fewer, id)
		}
		left++
	}
	return nil
}

// suspicious lists who is missing from a list of members, and how many of them must
// be known to have left before the list is believed. Both lists are sorted.
func suspicious(before, now []string) (missing []string, need int) {
	for _, id := range before {
		if _, found := slices.BinarySearch(now, id); !found {
			missing = append(missing, id)
		}
	}
	switch n := len(missing); {
	case n >= fallFrom && n*100 > fallShare*len(before):
		return missing, witnesses
	case n > 0 && len(now) == 0:
		return missing, 1
	}
	return nil, 0
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}
