package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// lookPage is how many accounts are compared with their records at a time.
const lookPage = 100

// looker reads WalkMe's list of accounts and compares it with the records, a page after the
// other, so that memory holds what differs. It comes before Okta is read: then the people who
// are in step with both go while Okta's pages come in.
type looker struct {
	walkme  *walkme.Client
	state   *state.DB
	witness *witness

	comparedAccounts
	compared state.RowSet
	page     []*walkme.User
	trusts   bool // an account is shown that was there before
	groups   bool // there are pushed groups, so that an account's own groups count
}

// look reads what WalkMe shows of its accounts, for a scope that compares with it: nil otherwise.
func (a *Agent) look(ctx context.Context, scope plan.Scope) (*sights, error) {
	if !scope.Refreshes() {
		return nil, nil
	}
	shown, err := everShown.Load(ctx, a.State)
	if err != nil {
		return nil, err
	}
	l := looker{
		walkme: a.WalkMe, state: a.State, witness: a.witness(),
		comparedAccounts: comparedAccounts{newSights(shown), map[string][]missingValue{}},
	}
	if err := a.State.EachName(ctx, scim.Group, func(_, _ string) error { l.groups = true; return nil }); err != nil {
		return nil, err
	}
	if err := l.accounts(ctx); err != nil {
		return nil, err
	}
	l.conclude()
	l.texts = nil
	return l.sights, nil
}

// accounts compares all accounts on record with what WalkMe shows. A tenant that lists none
// of those that were there before may be another one: then nothing is gone, and nothing must
// be made.
func (l *looker) accounts(ctx context.Context) error {
	until, err := knownUntil(ctx, l.state)
	if err != nil {
		return err
	}
	witnessed := func(r *state.Record) bool { return r.Active && (until.IsZero() || !r.UpdatedAt.After(until)) }
	for u, err := range l.walkme.Users(ctx) {
		if err != nil {
			return fmt.Errorf("list of WalkMe users: %w", err)
		}
		if l.page = append(l.page, u); len(l.page) == lookPage {
			if err := l.endPage(ctx, witnessed); err != nil {
				return err
			}
		}
	}
	if err := l.endPage(ctx, witnessed); err != nil {
		return err
	}
	if !l.trusts {
		if err := l.witness.sameTenant(ctx); err != nil {
			return err
		}
	}
	return l.unlisted(ctx)
}

// endPage compares the accounts of a page.
func (l *looker) endPage(ctx context.Context, witnessed func(*state.Record) bool) error {
	byID, ids := make(map[string]*walkme.User, len(l.page)), make([]string, 0, len(l.page))
	for _, u := range l.page {
		byID[u.ID], ids = u, append(ids, u.ID)
	}
	l.page = l.page[:0]
	owners, err := l.state.AccountOwners(ctx, ids)
	if err != nil {
		return err
	}
	var people []string
	for _, o := range owners {
		if l.compared.Add(o.Row) { // an account that is listed twice counts once
			people = append(people, o.SourceID)
		}
	}
	records, err := l.state.UserRecords(ctx, people)
	if err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		u := byID[r.ID]
		if u == nil { // a run beside this plan has given the person another account
			continue
		}
		l.trusts = l.trusts || witnessed(r)
		l.compare(r, u)
	}
	for _, o := range owners {
		l.noteGroups(byID[o.TargetID])
		delete(byID, o.TargetID)
	}
	for id, u := range byID {
		l.unmanaged[strings.Clone(id)] = strings.Clone(u.UserName)
		l.noteGroups(u)
	}
	return nil
}

// noteGroups keeps the groups that an account itself shows.
func (l *looker) noteGroups(u *walkme.User) {
	if u == nil || !l.groups {
		return
	}
	groups := u.Groups()
	for i, id := range groups {
		groups[i] = l.share(id)
	}
	if len(groups) > 0 {
		l.sights.groups[strings.Clone(u.ID)] = groups
	}
}

// unlisted asks for the accounts on record that the list does not hold.
func (l *looker) unlisted(ctx context.Context) error {
	var people []string
	err := l.state.EachOwner(ctx, func(row int64, sourceID string) error {
		if !l.compared.Has(row) {
			people = append(people, sourceID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for part := range slices.Chunk(people, lookPage) {
		if err := l.ask(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// ask asks for the accounts of people by their ids.
func (l *looker) ask(ctx context.Context, people []string) error {
	records, err := l.state.UserRecords(ctx, people)
	if err != nil {
		return err
	}
	for i := range records {
		if records[i].ID == "" { // a run beside this plan has lost the account
			continue
		}
		u, err := l.walkme.User(ctx, records[i].ID)
		switch {
		case errors.Is(err, scim.ErrNotFound):
			l.gone[strings.Clone(records[i].SourceID)] = true
		case err != nil:
			return fmt.Errorf("user that the list does not hold: %w", err)
		default:
			l.compare(&records[i], u)
		}
	}
	return nil
}
