package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/walkme"
)

// AccountsSchema names the shape of an AccountList's JSON.
const AccountsSchema = "okta-walkme-agent/accounts/v1"

// AccountList is WalkMe's accounts that the agent does not manage: no person in Okta
// stands for them, or the person is not linked yet.
type AccountList struct {
	Schema   string    `json:"schema"`
	Accounts []Account `json:"accounts"` // by user name, then id
}

// Account is an account as WalkMe shows it.
type Account struct {
	WalkMeID string `json:"walkme_id"`
	UserName string `json:"user_name"`
	Name     string `json:"name"`   // of the person; "" when WalkMe shows none
	Active   *bool  `json:"active"` // null: WalkMe does not say
}

// Unmanaged lists the accounts that the agent does not manage. It reads all of
// WalkMe's users, and nothing of Okta.
func (a *Agent) Unmanaged(ctx context.Context) (*AccountList, error) {
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return nil, err
	}
	recorded, err := a.State.AccountIDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("records of the state: %w", err)
	}
	managed := make(map[string]bool, len(recorded))
	for _, id := range recorded {
		managed[id] = true
	}
	list := &AccountList{Schema: AccountsSchema, Accounts: []Account{}}
	for u, err := range a.WalkMe.Users(ctx) {
		if err != nil {
			return nil, fmt.Errorf("list of WalkMe users: %w", err)
		}
		if !managed[u.ID] {
			list.Accounts = append(list.Accounts, Account{WalkMeID: u.ID, UserName: u.UserName, Name: personName(u), Active: u.Active})
		}
	}
	slices.SortFunc(list.Accounts, func(a, b Account) int {
		return cmp.Or(cmp.Compare(a.UserName, b.UserName), cmp.Compare(a.WalkMeID, b.WalkMeID))
	})
	return list, nil
}

// personName is what WalkMe shows of a person's name, the first form that it has.
func personName(u *walkme.User) string {
	text := func(path string) string {
		value, _ := u.Attribute(path)
		s, _ := value.(string)
		return strings.TrimSpace(s)
	}
	return cmp.Or(text("displayName"), text("name.formatted"), strings.TrimSpace(text("name.givenName")+" "+text("name.familyName")))
}
