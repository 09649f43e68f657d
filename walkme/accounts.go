package walkme

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/internal/scim"
)

// Matching is how people are found in WalkMe.
type Matching string

// The ways. A list of all accounts takes a request for each hundred of them.
const (
	MatchLookup Matching = "lookup" // one look-up each, as Okta
	MatchList   Matching = "list"   // the list, unless a few look-ups are cheaper
	MatchAuto   Matching = "auto"   // the list from ManyLookups on, where it is cheaper
)

// ManyLookups is the number of look-ups from which MatchAuto considers the list.
const ManyLookups = 100

// Wanted says whose accounts will be looked for.
type Wanted struct {
	UserNames []string

	// Matching, if set, takes the place of Config.Matching: a plan, which sends
	// nothing, may list where a run looks up.
	Matching Matching

	// Everybody says that the people are all there are, so that MatchList lists at any
	// price: a first sync, a resync of all.
	Everybody bool
}

// Accounts finds accounts by userName: in a list of all of them, or by a look-up each.
// It is safe for concurrent use.
type Accounts struct {
	c      *Client
	listed bool
	why    string
	total  int
	reads  int                // requests that were made
	got    int                // entries that came
	wanted map[string][]*User // by scim.NameKey
}

// Accounts prepares to find people by the way that Config.Matching names. It reads the
// list of accounts where that way, and the number of accounts, ask for it. A list counts
// only when as many different ids came as totalResults says, and when what lies behind
// the only page of a list is nothing; otherwise, also after an error, each person is looked
// up. A 409 on a create is a matter of ResolveConflict all the same: servers are known
// that list no inactive accounts.
func (c *Client) Accounts(ctx context.Context, want Wanted) *Accounts {
	a := &Accounts{c: c, total: -1}
	n, matching := len(want.UserNames), cmp.Or(want.Matching, c.matching)
	switch {
	case matching == MatchList && (n > 1 || want.Everybody && n > 0):
	case matching == MatchAuto && n >= ManyLookups:
	default:
		return a
	}
	anyPrice := matching == MatchList && want.Everybody
	if err := a.read(ctx, want.UserNames, anyPrice); err != nil {
		a.why, a.wanted = err.Error(), nil
		c.log.Info("everybody is looked up instead of listed", "why", a.why)
		return a
	}
	a.listed = true
	return a
}

// Listed tells whether the list is what Find goes by, and if not although it was read
// why.
func (a *Accounts) Listed() (listed bool, why string) { return a.listed, a.why }

// Total is how many accounts WalkMe says there are, inactive ones included; -1 where
// nothing asked for.
func (a *Accounts) Total() int { return a.total }

// read reads the list and keeps the accounts that are wanted. The error says why it does
// not count.
func (a *Accounts) read(ctx context.Context, userNames []string, anyPrice bool) error {
	a.wanted = make(map[string][]*User, len(userNames))
	for _, name := range userNames {
		a.wanted[scim.NameKey(name)] = nil
	}
	seen := map[string]bool{}
	for len(seen) != a.total {
		if a.reads == maxPages {
			return fmt.Errorf("the list has not ended after %d pages", maxPages)
		}
		p, err := a.page(ctx)
		switch {
		case err != nil:
			return err
		case p.total < 0:
			return errors.New("the list does not say how many accounts there are")
		case a.total < 0:
			a.total = p.total
		case p.total != a.total:
			return fmt.Errorf("totalResults is %d, and was %d before", p.total, a.total)
		}
		if pages := PagesOf(a.total); a.reads == 1 && !anyPrice && pages > len(userNames) {
			return fmt.Errorf("%d accounts take %d requests, and %d look-ups do", a.total, pages, len(userNames))
		}
		if news := a.keep(p.entries, seen); news == 0 && len(seen) != a.total {
			return fmt.Errorf("the list ends after %d different accounts, and there should be %d", len(seen), a.total)
		}
	}
	return a.nothingBehind(ctx, seen)
}

func (a *Accounts) page(ctx context.Context) (listPage, error) {
	p, err := a.c.listPage(ctx, usersPath, "", 1+a.got, pageSize)
	a.reads++
	a.got += p.received
	return p, err
}

// nothingBehind asks for what lies behind a list of one page: totalResults is the size of
// the page on some servers.
func (a *Accounts) nothingBehind(ctx context.Context, seen map[string]bool) error {
	if a.reads > 1 || a.total == 0 {
		return nil
	}
	p, err := a.page(ctx)
	if err == nil && a.keep(p.entries, seen) > 0 {
		err = errors.New("totalResults is the size of a page")
	}
	return err
}

// keep takes in what is wanted of a page and returns how many ids are new.
func (a *Accounts) keep(entries []object, seen map[string]bool) int {
	news := 0
	for _, o := range entries {
		id := o.string("id")
		if seen[id] {
			continue
		}
		seen[id] = true
		news++
		u := a.c.userOf(o)
		key := scim.NameKey(u.UserName)
		if _, ok := a.wanted[key]; ok {
			u.listed = true
			a.wanted[key] = append(a.wanted[key], u)
		}
	}
	return news
}

// PagesOf is how many requests a list of so many accounts takes.
func PagesOf(accounts int) int {
	if 0 < accounts && accounts <= pageSize {
		return 2 // with the look behind its end
	}
	return max(1, (accounts+pageSize-1)/pageSize)
}

// Matching is how people are found, by the configuration.
func (c *Client) Matching() Matching { return c.matching }

// Find is FindUser, without a request where the list counts.
func (a *Accounts) Find(ctx context.Context, userName string) (*User, error) {
	if hits, ok := a.wanted[scim.NameKey(userName)]; ok && a.listed {
		return oneOf(hits)
	}
	return a.c.FindUser(ctx, userName)
}
