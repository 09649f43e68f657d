package scenario

import (
	"fmt"
	"maps"

	"okta-walkme-agent/walkme/walkmetest"
)

// editAccount changes an account by hand, or makes it.
func (s *stage) editAccount(a Account) error {
	if a.UserName == "" {
		return fmt.Errorf("an account has a userName")
	}
	u, ok := s.tenant.User(a.UserName)
	if !ok {
		s.addAccount(a)
		return nil
	}
	s.tenant.SetUser(u.ID, func(u *walkmetest.User) {
		for _, text := range []struct {
			value string
			into  *string
		}{{a.GivenName, &u.GivenName}, {a.FamilyName, &u.FamilyName}, {a.ExternalID, &u.ExternalID}} {
			if text.value != "" {
				*text.into = text.value
			}
		}
		if a.Active != nil {
			u.Active = *a.Active
		}
		maps.Copy(u.Extra, walkmetest.Email(a.Email))
		maps.Copy(u.Extra, a.Attributes)
	})
	return nil
}

// editGroup gives a group other members by hand, or makes it.
func (s *stage) editGroup(g TenantGroup) error {
	ids, err := s.accountIDs(g.Members)
	if err != nil {
		return err
	}
	if known, ok := s.tenant.Group(g.Name); ok {
		s.tenant.SetMembers(known.ID, ids...)
		return nil
	}
	s.tenant.AddGroup(g.Name, ids...)
	return nil
}
