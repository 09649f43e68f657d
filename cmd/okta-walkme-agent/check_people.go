package main

import (
	"context"
	"errors"
	"iter"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// peopleLookedUp is how many unmanaged people are looked up in WalkMe.
const peopleLookedUp = 5

// people tells how all people map, and looks a few up whom WalkMe may know already. db may be
// nil.
func (k *checklist) people(ctx context.Context, snap *okta.Snapshot, census *plan.Census, client *walkme.Client, db *state.DB) {
	k.section("People", "")
	first, rejected := census.Rejected()
	for _, r := range first {
		k.warn("%s (%s): %s: %s", report.Escape(r.Name), r.OktaID, r.Path, report.Escape(r.Error))
	}
	if rejected > len(first) {
		k.warn("%d people in all cannot be mapped; plan lists them", rejected)
	}
	k.ok("%s to active accounts", count(census.Mapped(), "person maps", "people map"))
	k.empty(census, snap.Names)
	if client == nil {
		return
	}
	people, err := unmanaged(ctx, census, db)
	if err != nil {
		k.fail("state file", err)
	}
	for _, p := range people {
		u, err := client.FindUser(ctx, p.userName)
		switch {
		case errors.Is(err, scim.ErrNotFound):
		case err != nil:
			k.fail("look-up of "+report.Escape(p.userName), err)
		case u.ExternalID != "" && u.ExternalID != p.oktaID:
			k.warn("%s already exists in WalkMe with another external id (%s): it would be linked and updated", report.Escape(p.userName), report.Escape(u.ExternalID))
		default:
			k.ok("%s already exists in WalkMe: it is linked, not created", report.Escape(p.userName))
		}
	}
}

type checkedPerson struct{ oktaID, userName string }

// errEnough ends the reading of records.
var errEnough = errors.New("enough")

// unmanaged are the first people by Okta id who map to an account and have none on record.
// Both lists ascend.
func unmanaged(ctx context.Context, census *plan.Census, db *state.DB) (people []checkedPerson, err error) {
	next, stop := iter.Pull2(census.EachMapped)
	defer stop()
	id, name, more := next()
	take := func() {
		people = append(people, checkedPerson{id, name})
		id, name, more = next()
	}
	if db != nil {
		err = db.EachOwner(ctx, func(_ int64, owner string) error {
			for more && len(people) < peopleLookedUp && id < owner {
				take()
			}
			if !more || len(people) == peopleLookedUp {
				return errEnough
			}
			if id == owner {
				id, name, more = next()
			}
			return nil
		})
	}
	if errors.Is(err, errEnough) {
		err = nil
	}
	for err == nil && more && len(people) < peopleLookedUp {
		take()
	}
	return people, err
}
