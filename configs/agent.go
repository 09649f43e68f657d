package configs

import (
	"errors"
	"slices"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// userName is the attribute that every mapping has.
const userName = "userName"

// Agent is the configuration of the engine.
func (c *Config) Agent() agent.Config {
	mapping, err := plan.NewMapping(c.Mappings.rules())
	if err != nil {
		panic("configs: mapping that was checked at load: " + err.Error())
	}
	return agent.Config{
		Mapping: mapping,
		Policy: plan.Policy{
			CreateUsers:          c.Provisioning.CreateUsers,
			UpdateUserAttributes: c.Provisioning.UpdateUserAttributes,
			DeactivateUsers:      c.Provisioning.DeactivateUsers,
			RecreateMissing:      c.Provisioning.OnMissing == "recreate",
			KeepUnacknowledged:   c.WalkMe.Fidelity == fidelitySafe,
			ClearsNothing:        c.WalkMe.Wire.ClearedValue == walkme.ClearOmit,
			Desire: plan.DesirePolicy{
				DeactivateSuspended: c.Provisioning.Suspended == "deactivate",
				RequireEmail:        c.Provisioning.RequireEmail,
			},
			Groups: plan.GroupPolicy{
				DeleteUnlinked:      c.PushGroups.OnUnlink == "delete",
				RemoveDeprovisioned: c.PushGroups.DeprovisionedMembers == "remove",
				RenameLinked:        c.PushGroups.RenameLinked,
				RecreateMissing:     c.PushGroups.OnMissing == "recreate",
			},
		},
		Limits: plan.Limits{
			Deactivations:  plan.Limit(c.Limits.Deactivations),
			MemberRemovals: plan.Limit(c.Limits.MemberRemovals),
			GroupDeletes:   plan.Limit(c.Limits.GroupDeletes),
			EmptiedValues:  plan.Limit(c.Limits.EmptiedValues),
			Window:         c.Limits.Window,
		},
		GroupSources:    c.PushGroups.sources(),
		GroupFullRead:   c.Okta.GroupFullRead,
		ConfirmRemovals: c.Limits.ConfirmRemovals,
		Grace:           c.Limits.Grace,
		VerifyEvery:     c.WalkMe.VerifyEvery,
		VerifyByTest:    c.WalkMe.Fidelity == fidelityStrict,
		KeepHistory:     c.State.KeepHistory,
		Target:          strings.TrimRight(c.WalkMeURL(), "/"),
		WireProfile:     c.WalkMe.WireProfile,
		Workers:         workers(c.WalkMe.MaxInFlight),
		Strict:          c.WalkMe.Fidelity == fidelityStrict,
	}
}

// sources are the group sources in the terms of the Okta client.
func (p PushGroups) sources() []okta.GroupSource {
	var out []okta.GroupSource
	for _, s := range p.Sources {
		source := okta.GroupSource{
			Name: s.Name, ID: s.ID, AssignedGroups: s.AssignedGroups, OktaMappings: s.OktaMappings, Link: s.Link, Paused: s.Paused,
		}
		if s.Rule != nil {
			source.Rule = new(okta.GroupRule(*s.Rule))
		}
		out = append(out, source)
	}
	return out
}

func (m Mappings) rules() []plan.MappingRule {
	out := make([]plan.MappingRule, len(m))
	for i, line := range m {
		out[i] = plan.MappingRule(line)
	}
	return out
}

// checkMappings lets agent judge each attribute path beside userName alone, so
// that all wrong ones are reported, and then the set.
func (c *Config) checkMappings(ps *problems) {
	const path = "mappings"
	rules := c.Mappings.rules()
	for _, rule := range rules {
		if rule.Path != userName {
			judge(ps, []plan.MappingRule{rule, {Path: userName, Expr: rule.Expr}})
		}
	}
	switch {
	case ps.reported[path]:
	case !slices.ContainsFunc(rules, func(r plan.MappingRule) bool { return r.Path == userName }):
		meant := slices.ContainsFunc(rules, func(r plan.MappingRule) bool { return strings.EqualFold(r.Path, userName) })
		if !meant && !ps.source.has(join(path, userName)) { // else its expression was refused
			ps.add(path, "has no userName, and every SCIM user needs one", "add userName: appuser.userName")
		}
	case !ps.explained(path):
		judge(ps, rules)
	}
}

// pathHint says what would be right where an attribute path is not SCIM's.
func pathHint(wrong *plan.MappingError) string {
	switch {
	case wrong.Right != "":
		return "write " + wrong.Right
	case wrong.Part == "":
		return ""
	}
	if hint := didYouMean(wrong.Part, wrong.Known); hint != "" {
		return hint
	}
	if wrong.Part == wrong.Path {
		return "one of the server's own stands after its schema, as in urn:example:2.0:User:" + wrong.Part
	}
	return "it has " + strings.Join(wrong.Known, ", ")
}

func judge(ps *problems, rules []plan.MappingRule) {
	_, err := plan.NewMapping(rules)
	var wrong *plan.MappingError
	switch {
	case err == nil:
	case errors.As(err, &wrong):
		at := join("mappings", wrong.Path)
		ps.addAt(ps.source.key(at), at, wrong.Msg, pathHint(wrong))
	default:
		ps.add("mappings", err.Error(), "")
	}
}

// workers keep the wire busy while others wait for the disk. Where one request at a
// time is allowed, one of them sends in the order of the plan.
func workers(inFlight int) int {
	if inFlight == 1 {
		return 1
	}
	return 2 * inFlight
}
