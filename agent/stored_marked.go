package agent

import (
	"context"
	"slices"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// readUnmarked is readStoredUsers for a plan of which little is shown. Whose mark stands is
// passed without a read of the assignment, as far as that makes no difference.
func (a *Agent) readUnmarked(ctx context.Context, v *view) error {
	s := v.sieve
	s.offline = true
	if err := s.begin(v.snap.App); err != nil {
		return err
	}
	var unmarked []string
	err := a.State.EachMark(ctx, func(u *state.StoredUser) error {
		if s.stands(u) {
			s.pass(u)
		} else {
			unmarked = append(unmarked, u.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	reader := okta.NewStoredReader(a.Config.Mapping.Projection())
	var p storedPage
	for ids := range slices.Chunk(unmarked, storedPageSize) {
		p.clear()
		err := a.State.StoredUsers(ctx, ids, func(u *state.StoredUser, body []byte) error {
			p.add(u, body, s)
			return nil
		})
		if err == nil {
			p.records, err = s.recordsOf(ctx, p.unknown)
		}
		if err != nil {
			return err
		}
		kept, err := s.siftStored(reader, &p)
		if err != nil {
			return err
		}
		v.snap.Users = append(v.snap.Users, kept...)
	}
	if v.snap.Names, err = a.namesOf(ctx, v, reader); err != nil {
		return err
	}
	return s.sealStored(v)
}

// namesOf are the attributes of all stored people, or of those whom reader has read where
// these have everything that the mapping reads: an attribute that somebody has does not
// tell more when more have it.
func (a *Agent) namesOf(ctx context.Context, v *view, reader *okta.StoredReader) (okta.ProfileNames, error) {
	names := reader.Names()
	names.People += v.sieve.stood.Len()
	if v.sieve.stood.Len() == 0 || len(a.Config.Mapping.Unvalued(names, nil)) == 0 {
		return names, nil
	}
	all := okta.NewStoredReader(a.Config.Mapping.Projection())
	err := a.State.EachStoredUser(ctx, false, func(_ *state.StoredUser, body []byte) error { return all.Count(body) })
	return all.Names(), err
}
