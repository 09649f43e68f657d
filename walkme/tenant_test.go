package walkme_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// tenant starts a tenant that reports to the test what its client does wrong.
func tenant(t *testing.T, quirks walkmetest.Quirks, allow ...walkmetest.Rule) *walkmetest.Tenant {
	t.Helper()
	tenant := walkmetest.Start(walkmetest.Options{
		Username: "okta", Password: "s3cret", Quirks: quirks, Allow: allow, MaxInFlight: 8, MaxBatch: 100,
		Strict: func(format string, args ...any) { t.Errorf("violation: "+format, args...) },
	})
	t.Cleanup(tenant.Close)
	return tenant
}

func clientOf(t testing.TB, tenant *walkmetest.Tenant, cfg walkme.Config) *walkme.Client {
	cfg.BaseURL, cfg.Auth = tenant.URL(), walkme.Auth{Username: "okta", Password: "s3cret"}
	cfg.UpdateAttributes = true
	return client(t, cfg)
}

// provision is what an engine does with an assignment.
func provision(ctx context.Context, c *walkme.Client, want scim.Resource) (*walkme.User, error) {
	found, err := c.FindUser(ctx, want.Name())
	if errors.Is(err, scim.ErrNotFound) {
		var created *walkme.User
		if created, err = c.CreateUser(ctx, want); err == nil || !errors.Is(err, scim.ErrConflict) {
			return created, err
		}
		found, err = c.ResolveConflict(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	return c.LinkUser(ctx, found, want)
}

func guideUser(sourceID, userName, givenName string) scim.Resource {
	return person(sourceID,
		scim.Attribute{Path: "userName", Value: userName},
		scim.Attribute{Path: "name.givenName", Value: givenName},
		scim.Attribute{Path: "name.familyName", Value: "Lee"})
}

// A life with WalkMe: joiner, mover, leaver, returner, and a group with all
// that happens to it. The tenant polices every request.
func TestLifeOfAUserAndAGroup(t *testing.T) {
	for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		for name, quirks := range map[string]walkmetest.Quirks{
			"strict":                    {},
			"filter ignored":            {IgnoreFilter: true},
			"case-sensitive userName":   {CaseSensitiveUserName: true},
			"lower-cases userName":      {LowerCasesUserName: true},
			"the filter searches mail":  {FilterSearchesEmail: true},
			"miss is 404":               {LookupMiss404: true},
			"Resources null":            {ResourcesNullWhenEmpty: true},
			"integers as strings":       {StringIntegers: true},
			"lower-case list keys":      {LowerCaseListKeys: true},
			"ids with a slash":          {IDsWithSlash: true, NoMeta: true},
			"ids from names":            {IDsFromName: true, RelativeLocation: true},
			"active as a string":        {ActiveAsString: true},
			"PUT answer without active": {PutAnswerOmitsActive: true},
			"PUT without active":        {PutWithoutActiveDeactivates: true},
			"PUT clears what it omits":  {PutClearsOmitted: true},
			"password echoed":           {EchoPassword: true},
			"204":                       {Patch204: true},
			"empty members absent":      {EmptyMembersAbsent: true},
			"empty group null":          {EmptyGroupNull: true},
			"members never echoed":      {MembersNeverEchoed: true},
			"delete answers a body":     {DeleteReturnsBody: true},
			"gzip":                      {ContentEncoding: "gzip"},
			"deflate":                   {ContentEncoding: "deflate"},
			"unknown id is 500":         {UnknownID500: true},
			"no discovery":              {NoDiscovery: true},
			"numeric status":            {NumericStatus: true, AlwaysInvalidSyntax: true},
		} {
			t.Run(fmt.Sprint(profile, " ", name), func(t *testing.T) {
				var allow []walkmetest.Rule
				if quirks.FilterSearchesEmail { // nobody can know that the user exists
					allow = append(allow, walkmetest.RuleSecondCreate)
				}
				live(t, tenant(t, quirks, allow...), profile)
			})
		}
	}
}

func live(t *testing.T, tenant *walkmetest.Tenant, profile walkme.Profile) {
	admin := tenant.AddUser(walkmetest.User{UserName: "admin@example.com", GivenName: "Ad", FamilyName: "Min", Active: true})
	tenant.Protect(admin)
	c := clientOf(t, tenant, walkme.Config{Profile: profile})
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.TestCredentials(ctx, true))
	annLee, err := provision(ctx, c, guideUser("00u1", "Ann@Example.com", "Ann"))
	must(err)
	bob, err := provision(ctx, c, guideUser("00u2", "o'bob@example.com", "Bob"))
	must(err)
	_, err = c.UpdateUser(ctx, annLee.ID, guideUser("00u1", "Ann@Example.com", "Anna"))
	must(err)
	must(c.SetActive(ctx, annLee.ID, false))
	again, err := provision(ctx, c, guideUser("00u1", "Ann@Example.com", "Annie"))
	must(err)
	if again.ID != annLee.ID {
		t.Errorf("assigned again as %s, was %s", again.ID, annLee.ID)
	}
	if u, ok := tenant.User("Ann@Example.com"); !ok || u.GivenName != "Annie" || !u.Active || u.ExternalID != "00u1" {
		t.Errorf("the tenant has %+v", u)
	}
	liveGroup(t, tenant, c, walkme.Member{ID: annLee.ID, Display: "Ann@Example.com"}, walkme.Member{ID: bob.ID, Display: "o'bob@example.com"})
}

func liveGroup(t *testing.T, tenant *walkmetest.Tenant, c *walkme.Client, ann, bob walkme.Member) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.FindGroup(ctx, "Editors"); !errors.Is(err, scim.ErrNotFound) {
		t.Fatalf("FindGroup() = %v, want ErrNotFound", err)
	}
	g, err := c.CreateGroup(ctx, "Editors", []walkme.Member{ann})
	must(err)
	update := func(add, remove []walkme.Member, managed ...walkme.Member) {
		t.Helper()
		r, err := c.UpdateMembers(ctx, walkme.MembersUpdate{GroupID: g.ID, Name: "Editors", Rename: true, Add: add, Remove: remove, Managed: managed})
		must(err)
		if len(r.Refused) > 0 {
			t.Errorf("refused: %+v", r.Refused)
		}
		want := make([]string, len(managed))
		for i, m := range managed {
			want[i] = m.ID
		}
		slices.Sort(want)
		if got, _ := tenant.Group("Editors"); strings.Join(slices.Sorted(slices.Values(got.Members)), " ") != strings.Join(want, " ") {
			t.Errorf("the group has %v, want %v", got.Members, want)
		}
	}
	if c.SecondWriteNeeded(g, []walkme.Member{ann}) {
		update([]walkme.Member{ann}, nil, ann)
	}
	update([]walkme.Member{bob}, nil, ann, bob)
	update(nil, []walkme.Member{ann}, bob)
	update(nil, []walkme.Member{bob})
	update([]walkme.Member{ann}, nil, ann)
	must(c.RenameGroup(ctx, walkme.GroupRename{GroupID: g.ID, Name: "Authors"}))
	must(c.RenameGroup(ctx, walkme.GroupRename{GroupID: g.ID, Name: "Editors"}))
	_, err = c.ReplaceMembers(ctx, walkme.MembersUpdate{GroupID: g.ID, Name: "Editors", Managed: []walkme.Member{bob}})
	must(err)
	must(c.DeleteGroup(ctx, g.ID))
	if _, err := c.Group(ctx, g.ID); !errors.Is(err, scim.ErrNotFound) {
		t.Errorf("Group() after the delete = %v, want ErrNotFound", err)
	}
}
