package main

import (
	"context"
	"errors"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// links looks for the WalkMe groups that the configuration names and that are not linked
// yet: nothing is made for one that is mistyped.
func (k *checklist) links(ctx context.Context, snap *okta.Snapshot, client *walkme.Client, db *state.DB) {
	if client == nil {
		return
	}
	before := map[string]*state.Record{}
	if db != nil {
		recorded, err := db.PushedHeads(ctx)
		if err != nil {
			k.fail("state file", err)
		}
		for i := range recorded {
			before[recorded[i].SourceID] = &recorded[i]
		}
	}
	begun := false
	for _, want := range plan.DesiredGroups(snap) {
		if !want.SeeksLink(before[want.OktaID]) {
			continue
		}
		if !begun {
			k.section("Groups", "")
			begun = true
		}
		_, err := client.FindGroup(ctx, want.Name)
		switch {
		case errors.Is(err, scim.ErrNotFound):
			k.warn("%s: link: %s", report.Escape(want.Group), report.Escape(apply.NothingToLink(ctx, client, want.Name)))
		case err != nil:
			k.fail("look-up of the group "+report.Escape(want.Name), err)
		default:
			k.ok("%s is linked to %s, which is there", report.Escape(want.Group), report.Escape(want.Name))
		}
	}
}
