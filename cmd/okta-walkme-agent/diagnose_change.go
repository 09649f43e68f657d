package main

import (
	"errors"
	"net/http"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// diagnoseChange knows what a failure means for a single object. A 404 is about the
// object then, not about the address; a 403, 405 or 501 is about what was tried.
func diagnoseChange(c *plan.Change, err error) (diagnosis, bool) {
	var held *apply.NameHeldError
	var members *apply.MembersRefusedError
	var rejected *walkme.AllRefusedError
	var name *walkme.NameSentError
	var answer *scim.Error
	switch {
	case errors.As(err, &held):
		return diagnoseHeldName(held), true
	case errors.As(err, &members), errors.As(err, &rejected):
		return diagnosis{"WalkMe does not know the account of that member, does not let it join, or shows no more than a part of the members; the others are not kept out by it",
			"the next run tries again; sync --refresh finds accounts that are gone in WalkMe, and with provisioning.on_missing: recreate they are made anew"}, true
	case isAnothers(err):
		return diagnosis{"the account that the agent made or linked is gone, and its id has passed to another account, as after a restore in WalkMe",
			"find the person's own account in WalkMe, if there is one, and deactivate it there by hand"}, true
	case errors.As(err, &name) && errors.As(err, &answer):
		return diagnosis{"WalkMe refuses the name of the group, which Okta sends along with each change of its members",
			"set walkme.wire.rename_with_members: false"}, true
	case errors.As(err, &answer) && !answer.Page:
		if d, ok := diagnoseRefusal(c.Type, c.Action, answer.Status); ok {
			return d, true
		}
	}
	return diagnoseObject(c.Type, err)
}

func isAnothers(err error) bool {
	var other *walkme.AnotherOwnerError
	return errors.As(err, &other)
}

// diagnoseHeldName says what to do about a name that another account has.
func diagnoseHeldName(e *apply.NameHeldError) diagnosis {
	if e.Type == scim.Group {
		if e.OktaID == "" {
			return diagnosis{"another group in WalkMe has that name, and the agent does not manage it",
				"rename or remove it in WalkMe, or give the Okta group another name"}
		}
		return diagnosis{"another pushed group has that name in WalkMe", "give one of the two Okta groups another name"}
	}
	switch {
	case e.OktaID == "":
		return diagnosis{"another account in WalkMe has that user name, and the agent does not manage it",
			"rename or remove that account in WalkMe; the next run tries again"}
	case e.Left:
		return diagnosis{"the account of a person who has left still has that user name; deactivated accounts keep theirs",
			"rename the account of the leaver in WalkMe; the next run tries again"}
	}
	return diagnosis{"another person has that user name in WalkMe still; two people who swap names stand in each other's way",
		"give one of the two a third user name in Okta, run sync, and then the name that is meant"}
}

// features are the words for what a change is part of, and the switch that turns it off.
var features = map[plan.Action]struct{ tries, off string }{
	plan.Create:       {"create accounts", "provisioning.create_users: false"},
	plan.Link:         {"update accounts", "provisioning.update_user_attributes: false"},
	plan.Update:       {"update accounts", "provisioning.update_user_attributes: false"},
	plan.Deactivate:   {"deactivate accounts", "provisioning.deactivate_users: false"},
	plan.Reactivate:   {"activate accounts", "provisioning.update_user_attributes: false"},
	plan.GroupCreate:  {"create groups", "no push_groups.sources"},
	plan.GroupLink:    {"change the members of groups", "no push_groups.sources"},
	plan.GroupMembers: {"change the members of groups", "no push_groups.sources"},
	plan.GroupRename:  {"rename groups", "the old name in Okta; of a linked group push_groups.rename_linked: false"},
	plan.GroupDelete:  {"delete groups", "push_groups.on_unlink: leave"},
}

// diagnoseRefusal knows the statuses by which a server says that it does not do something
// at all, and what of it can be done otherwise.
func diagnoseRefusal(t scim.Type, action plan.Action, status int) (diagnosis, bool) {
	feature, known := features[action]
	if !known {
		feature.tries, feature.off = "change accounts", "the features under provisioning that are not wanted"
		if t == scim.Group {
			feature.tries, feature.off = "change groups", "no push_groups.sources"
		}
	}
	switch status {
	case http.StatusForbidden:
		return diagnosis{"WalkMe does not let these credentials " + feature.tries + " (403)",
			"allow it to the integration in WalkMe; or leave it: " + feature.off}, true
	case http.StatusMethodNotAllowed, http.StatusNotImplemented:
		switch action {
		case plan.GroupCreate, plan.GroupDelete, plan.Create:
			return diagnosis{"WalkMe does not offer to " + feature.tries, "leave it: " + feature.off}, true
		case plan.Update, plan.Link:
			return diagnosis{"WalkMe does not take a PUT, by which accounts are updated", "set walkme.wire.user_update: patch"}, true
		case plan.GroupRename:
			return diagnosis{"WalkMe does not take a PATCH, by which groups are renamed", "set walkme.wire_profile: aiw, which writes by PUT"}, true
		case plan.GroupMembers, plan.GroupLink:
			return diagnosis{"WalkMe does not take the PATCH by which members are added and removed",
				"set push_groups.membership_updates: replace, or walkme.wire_profile: aiw, which writes by PUT"}, true
		}
		return diagnosis{"WalkMe does not take a PATCH, by which the catalog app changes what is there", "set walkme.wire_profile: aiw, which writes by PUT"}, true
	case http.StatusRequestEntityTooLarge:
		if t == scim.Group {
			return diagnosis{"WalkMe takes fewer changes in one request", "set walkme.wire.member_batch to a smaller number"}, true
		}
	case http.StatusNotFound, http.StatusGone:
		switch action {
		case plan.Create:
			return diagnosis{"WalkMe has nothing at the address where accounts are made", wrongAddress}, true
		case plan.GroupCreate:
			return diagnosis{"WalkMe has nothing at the address where groups are made", wrongAddress + "; a server without groups wants no push_groups.sources"}, true
		}
	case http.StatusBadRequest:
		if action == plan.GroupMembers {
			return diagnosis{"WalkMe does not understand the form in which members are added and removed",
				"set push_groups.membership_updates: replace, or walkme.wire_profile: aiw; probe tells which one the server takes"}, true
		}
	case http.StatusConflict:
		if t == scim.Group {
			return diagnosis{"a group of this name exists in WalkMe already, but no look-up shows it",
				"look in WalkMe for the group, and rename or remove it there; or name it under push_groups.sources as link"}, true
		}
	}
	return diagnosis{}, false
}
