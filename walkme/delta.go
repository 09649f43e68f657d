package walkme

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// change is one member who joins or leaves.
type change struct {
	member Member
	remove bool
}

// patch returns the operations for changes: one remove for each member who
// leaves, then one add for all who join.
func patch(changes []change) []scim.Operation {
	var operations []scim.Operation
	var add []Member
	for _, ch := range changes {
		if !ch.remove {
			add = append(add, ch.member)
			continue
		}
		operations = append(operations, scim.Operation{
			Op:   "remove",
			Path: "members[" + scim.FilterEq("value", ch.member.ID) + "]",
		})
	}
	if len(add) > 0 {
		operations = append(operations, scim.Operation{Op: "add", Path: "members", Value: array(memberTexts(add))})
	}
	return operations
}

// maxLone is how many members may be refused one by one, while nothing got
// through, before the form of the request is taken to be at fault.
const maxLone = 4

// deltaWrite makes one batch of changes by PATCH, in parts where it must.
type deltaWrite struct {
	c        *Client
	update   MembersUpdate
	answered object // the last that the server showed of the group
	applied  []change
	refused  []RefusedMember
	replaced bool // the whole list was written instead
}

func (c *Client) writeDelta(ctx context.Context, u MembersUpdate) (*MembersResult, error) {
	w := &deltaWrite{c: c, update: u}
	all := changesOf(u)
	if len(all) == 0 {
		return &MembersResult{}, nil
	}
	for batch := range slices.Chunk(all, c.wire.MemberBatch) {
		if err := w.apply(ctx, batch); err != nil {
			return nil, w.partial(err)
		}
	}
	if len(w.applied) == 0 {
		return nil, &AllRefusedError{w.refused}
	}
	r, err := c.check(ctx, w.expectation(), w.answered)
	if err != nil {
		return nil, err
	}
	r.Refused = append(w.refused, r.Refused...)
	return r, nil
}

// changesOf puts those who leave before those who join.
func changesOf(u MembersUpdate) []change {
	var list []change
	for _, m := range u.Remove {
		list = append(list, change{m, true})
	}
	for _, m := range u.Add {
		list = append(list, change{m, false})
	}
	return list
}

// apply sends changes in one PATCH. If they are refused, it finds out which of
// them the group lacks, and sends those again, in halves if it lacks all.
func (w *deltaWrite) apply(ctx context.Context, changes []change) error {
	if w.replaced {
		return nil
	}
	o, err := w.c.patchGroup(ctx, w.update.GroupID, patch(changes)...)
	if err == nil {
		w.answered, w.applied = o, append(w.applied, changes...)
		return nil
	}
	if !w.c.wire.SplitRefused {
		return err
	}
	rest, err := w.outstanding(ctx, changes, err)
	var refused *scim.Error
	switch {
	case len(rest) == 0 || !errors.As(err, &refused):
		return err
	case len(rest) < len(changes):
		return w.apply(ctx, rest)
	case len(rest) == 1 && w.isInside(ctx, rest[0], refused):
		w.applied = append(w.applied, rest[0])
		return nil
	case len(rest) == 1:
		return w.reject(rest[0], refused)
	}
	half := len(rest) / 2
	if err := w.apply(ctx, rest[:half]); err != nil {
		return err
	}
	return w.apply(ctx, rest[half:])
}

// isInside says whether a 409, for the second time, is about a member who is in the group
// already, whom a list that is cut does not show.
func (w *deltaWrite) isInside(ctx context.Context, ch change, refused *scim.Error) bool {
	if ch.remove || !errors.Is(refused, scim.ErrConflict) || len(both([]Member{ch.member}, w.update.Doubtful)) == 0 {
		return false
	}
	g, err := w.c.readGroup(ctx, w.update.GroupID)
	if err != nil {
		return false
	}
	w.answered = g.raw
	return w.c.isPart(ctx, g, []Member{ch.member}, true)
}

// reject notes a change that was refused on its own.
func (w *deltaWrite) reject(ch change, err *scim.Error) error {
	w.refused = append(w.refused, RefusedMember{Member: ch.member, Remove: ch.remove, Err: err})
	if len(w.applied) == 0 && len(w.refused) >= maxLone {
		return err
	}
	return nil
}

