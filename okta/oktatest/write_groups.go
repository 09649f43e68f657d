package oktatest

import (
	"net/http"
	"strings"
)

func (o *Org) writeCreateGroup(a *answer, c *call) {
	name := c.text("profile", "name")
	switch {
	case strings.TrimSpace(name) == "":
		a.invalid("name", "The field cannot be left blank")
		return
	case o.groupTaken(name, ""):
		a.invalid("name", taken)
		return
	}
	id := o.NewGroup(name)
	if description := c.text("profile", "description"); description != "" {
		o.DescribeGroup(id, description)
	}
	o.shown(a, func() any { return o.renderGroup(o.groups[id]) })
}

func (o *Org) groupTaken(name, exceptID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for id, g := range o.groups {
		if id != exceptID && sameName(g.name, name) {
			return true
		}
	}
	return false
}

func (o *Org) writeUpdateGroup(a *answer, c *call) {
	id, name := c.ids[0], c.text("profile", "name")
	switch {
	case !o.some(a, id):
		return
	case strings.TrimSpace(name) == "":
		a.invalid("name", "The field cannot be left blank")
		return
	case o.groupTaken(name, id):
		a.invalid("name", taken)
		return
	}
	o.RenameGroup(id, name)
	o.DescribeGroup(id, c.text("profile", "description"))
	o.shown(a, func() any { return o.renderGroup(o.groups[id]) })
}

func (o *Org) writeDeleteGroup(a *answer, c *call) {
	if o.some(a, c.ids[0]) {
		o.DeleteGroup(c.ids[0])
		a.done()
	}
}

func (o *Org) writeAddMember(a *answer, c *call) { o.writeMember(a, c, true) }

func (o *Org) writeRemoveMember(a *answer, c *call) { o.writeMember(a, c, false) }

func (o *Org) writeMember(a *answer, c *call, in bool) {
	if !o.some(a, c.ids[0]) {
		return
	}
	if id := o.personAt(a, c.ids[1]); id != "" {
		o.setMember(c.ids[0], id, in)
		a.done()
	}
}

func (o *Org) writeAssignGroup(a *answer, c *call) {
	id := c.ids[1]
	if !o.some(a, id) {
		return
	}
	o.AssignGroup(id)
	o.shown(a, func() any { return o.renderAppGroup(o.groups[id], false) })
}

func (o *Org) writeUnassignGroup(a *answer, c *call) {
	o.mu.Lock()
	g := o.groups[c.ids[1]]
	assigned := g != nil && g.assigned
	o.mu.Unlock()
	if !assigned {
		a.notFound(c.ids[1], "ApplicationGroupAssignment")
		return
	}
	o.UnassignGroup(c.ids[1])
	a.done()
}

func (o *Org) getAppGroup(a *answer, r *http.Request, groupID string) {
	g := o.groups[groupID]
	if g == nil || !g.assigned {
		a.notFound(groupID, "ApplicationGroupAssignment")
		return
	}
	a.json(o.renderAppGroup(g, r.URL.Query().Get("expand") == "group"))
}

func (o *Org) writeCreateMapping(a *answer, c *call) {
	source, status := c.text("sourceGroupId"), c.text("status")
	if status == "" {
		status = "ACTIVE"
	}
	switch {
	case c.text("targetGroupId") == "" && c.text("targetGroupName") == "":
		a.invalid("targetGroupName", "Either targetGroupId or targetGroupName is required.")
		return
	case status != "ACTIVE" && status != "INACTIVE":
		a.invalid("status", "The field is not valid")
		return
	case !o.some(a, source):
		return
	case o.mapped(source):
		a.invalid("sourceGroupId", "A group push mapping already exists for the source group")
		return
	}
	id := o.PushMapping(source, status)
	a.status = http.StatusCreated
	o.shown(a, func() any { return o.renderMapping(o.mappings[id]) })
}

func (o *Org) mapped(groupID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range o.mappings {
		if m.groupID == groupID {
			return true
		}
	}
	return false
}

// mappingStatus is the status of a mapping; it fails the answer when there is none.
func (o *Org) mappingStatus(a *answer, id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m := o.mappings[id]; m != nil {
		return m.status
	}
	a.notFound(id, "GroupPushMapping")
	return ""
}

func (o *Org) writeMapping(a *answer, c *call) {
	id, status := c.ids[1], c.text("status")
	switch {
	case o.mappingStatus(a, id) == "":
		return
	case status != "ACTIVE" && status != "INACTIVE":
		a.invalid("status", "The field is not valid")
		return
	}
	o.SetMapping(id, status)
	o.shown(a, func() any { return o.renderMapping(o.mappings[id]) })
}

func (o *Org) writeDeleteMapping(a *answer, c *call) {
	switch o.mappingStatus(a, c.ids[1]) {
	case "":
	case "ACTIVE":
		a.invalid("mappingId", "An active group push mapping can't be deleted")
	default:
		o.RemoveMapping(c.ids[1])
		a.done()
	}
}

func (o *Org) getMapping(a *answer, id string) {
	m := o.mappings[id]
	if m == nil {
		a.notFound(id, "GroupPushMapping")
		return
	}
	a.json(o.renderMapping(m))
}
