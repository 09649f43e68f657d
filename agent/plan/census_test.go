package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// A census of random people says what a look at all of them at once does: about those who
// cannot be mapped, share a name, are suspended or gone, come twice and in no order.
func TestCensus(t *testing.T) {
	mapping := mapping(t, "userName", "appuser.userName", "name.givenName", "user.firstName", "title", "user.title")
	policy := plan.DesirePolicy{RequireEmail: true}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		byID := map[string]okta.User{}
		census := plan.NewCensus(mapping, policy)
		sieve := census.Sieve()
		if err := sieve.Begin(okta.App{}); err != nil {
			t.Fatal(err)
		}
		twice := false
		for range r.IntN(5) {
			var page []okta.Read
			for range 1 + r.IntN(12) {
				u := randomUser(r)
				_, again := byID[u.ID]
				twice = twice || again
				byID[u.ID], page = u, append(page, okta.Read{User: u})
			}
			if kept, err := sieve.Keep(nil, page); err != nil || slices.Contains(kept, true) {
				t.Fatalf("seed %d: Keep = %v, %v, want nobody kept", seed, kept, err)
			}
		}
		sieve.End()
		snap := &okta.Snapshot{}
		for _, u := range byID {
			snap.Users = append(snap.Users, u)
		}
		slices.SortFunc(snap.Users, func(a, b okta.User) int {
			return scim.Compare(scim.Resource{SourceID: a.ID}, scim.Resource{SourceID: b.ID})
		})
		want, got := censusOf(mapping, mapping.Desired(snap, policy)), heard(census)
		if twice { // a value that was seen stays seen
			want.Empty, got.Empty = nil, nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d (-everybody at once +census):\n%s", seed, diff)
		}
		for i := range 40 {
			id := fmt.Sprintf("00u%02d", i)
			if _, listed := byID[id]; sieve.Assigned(id) != listed {
				t.Fatalf("seed %d: Assigned(%s) = %t, want %t", seed, id, !listed, listed)
			}
		}
	}
}

func randomUser(r *rand.Rand) okta.User {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	return okta.User{
		ID:            fmt.Sprintf("00u%02d", r.IntN(40)),
		UserName:      pick("ann@example.com", "ANN@example.com", "no address", "", fmt.Sprintf("p%d@example.com", r.IntN(30)), fmt.Sprintf("q%d@example.com", r.IntN(1000))),
		Status:        pick("ACTIVE", "ACTIVE", "ACTIVE", "INACTIVE", "odd"),
		AccountStatus: pick("ACTIVE", "ACTIVE", "SUSPENDED", "DEPROVISIONED"),
		Profile:       []byte(pick(`{"firstName":"A"}`, `{}`, `{"title":null}`, `{"title":7}`)),
		AppProfile:    []byte(`{}`),
	}
}

// said is what there is to say of a list of people.
type said struct {
	People, Mapped, Rejected int
	First                    []string
	Empty                    []string
	Accounts                 []string
}

func heard(c *plan.Census) said {
	first, rejected := c.Rejected()
	out := said{People: c.Len(), Mapped: c.Mapped(), Rejected: rejected}
	for _, r := range first {
		out.First = append(out.First, fmt.Sprint(r))
	}
	for _, rule := range c.Empty() {
		out.Empty = append(out.Empty, rule.Path)
	}
	c.EachMapped(func(id, name string) bool {
		out.Accounts = append(out.Accounts, id+" "+name)
		return true
	})
	return out
}

func censusOf(m plan.Mapping, desired plan.Desired) said {
	out := said{People: len(desired.People)}
	anything := false
	for _, p := range desired.People {
		anything = anything || len(p.Attributes) > 0
		switch {
		case p.Rejection != nil:
			if out.Rejected++; out.Rejected <= 10 {
				out.First = append(out.First, fmt.Sprint(*p.Rejection))
			}
		case p.Presence == plan.Present:
			out.Mapped++
			out.Accounts = append(out.Accounts, p.SourceID+" "+p.Name())
		}
	}
	for _, rule := range m.Rules() {
		filled := func(p plan.Person) bool { return !scim.Equal(p.Attributes.Get(rule.Path), nil) }
		if anything && !slices.ContainsFunc(desired.People, filled) {
			out.Empty = append(out.Empty, rule.Path)
		}
	}
	return out
}
