package probe_test

import (
	"strings"
	"testing"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// newTenant is a strict tenant with people whom the probe must not touch.
func newTenant(o walkmetest.Options) *walkmetest.Tenant {
	tenant := walkmetest.New(o)
	for _, name := range []string{"ada@corp.example", "bob@corp.example", "cy@corp.example"} {
		tenant.AddUser(walkmetest.User{UserName: name, GivenName: "Real", FamilyName: "Person", Active: true,
			Extra: map[string]any{"emails": []any{map[string]any{"primary": true, "value": name, "type": "work"}}}})
	}
	tenant.AddGroup("Everybody")
	return tenant
}

// options judge the tenant without sockets.
func options(tenant *walkmetest.Tenant) probe.Options {
	return probe.Options{
		Target: "http://127.0.0.1" + walkmetest.DefaultBasePath, Auth: walkme.Auth{Token: tenant.Authorization()},
		Transport: tenant.Transport(), AllowWrites: true,
	}
}

func judge(t *testing.T, o probe.Options) *probe.Report {
	t.Helper()
	r, err := probe.Run(t.Context(), o)
	if err != nil {
		t.Fatalf("Run() = %v", err)
	}
	return r
}

// accused lists what failed and warned, with what was found.
func accused(r *probe.Report) []string {
	var out []string
	for _, c := range r.Checks {
		if c.Outcome == probe.Failed || c.Outcome == probe.Warned {
			out = append(out, c.ID+": "+c.Detail)
		}
	}
	return out
}

func TestStrictServer(t *testing.T) {
	for _, dialects := range [][]walkme.Profile{nil, {walkme.OIN}, {walkme.AIW}} {
		tenant := newTenant(walkmetest.Options{})
		o := options(tenant)
		o.Dialects = dialects
		r := judge(t, o)
		if got := accused(r); len(got) > 0 {
			t.Errorf("dialects %v: a strict server is accused:\n%s", dialects, strings.Join(got, "\n"))
		}
		if r.Summary.Skipped > 2 {
			for _, c := range r.Checks {
				if c.Outcome == probe.Skipped {
					t.Logf("skipped %s: %s", c.ID, c.Detail)
				}
			}
		}
		if n, m := len(tenant.Users()), len(tenant.Groups()); n != 3 || m != 1 || len(r.Left) > 0 {
			t.Errorf("dialects %v: %d users and %d groups are left, reported %v; want the 3 and the 1 of before", dialects, n, m, r.Left)
		}
	}
}
