package console

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/internal/scim"
)

// lookPause is the least time between two looks at WalkMe, which may be long lists.
const lookPause = 30 * time.Second

// look is what was read from WalkMe when a person asked for it. It goes on in the
// background, and what it found is kept until the next one.
type look struct {
	mu       sync.Mutex
	busy     bool
	at       time.Time // of the latest end; zero: never
	err      error
	accounts []agent.Account
	groups   []agent.AvailableGroup
}

// seen is a look at one moment.
type seen struct {
	Can, Busy bool
	At        *moment
	Failed    bool
	accounts  []agent.Account
	groups    []agent.AvailableGroup
}

func (s *Server) seen() seen {
	l := &s.look
	l.mu.Lock()
	defer l.mu.Unlock()
	return seen{Can: s.current().Look != nil, Busy: l.busy, At: s.at(l.at), Failed: l.err != nil, accounts: l.accounts, groups: l.groups}
}

// startLook reads WalkMe, unless that is under way or has just been done.
func (s *Server) startLook(back string) func(*http.Request) (*view, error) {
	back += "#look" // where it was asked for
	return func(*http.Request) (*view, error) {
		p, l := s.current(), &s.look
		l.mu.Lock()
		defer l.mu.Unlock()
		if p.Look == nil || l.busy || !l.at.IsZero() && s.now().Sub(l.at) < lookPause {
			return &view{to: back}, nil
		}
		l.busy = true
		s.runner.group.Go(func() {
			accounts, groups, err := p.Look(s.runner.ctx)
			l.mu.Lock()
			defer l.mu.Unlock()
			l.busy, l.at, l.err = false, s.now(), err
			if err != nil {
				s.log.Warn("WalkMe could not be read for the console", "err", err)
				return
			}
			l.accounts, l.groups = accounts, groups
		})
		return &view{to: back}, nil
	}
}

type accountsPage struct {
	Look     seen
	Query    string
	Accounts []agent.Account
	Met, All int
}

const shownAccounts = 500

// accounts are those that no person in Okta stands for.
func (s *Server) accounts(r *http.Request) (*view, error) {
	page := &accountsPage{Look: s.seen(), Query: query(r)}
	page.All = len(page.Look.accounts)
	words := queryWords(strings.ToLower(page.Query))
	for _, a := range page.Look.accounts {
		if len(words) > 0 && !meets(words, a.UserName+" "+a.Name+" "+a.WalkMeID) {
			continue
		}
		if page.Met++; len(page.Accounts) < shownAccounts {
			page.Accounts = append(page.Accounts, a)
		}
	}
	return &view{page: "accounts", title: "Accounts", data: page}, nil
}

// linkable are WalkMe's groups that a source can link to, by name.
func (s seen) linkable() []agent.AvailableGroup {
	out := slices.Clone(s.groups)
	slices.SortFunc(out, func(a, b agent.AvailableGroup) int {
		return strings.Compare(scim.NameKey(a.Name), scim.NameKey(b.Name))
	})
	return out
}

// Look reads both lists of WalkMe.
func Look(ctx context.Context, a *agent.Agent) ([]agent.Account, []agent.AvailableGroup, error) {
	accounts, err := a.Unmanaged(ctx)
	if err != nil {
		return nil, nil, err
	}
	groups, err := a.GroupList(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	return accounts.Accounts, groups.Available, nil
}
