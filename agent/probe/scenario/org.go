package scenario

import (
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta/oktatest"
)

// Directory is an org with the ids of its people and groups by their names.
type Directory struct {
	Org    *oktatest.Org
	People map[string]string // by scim.NameKey of the login: id
	Groups map[string]string // name: id

	mappings map[string]string // id of a group: id of its group-push mapping
}

// Populate puts people, groups and assignments into an empty org.
func (o *Org) Populate(org *oktatest.Org) *Directory {
	d := &Directory{Org: org, People: map[string]string{}, Groups: map[string]string{}, mappings: map[string]string{}}
	for _, p := range o.People {
		d.hire(p)
	}
	for _, login := range o.Assignments {
		d.Org.Assign(d.People[scim.NameKey(login)])
	}
	for _, g := range o.Groups {
		d.group(g)
	}
	for _, p := range o.People { // after the groups, through which they may be assigned
		d.adjust(p)
	}
	return d
}

// hire makes an account, which is not assigned yet.
func (d *Directory) hire(p Person) string {
	id := d.Org.Hire(oktatest.Person{First: p.FirstName, Last: p.LastName, Login: p.Login, Email: p.Email, Profile: p.Profile})
	d.People[scim.NameKey(p.Login)] = id
	return id
}

// adjust gives an assignment its own values, and an account its status.
func (d *Directory) adjust(p Person) {
	id := d.People[scim.NameKey(p.Login)]
	if p.UserName != "" || len(p.App) > 0 {
		d.override(id, p.UserName, p.App)
	}
	if p.Status != "" && p.Status != "ACTIVE" {
		d.Org.SetAccountStatus(id, p.Status)
	}
}

// override lays values over those that an assignment has from the profile.
func (d *Directory) override(id, userName string, values map[string]any) {
	state, ok := d.state(id)
	if !ok || !state.Assigned {
		return
	}
	profile := state.AppProfile
	for key, value := range values {
		profile[key] = value
	}
	d.Org.SetAppProfile(id, userName, profile)
}

func (d *Directory) state(id string) (oktatest.PersonState, bool) {
	for _, p := range d.Org.People() {
		if p.ID == id {
			return p, true
		}
	}
	return oktatest.PersonState{}, false
}

func (d *Directory) group(g Group) string {
	var members []string
	for _, login := range g.Members {
		members = append(members, d.People[scim.NameKey(login)])
	}
	id := d.Org.NewGroup(g.Name, members...)
	d.Groups[g.Name] = id
	if g.Description != "" {
		d.Org.DescribeGroup(id, g.Description)
	}
	if g.Assigned {
		d.Org.AssignGroup(id)
	}
	if g.Push != "" {
		d.mappings[id] = d.Org.PushMapping(id, strings.ToUpper(g.Push))
	}
	return id
}
