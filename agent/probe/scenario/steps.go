package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

var errNeedsTenant = errors.New("a foreign server cannot be changed behind the agent's back; this step needs the built-in tenant")

// act does what a step says, but for the commands.
func (s *stage) act(step *Step) error {
	for _, act := range []func(*Step) error{s.actOnPeople, s.actOnNames, s.actOnGroups, s.actOnTenant} {
		if err := act(step); err != nil {
			return err
		}
	}
	switch {
	case step.Config != nil:
		return s.reconfigure(step.Config)
	case step.Fault != nil:
		return s.fault(step.Fault)
	case step.ClearFaults != nil:
		s.clearFaults()
	case step.Forget != nil:
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(filepath.Join(s.dir, "state.db"+suffix)); err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("forget_state: %w", err)
			}
		}
	}
	return nil
}

func (s *stage) actOnPeople(step *Step) error {
	d := s.directory
	switch {
	case step.Hire != nil:
		p := *step.Hire
		if _, ok := d.People[scim.NameKey(p.Login)]; ok {
			return fmt.Errorf("%s is there already", p.Login)
		}
		id := d.hire(p)
		if p.Assigned == nil || *p.Assigned {
			d.Org.Assign(id)
		}
		d.adjust(p)
	case step.Change != nil:
		return s.change(step.Change)
	case step.Join != nil:
		return s.members(step.Join.Login, step.Join.Group, d.Org.AddMember)
	case step.Part != nil:
		return s.members(step.Part.Login, step.Part.Group, d.Org.RemoveMember)
	case step.Move != nil:
		if err := s.members(step.Move.Login, step.Move.From, d.Org.RemoveMember); err != nil {
			return err
		}
		return s.members(step.Move.Login, step.Move.To, d.Org.AddMember)
	}
	return nil
}

func (s *stage) change(c *Change) error {
	d := s.directory
	id, err := s.person(c.Login)
	if err != nil {
		return err
	}
	if len(c.Set) > 0 {
		d.Org.Update(id, c.Set)
		if login, ok := c.Set["login"].(string); ok {
			delete(d.People, scim.NameKey(c.Login))
			d.People[scim.NameKey(login)] = id
		}
	}
	if len(c.App) > 0 {
		d.override(id, "", c.App)
	}
	return nil
}

// actOnNames does the steps that take people, or groups, by name alone.
func (s *stage) actOnNames(step *Step) error {
	org := s.directory.Org
	people := []struct {
		names Names
		do    func(string)
	}{
		{step.Assign, org.Assign}, {step.Unassign, org.Unassign}, {step.Suspend, org.Suspend}, {step.Unsuspend, org.Unsuspend},
		{step.Deactivate, org.Deactivate}, {step.Reactivate, org.Reactivate}, {step.Delete, org.Delete},
	}
	for _, p := range people {
		for _, login := range p.names {
			id, err := s.person(login)
			if err != nil {
				return err
			}
			p.do(id)
		}
	}
	groups := []struct {
		names Names
		do    func(string)
	}{
		{step.AssignGroup, org.AssignGroup}, {step.UnassignGroup, org.UnassignGroup}, {step.DeleteGroup, org.DeleteGroup}, {step.Unpush, s.unpush},
	}
	for _, g := range groups {
		for _, name := range g.names {
			id, err := s.group(name)
			if err != nil {
				return err
			}
			g.do(id)
		}
	}
	for _, name := range step.DeleteGroup {
		delete(s.directory.Groups, name)
	}
	return nil
}

func (s *stage) actOnGroups(step *Step) error {
	d := s.directory
	switch {
	case step.NewGroup != nil:
		for _, login := range step.NewGroup.Members {
			if _, err := s.person(login); err != nil {
				return err
			}
		}
		d.group(*step.NewGroup)
	case step.RenameGroup != nil:
		id, err := s.group(step.RenameGroup.Group)
		if err != nil {
			return err
		}
		d.Org.RenameGroup(id, step.RenameGroup.To)
		delete(d.Groups, step.RenameGroup.Group)
		d.Groups[step.RenameGroup.To] = id
	case step.DescribeGroup != nil:
		id, err := s.group(step.DescribeGroup.Group)
		if err != nil {
			return err
		}
		d.Org.DescribeGroup(id, step.DescribeGroup.To)
	case step.Push != nil:
		id, err := s.group(step.Push.Group)
		if err != nil {
			return err
		}
		s.push(id, strings.ToUpper(cmp.Or(step.Push.Status, "ACTIVE")))
	}
	return nil
}

// push makes a group-push mapping, or gives it another status.
func (s *stage) push(groupID, status string) {
	if mapping := s.directory.mappings[groupID]; mapping != "" {
		s.directory.Org.SetMapping(mapping, status)
		return
	}
	s.directory.mappings[groupID] = s.directory.Org.PushMapping(groupID, status)
}

func (s *stage) unpush(groupID string) {
	if mapping := s.directory.mappings[groupID]; mapping != "" {
		s.directory.Org.RemoveMapping(mapping)
		delete(s.directory.mappings, groupID)
	}
}

// actOnTenant changes the built-in tenant by hand.
func (s *stage) actOnTenant(step *Step) error {
	if step.Account == nil && step.DeleteAccount == nil && step.EditGroup == nil && step.Quirks == nil && step.Credentials == nil {
		return nil
	}
	if s.tenant == nil {
		return errNeedsTenant
	}
	switch {
	case step.Account != nil:
		return s.editAccount(*step.Account)
	case step.Quirks != nil:
		return s.setQuirks(*step.Quirks)
	case step.EditGroup != nil:
		return s.editGroup(*step.EditGroup)
	case step.Credentials != nil:
		s.tenant.SetCredentials(step.Credentials.Username, step.Credentials.Password)
		if step.Credentials.Agent == nil || *step.Credentials.Agent {
			return s.write("walkme-token", s.tenant.Authorization())
		}
	}
	for _, name := range step.DeleteAccount {
		ids, err := s.accountIDs([]string{name})
		if err != nil {
			return err
		}
		s.tenant.DeleteUser(ids[0])
	}
	return nil
}

// fault lets something go wrong, at the server itself where it can be told.
func (s *stage) fault(f *Fault) error {
	rule, err := f.rule()
	switch {
	case err != nil:
	case f.Okta != "":
		_, err = s.directory.Org.AddFault(rule)
	case s.tenant != nil:
		_, err = s.tenant.AddFault(rule)
	default:
		s.conduit.rules.Add(rule)
	}
	return err
}

func (s *stage) clearFaults() {
	s.directory.Org.ClearFaults()
	s.conduit.rules.Clear()
	if s.tenant != nil {
		s.tenant.ClearFaults()
	}
}

func (s *stage) members(logins Names, group string, do func(groupID, userID string)) error {
	groupID, err := s.group(group)
	if err != nil {
		return err
	}
	for _, login := range logins {
		id, err := s.person(login)
		if err != nil {
			return err
		}
		do(groupID, id)
	}
	return nil
}

func (s *stage) person(login string) (string, error) {
	if id := s.directory.People[scim.NameKey(login)]; id != "" {
		return id, nil
	}
	return "", fmt.Errorf("nobody has the login %q", login)
}

func (s *stage) group(name string) (string, error) {
	if id := s.directory.Groups[name]; id != "" {
		return id, nil
	}
	names := make([]string, 0, len(s.directory.Groups))
	for known := range s.directory.Groups {
		names = append(names, known)
	}
	slices.Sort(names)
	return "", fmt.Errorf("there is no group %q; there are %s", name, strings.Join(names, ", "))
}
