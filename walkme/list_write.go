package walkme

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"okta-walkme-agent/internal/scim"
)

// listWrite writes the whole membership of a group: PUT for AIW, PATCH replace
// for OIN.
type listWrite struct {
	c        *Client
	id, name string
	rename   bool // a PUT carries name, not the name that the server shows
	linked   bool // see MembersUpdate
	expect   expectation

	ours         []Member // who is in the group, or was, because of us
	acknowledged []Member // see MembersUpdate
	trusting     bool     // a list is whole of which nothing but its length speaks against that
}

// send computes the list, if need be from what the server shows, and writes it.
func (w listWrite) send(ctx context.Context, list func(shown *Group) []Member, readFirst bool) (*MembersResult, error) {
	shown := &Group{}
	if readFirst {
		var err error
		if shown, err = w.c.readGroup(ctx, w.id); err != nil {
			return nil, err
		}
		if w.linked {
			if err := w.c.showsMembers(ctx); err != nil {
				return nil, err
			}
		}
		if err := w.c.requireShown(shown, both(w.expect.present, w.expect.again)); err != nil && !w.trusting {
			return nil, err
		}
		err = w.c.requireComplete(ctx, shown, w.ours, w.acknowledged, w.linked)
		if part, ok := errors.AsType[*IncompleteListError](err); ok && !(w.trusting && part.mayBeWhole) {
			return nil, err
		}
	}
	answered, err := w.write(ctx, shown, list(shown))
	var refused []RefusedMember
	switch {
	case !w.c.wire.SplitRefused:
	case isFault(err):
		answered, refused, err = w.afterFault(ctx, list, readFirst, err)
	case refusedForContent(err):
		answered, refused, err = w.withoutUnknown(ctx, shown, list(shown), readFirst, err)
	}
	if err != nil {
		return nil, err
	}
	expect := w.expect
	expect.present = without(expect.present, refused)
	r, err := w.c.check(ctx, expect, answered)
	if err != nil {
		return nil, err
	}
	r.Refused = append(refused, r.Refused...)
	return r, nil
}

// without sends the changes alone, because of cause no whole list can be written. A server
// that has no PATCH gets the list all the same where cause is no more than its length.
func (w listWrite) without(ctx context.Context, u MembersUpdate, list func(*Group) []Member, cause error) (*MembersResult, error) {
	part, _ := errors.AsType[*IncompleteListError](cause)
	if part != nil {
		u.Add = union(&Group{Members: u.Add}, MembersUpdate{Managed: part.missing, Remove: u.Remove})
	}
	r, err := w.c.writeDelta(ctx, u)
	switch {
	case !noPatch(err):
		return r, err
	case part != nil && part.mayBeWhole:
		w.trusting = true
		return w.send(ctx, list, true)
	}
	return nil, cause
}

// afterFault reads the group after a 500. What it shows may be what was asked for;
// else the 500 may have been about a member.
func (w listWrite) afterFault(ctx context.Context, list func(*Group) []Member, readFirst bool, cause error) (object, []RefusedMember, error) {
	now, err := w.c.readGroup(ctx, w.id)
	switch {
	case isNotFound(err):
		return nil, nil, err
	case err != nil:
		return nil, nil, cause
	case w.c.evidence(now) && len(w.expect.failed(now)) == 0 && (!w.rename || now.DisplayName == w.name):
		return now.raw, nil, nil
	case !readFirst:
		now = &Group{}
	}
	return w.withoutUnknown(ctx, now, list(now), readFirst, cause)
}

// withoutUnknown asks for each member whom the server did not show, and writes
// once more without those who do not exist. If all do, none may join, so that
// those who are to leave do leave; if none is, cause stands.
func (w listWrite) withoutUnknown(ctx context.Context, shown *Group, members []Member, read bool, cause error) (object, []RefusedMember, error) {
	refused := w.c.unknownMembers(ctx, shown, members)
	if len(refused) == 0 && len(w.expect.absent) > 0 && (refusedForContent(cause) || w.c.evidence(shown)) {
		refused = refusedBy(cause, w.expect.present)
	}
	if len(refused) == 0 {
		return nil, nil, cause
	}
	members = without(members, refused)
	nothingLeft := read && slices.Equal(idsOf(members), shown.ids()) && (!w.rename || shown.DisplayName == w.name)
	switch {
	case nothingLeft && !w.expect.exact && len(without(w.expect.present, refused))+len(w.expect.absent) == 0:
		return nil, nil, &AllRefusedError{refused}
	case nothingLeft:
		return shown.raw, refused, nil
	}
	answered, err := w.write(ctx, shown, members)
	return answered, refused, err
}

func (w listWrite) write(ctx context.Context, shown *Group, members []Member) (object, error) {
	if w.c.profile != AIW {
		return w.c.patchGroup(ctx, w.id, scim.Operation{Op: "replace", Path: "members", Value: array(memberTexts(members))})
	}
	name := w.name
	if !w.rename {
		name = cmp.Or(shown.DisplayName, name)
	}
	return w.c.write(ctx, http.MethodPut, groupsPath, w.id, w.c.groupPut(shown.raw, name, asShown(shown, members)))
}

// asShown writes members, in the server's own spelling where it showed them.
func asShown(shown *Group, members []Member) json.RawMessage {
	spelling := map[string]json.RawMessage{}
	for _, entry := range parseObjects(shown.raw.get("members")) {
		spelling[entry.string("value")] = entry.text()
	}
	texts := make([]json.RawMessage, len(members))
	for i, m := range members {
		if texts[i] = spelling[m.ID]; texts[i] == nil {
			texts[i] = memberText(m)
		}
	}
	return array(texts)
}

// unknownMembers asks for every member whom the server did not show, and
// returns those it does not know.
func (c *Client) unknownMembers(ctx context.Context, shown *Group, members []Member) []RefusedMember {
	known := shown.ids()
	var unknown []RefusedMember
	for _, m := range members {
		if _, ok := slices.BinarySearch(known, m.ID); ok {
			continue
		}
		if _, err := c.read(ctx, usersPath, m.ID); isNotFound(err) {
			unknown = append(unknown, RefusedMember{Member: m, Err: err})
		}
	}
	return unknown
}

func refusedBy(cause error, members []Member) []RefusedMember {
	var answer *scim.Error
	errors.As(cause, &answer)
	refused := make([]RefusedMember, len(members))
	for i, m := range members {
		refused[i] = RefusedMember{Member: m, Err: answer}
	}
	return refused
}

func without(members []Member, refused []RefusedMember) []Member {
	return slices.DeleteFunc(slices.Clone(members), func(m Member) bool {
		return slices.ContainsFunc(refused, func(r RefusedMember) bool { return r.Member.ID == m.ID })
	})
}