// outstanding returns those of the changes that were certainly not applied,
// together with err; none if err is the last word. What the server shows
// decides, as far as it shows anything: a refusal may be about a member who is in
// the group already, and a 5xx may have been applied.
func (w *deltaWrite) outstanding(ctx context.Context, changes []change, err error) ([]change, error) {
	unanswered := is[*UnansweredError](err) && is[*scim.Error](err)
	if !unanswered && !refusedForContent(err) {
		return nil, err
	}
	g, readErr := w.c.readGroup(ctx, w.update.GroupID)
	switch {
	case isNotFound(readErr):
		return nil, readErr
	case readErr == nil && unanswered && string(g.raw.get("members")) == "null" && (!w.update.Linked || w.c.echoes.Load()):
		return nil, w.replaceNull(ctx)
	case readErr == nil && w.c.evidence(g):
		if rest := w.notShown(g, changes); len(rest) > 0 {
			return rest, err
		}
		return nil, nil
	case isFault(err):
		return w.ofKnown(ctx, changes, err)
	case unanswered:
		return nil, err
	}
	return changes, err
}

// ofKnown rejects those who are to join and whom the server does not know, and
// returns the other changes. If it knows them all, err is the last word.
func (w *deltaWrite) ofKnown(ctx context.Context, changes []change, err error) ([]change, error) {
	var joining []Member
	for _, ch := range changes {
		if !ch.remove {
			joining = append(joining, ch.member)
		}
	}
	unknown := w.c.unknownMembers(ctx, &Group{}, joining)
	if len(unknown) == 0 {
		return nil, err
	}
	w.refused = append(w.refused, unknown...)
	rest := slices.DeleteFunc(slices.Clone(changes), func(ch change) bool {
		return !ch.remove && len(without([]Member{ch.member}, unknown)) == 0
	})
	if len(rest) == 0 {
		return nil, nil
	}
	return rest, err
}

// notShown takes note of the changes that a group shows, and returns the others. That a part
// of a list lacks a member who leaves shows nothing.
func (w *deltaWrite) notShown(g *Group, changes []change) []change {
	w.answered = g.raw
	shown := g.ids()
	_, doubtful := (&Group{Members: w.update.Doubtful}).difference(w.update.Remove)
	part := g.Incomplete(slices.Concat(w.update.stay(), doubtful))
	var rest []change
	for _, ch := range changes {
		if _, in := slices.BinarySearch(shown, ch.member.ID); in == ch.remove || ch.remove && part {
			rest = append(rest, ch)
		} else {
			w.applied = append(w.applied, ch)
		}
	}
	return rest
}

// replaceNull writes the whole list of a group whose members are stored as null:
// one server fails every add and remove on such a group until a replace.
func (w *deltaWrite) replaceNull(ctx context.Context) error {
	members := union(&Group{}, w.update)
	op := scim.Operation{Op: "replace", Path: "members", Value: array(memberTexts(members))}
	o, err := w.c.patchGroup(ctx, w.update.GroupID, op)
	if err != nil {
		return err
	}
	w.answered, w.applied, w.replaced = o, changesOf(w.update), true
	return nil
}

func (w *deltaWrite) partial(err error) error {
	if len(w.applied) == 0 {
		return err
	}
	return &PartialError{"a part of the batch", err}
}

func (w *deltaWrite) expectation() expectation {
	e := expectation{id: w.update.GroupID, stay: w.update.stay(), again: w.update.Doubtful}
	for _, ch := range w.applied {
		if ch.remove {
			e.absent = append(e.absent, ch.member)
		} else {
			e.present = append(e.present, ch.member)
		}
	}
	return e
}

// refusedForContent tells whether a write was refused for what it says, so that
// saying less may help.
func refusedForContent(err error) bool {
	var e *scim.Error
	if is[*UnansweredError](err) || errors.Is(err, ErrRateLimited) || !errors.As(err, &e) {
		return false
	}
	return slices.Contains([]int{
		http.StatusBadRequest, http.StatusNotFound, http.StatusConflict,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity,
	}, e.Status)
}

// isFault tells whether a write was answered 500: it may have been applied, it may
// have been refused by a server that does not tell its own faults from the
// client's.
func isFault(err error) bool {
	var e *scim.Error
	return is[*UnansweredError](err) && errors.As(err, &e) && e.Status == http.StatusInternalServerError
}

func isNotFound(err error) bool { return errors.Is(err, scim.ErrNotFound) }
