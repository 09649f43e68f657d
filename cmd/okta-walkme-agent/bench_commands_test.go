package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// BenchmarkBigCommands runs, as processes of their own, the commands that speak of few
// people or print all of them, over a state that is in step with everybody. Goals for
// 100,000 people: 60 MB for those that speak of few, 120 MB for those that print all.
func BenchmarkBigCommands(b *testing.B) {
	const change = "mappings: {userName: appuser.userName, name.givenName: toUpperCase(user.firstName), name.familyName: user.lastName}\n"
	for _, people := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			c := newBigCompany(b, people)
			c.fillState()
			c.fillTenant(people)
			c.run("sync") // stores the snapshot of people
			for _, one := range []struct{ name, config, args string }{
				{"explain", "", "explain " + generatedLogin(people/2)},
				{"resync", "", "resync --user " + generatedLogin(people/2)},
				{"check", "", "check"},
				{"adopt", "", "state adopt"},
				{"settle", "", "sync"},
				{"offline", "", "plan --offline"},
				{"text", change, "plan --offline"},
				{"full", change, "plan --offline --full"},
				{"markdown", change, "plan --offline --full --format markdown"},
				{"html", change, "plan --offline --format html"},
			} {
				b.Run(one.name, func(b *testing.B) {
					c.b = b
					c.write(one.config)
					if one.name == "settle" {
						c.leavePending(0)
					}
					c.measure(strings.Fields(one.args)...)
				})
			}
		})
	}
}

func generatedLogin(i int) string { return fmt.Sprintf("person%d@example.com", i) }

// fillTenant makes the accounts that fillState has on record.
func (c *bigCompany) fillTenant(people int) {
	for i := range people {
		id := c.org.GeneratedID(i)
		c.tenant.AddUser(walkmetest.User{
			ID: "wm-" + id, ExternalID: id, UserName: generatedLogin(i), Active: true,
			GivenName: fmt.Sprintf("First%d", i), FamilyName: fmt.Sprintf("Last%d", i),
		})
	}
}

// leavePending leaves an update of a person as a run does that was killed.
func (c *bigCompany) leavePending(i int) {
	ctx := context.Background()
	db, err := state.Open(ctx, state.Options{Path: c.dir + "/state.db", Build: "bench", Holder: "bench"})
	if err != nil {
		c.b.Fatal(err)
	}
	id := c.org.GeneratedID(i)
	if _, err := db.Begin(ctx, state.Entry{Type: scim.User, SourceID: id, TargetID: "wm-" + id, Name: generatedLogin(i), Action: "update"}); err != nil {
		c.b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		c.b.Fatal(err)
	}
}
