package agent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// manyPeople is from how many stored people on one person is explained without a read of
// all of Okta's list: that takes a request for each 500, minutes of a company's budget.
const manyPeople = 2000

// find reads what an explanation is made from, and finds out whom the name means.
//
//	few people          all of Okta's list, people in step undecoded
//	many, of a person   Okta's answers about that one, over the last snapshot
//	many, of a group,   as with few people
//	  or nobody known
func (a *Agent) find(ctx context.Context, name string) (*view, *Explanation, error) {
	stored, err := a.State.CountAssigned(ctx)
	if err != nil {
		return nil, nil, err
	}
	if stored >= cmp.Or(a.ManyPeople, manyPeople) && !a.Config.SeeEverybody {
		v, e, err := a.findAmong(ctx, name, a.overSnapshot)
		var unknown *plan.UnknownError
		switch {
		case errors.As(err, &unknown), errors.Is(err, ErrNoSnapshot), err == nil && e.Type == scim.Group:
		case err != nil:
			return nil, nil, err
		default:
			at := v.snap.TakenAt.UTC()
			e.OthersReadAt = &at
			return v, e, nil
		}
	}
	return a.findAmong(ctx, name, func(ctx context.Context, s *sieve, _ []string) (*view, error) { return a.read(ctx, s, nil) })
}

// findAmong finds out whom a name means among what read returns, which is told whom the
// name may mean, by Okta id. It is called again when the name means somebody else, who may
// have been let go, or be as the snapshot has them.
func (a *Agent) findAmong(ctx context.Context, name string, read func(context.Context, *sieve, []string) (*view, error)) (*view, *Explanation, error) {
	ids, err := a.State.IDsOf(ctx, scim.User, name)
	if err != nil {
		return nil, nil, err
	}
	for {
		s, err := a.newSieve(ctx, plan.Scope{}, nil, nil)
		if err != nil {
			return nil, nil, err
		}
		s.seek(name, ids)
		v, err := read(ctx, s, ids)
		if err != nil {
			return nil, nil, err
		}
		e, err := a.identify(ctx, v, name)
		if err != nil {
			return nil, nil, err
		}
		seen := !s.isOffline() && !v.inStep.Has(e.OktaID)
		if e.Type == scim.Group || seen || slices.Contains(ids, e.OktaID) {
			return v, e, nil
		}
		ids = append(ids, e.OktaID)
	}
}

// overSnapshot lays what Okta says now of people over the stored snapshot.
func (a *Agent) overSnapshot(ctx context.Context, s *sieve, ids []string) (*view, error) {
	v, err := a.readSnapshot(ctx, s, a.readUnmarked)
	if err != nil {
		return nil, err
	}
	return v, a.readOver(ctx, v, ids)
}

// identify finds out whom the name means: an assigned person, a pushed group, a
// managed resource, or a person whom only Okta knows.
func (a *Agent) identify(ctx context.Context, v *view, name string) (*Explanation, error) {
	for i := range v.desired.People {
		p := &v.desired.People[i]
		label := p.Name()
		if p.Rejection != nil {
			label = p.Rejection.Name
		}
		if scim.SameName(p.SourceID, name) || scim.SameName(label, name) {
			return &Explanation{Type: scim.User, OktaID: p.SourceID, Name: label}, nil
		}
	}
	for i := range v.groups {
		g := &v.groups[i]
		if g.OktaID == name || scim.SameName(g.Name, name) || scim.SameName(g.Group, name) {
			return &Explanation{Type: scim.Group, OktaID: g.OktaID, Name: g.Name}, nil
		}
	}
	for i := range v.recorded {
		if r := &v.recorded[i]; r.SourceID == name || scim.SameName(r.Name, name) {
			return &Explanation{Type: r.Type, OktaID: r.SourceID, Name: r.Name}, nil
		}
	}
	person, err := a.Okta.Person(ctx, name)
	switch {
	case errors.Is(err, okta.ErrNotFound):
		return nil, a.unknown(ctx, v, name)
	case err != nil:
		return nil, fmt.Errorf("account of %q: %w", name, err)
	}
	if p := v.desired.Find(person.ID); p != nil {
		return &Explanation{Type: scim.User, OktaID: p.SourceID, Name: p.Name()}, nil
	}
	return &Explanation{Type: scim.User, OktaID: person.ID, Name: person.Login}, nil
}
