package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/okta"
)

// okta reads what a run reads, and takes a census of the people, who are not in the
// snapshot. The result is nil when that failed.
func (k *checklist) okta(ctx context.Context, cfg *configs.Config, oc okta.Config) (*okta.Snapshot, *plan.Census) {
	k.section("Okta", oc.OrgURL)
	client, err := okta.NewClient(ctx, oc)
	if err != nil {
		k.fail("client", err)
		return nil, nil
	}
	app, err := client.App(ctx)
	if err != nil {
		k.fail("app "+oc.AppID, err)
		return nil, nil
	}
	k.app(cfg, app)
	mapping := cfg.Agent().Mapping
	projection := mapping.Projection()
	census := plan.NewCensus(mapping, cfg.Agent().Policy.Desire)
	snap, err := client.Snapshot(ctx, okta.SnapshotRequest{
		App: &app, Keep: &projection, Sieve: census.Sieve(), Groups: okta.GroupRequest{Sources: cfg.Agent().GroupSources, Full: true},
	})
	if err != nil {
		k.fail("assignments and groups", err)
		return nil, nil
	}
	k.ok("%s assigned", count(census.Len(), "person is", "people are"))
	if census.Len() == 0 {
		k.warn("Okta lists nobody: assign people to the app, or give the credentials an admin role (without one Okta answers an empty list)")
	}
	if len(cfg.PushGroups.Sources) > 0 {
		k.ok("%s to push", count(len(snap.Groups), "group", "groups"))
	}
	for _, p := range snap.Problems {
		k.warn("%s: %s", report.Escape(p.Source), report.Escape(p.Reason))
	}
	k.schema(ctx, client, mapping, snap)
	return snap, census
}

// app tells what the app is, and whether that fits.
func (k *checklist) app(cfg *configs.Config, app okta.App) {
	k.ok("app %s (%s) is %s", report.Escape(app.Label), app.ID, app.Status)
	if on := app.OwnProvisioning(); len(on) > 0 {
		k.warn("%s", plan.TwoEngines(on))
	}
	switch profile := cfg.WalkMe.WireProfile; {
	case app.Kind == okta.CatalogApp && profile != "oin":
		k.warn("wire_profile is %s, but the app comes from Okta's catalog (%s), for which Okta speaks oin", profile, report.Escape(app.Name))
	case app.Kind == okta.WizardApp && profile != "aiw":
		k.warn("wire_profile is %s, but the app was made with the App Integration Wizard (%s), for which Okta speaks aiw", profile, report.Escape(app.Name))
	}
}

// guideAttributes are those that WalkMe's guide "Configure SCIM with Okta" maps.
var guideAttributes = []string{"userName", "name.givenName", "name.familyName"}

// beyondGuide names what is mapped besides.
func (k *checklist) beyondGuide(mappings configs.Mappings) {
	var beyond []string
	for _, m := range mappings {
		if !slices.Contains(guideAttributes, m.Path) {
			beyond = append(beyond, m.Path)
		}
	}
	if len(beyond) > 0 {
		k.remark("%s: beyond the three attributes that WalkMe's guide maps (%s); WalkMe may refuse or drop what it does not know: look at one account after the first sync",
			strings.Join(beyond, ", "), strings.Join(guideAttributes, ", "))
	}
}

// schema finds expressions that name an attribute which does not exist. Credentials
// that may not read schemas leave that open.
func (k *checklist) schema(ctx context.Context, client *okta.Client, mapping plan.Mapping, snap *okta.Snapshot) {
	schema, err := client.Schema(ctx)
	switch {
	case errors.Is(err, okta.ErrSchemaUnknown):
		k.ok("which profile attributes exist is not known: the credentials may not read schemas (okta.schemas.read, optional)")
		k.slips(mapping, snap.Names)
		return
	case err != nil:
		k.ok("which profile attributes exist is not known: %s", report.Escape(err.Error()))
		return
	}
	k.attributesOf = &schema
	wrong := 0
	for _, rule := range mapping.Rules() {
		for _, ref := range k.unknownTo(rule, snap.Names) {
			wrong++
			k.warn("%s: there is no attribute %s.%s in Okta%s", rule.Path, ref.Root, report.Escape(ref.Name), meant(el.Nearest(ref.Name, k.existing(ref))))
		}
	}
	if wrong == 0 {
		k.ok("every profile attribute that a mapping names exists")
	}
}

// slips names what is mistyped, most likely, by the names alone.
func (k *checklist) slips(mapping plan.Mapping, names okta.ProfileNames) {
	for _, u := range mapping.Unvalued(names, nil) {
		if u.Slip {
			k.warn("%s", report.Escape(u.String()))
		}
	}
}

// existing lists the attributes of the profile that a reference is about; nil for
// what has no schema.
func (k *checklist) existing(ref el.Reference) []string {
	switch ref.Root {
	case "user":
		return k.attributesOf.User
	case "appuser":
		return k.attributesOf.AppUser
	}
	return nil
}

// unknownTo lists what a rule names and Okta does not have, as far as that is known.
func (k *checklist) unknownTo(rule plan.MappingRule, names okta.ProfileNames) (unknown []el.Reference) {
	if k.attributesOf == nil {
		return nil
	}
	for _, ref := range rule.Expr.References() {
		exist := k.existing(ref)
		userName := ref.Root == "appuser" && ref.Name == "userName"
		if exist != nil && !userName && !slices.Contains(exist, ref.Name) && !somebodyHas(names, ref) {
			unknown = append(unknown, ref)
		}
	}
	return unknown
}

// empty names what no person has. Where it is known that the attribute exists, that is as
// it may be; where it is not, a misspelt name reads like this, because Okta's answers
// do not tell it from one without a value.
func (k *checklist) empty(census *plan.Census, names okta.ProfileNames) {
	for _, rule := range census.Empty() {
		expression := report.Escape(rule.Expr.String())
		if k.attributesOf != nil && len(k.unknownTo(rule, names)) == 0 {
			k.remark("%s is empty for everybody: nobody has a value for %s in Okta", rule.Path, expression)
		} else {
			k.warn("%s is empty for everybody: Okta has no value for %s; compare it with the variable names in Okta's Profile Editor", rule.Path, expression)
		}
	}
}

func meant(name string) string {
	if name == "" {
		return "; compare it with the variable names in the Profile Editor"
	}
	return "; did you mean " + name + "?"
}

// somebodyHas knows attributes of other user types than the default one, whose schema
// was read.
func somebodyHas(names okta.ProfileNames, ref el.Reference) bool {
	counts := names.User
	if ref.Root == "appuser" {
		counts = names.AppUser
	}
	_, there := counts[ref.Name]
	return there
}
