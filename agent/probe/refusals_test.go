package probe_test

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/walkme/walkmetest"
)

// refusing is a server that answers some requests with an error and no effect.
func refusing(next http.RoundTripper, status int, when func(req *http.Request, body map[string]any) bool) http.RoundTripper {
	return transportFunc(func(req *http.Request) (*http.Response, error) {
		var body map[string]any
		if req.Body != nil {
			text, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			req = req.Clone(req.Context())
			req.Body, req.ContentLength = io.NopCloser(strings.NewReader(string(text))), int64(len(text))
			if json.Unmarshal(text, &body) != nil {
				body = nil
			}
		}
		if when(req, body) {
			return answering{status, "Content-Type: application/scim+json", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","detail":"not here"}`}.RoundTrip(req)
		}
		return next.RoundTrip(req)
	})
}

// A server that refuses one thing in Okta's POST is told so, and judged by everything else
// as a server that does not.
func TestRefusedInThePost(t *testing.T) {
	for _, key := range []string{"password", "groups"} {
		t.Run(key, func(t *testing.T) {
			o := options(newTenant(walkmetest.Options{KeepRequests: -1}))
			o.Transport = refusing(o.Transport, http.StatusBadRequest, func(req *http.Request, body map[string]any) bool {
				_, has := body[key]
				return has && req.Method == http.MethodPost
			})
			r := judge(t, o)
			for _, c := range r.Checks {
				of := strings.HasSuffix(c.ID, ".create") || c.ID == "plan.C9290" || c.ID == "plan.C9334" // by Okta's own POST
				if (c.Outcome == probe.Failed || c.Outcome == probe.Warned) && !of {
					t.Errorf("%s %s: %s", c.ID, c.Outcome, c.Detail)
				}
			}
			if want := "wire:\n    send_" + key + ": false\n"; !strings.Contains(r.Configuration, want) || strings.Contains(r.Configuration, "require_email") || strings.Contains(r.Configuration, "Cannot") {
				t.Errorf("the configuration is\n%s\nwant %q and no more", r.Configuration, want)
			}
		})
	}
}

// Leavers decide about the dialect: a server on which no PUT is taken deactivates by PATCH.
func TestDialectThatDeactivates(t *testing.T) {
	o := options(newTenant(walkmetest.Options{KeepRequests: -1}))
	o.Suites = []string{"wire"}
	o.Transport = refusing(o.Transport, http.StatusPreconditionRequired, func(req *http.Request, _ map[string]any) bool {
		return req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/Users/")
	})
	r := judge(t, o)
	if want := "wire_profile: oin\n  wire:\n    user_update: patch\n"; !strings.Contains(r.Configuration, want) {
		t.Errorf("the configuration is\n%s\nwant %q", r.Configuration, want)
	}
}

// Where only one of the two dialects fails the text says that apps of the other kind work.
func TestOneDialectFails(t *testing.T) {
	o := options(newTenant(walkmetest.Options{KeepRequests: -1}))
	o.Suites = []string{"wire", "crud"}
	o.Transport = refusing(o.Transport, http.StatusMethodNotAllowed, func(req *http.Request, _ map[string]any) bool {
		return req.Method == http.MethodPut && strings.Contains(req.URL.Path, "/Groups/")
	})
	var b strings.Builder
	if err := probe.Text(&b, judge(t, o), report.Options{}); err != nil || !strings.Contains(b.String(), "What failed concerns apps of Okta's wizard (aiw) alone; for those of its catalogue it all holds: --dialect oin.") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// A server puts its own before the name of a leaver, or answers 400 for what is gone.
func TestRemovalOfWhatChanged(t *testing.T) {
	t.Run("renamed", func(t *testing.T) {
		tenant := newTenant(walkmetest.Options{KeepRequests: -1})
		o := options(tenant)
		o.Suites = []string{"wire"}
		o.Transport = reshaped(o.Transport, eachUser(func(u map[string]any) {
			if u["active"] == false {
				u["userName"] = "deleted-" + u["userName"].(string)
			}
		}))
		if r := judge(t, o); len(r.Left) > 0 || len(tenant.Users()) != 3 {
			t.Errorf("%d accounts are there, left is %v", len(tenant.Users()), r.Left)
		}
	})
	t.Run("gone", func(t *testing.T) {
		tenant := newTenant(walkmetest.Options{KeepRequests: -1})
		o := options(tenant)
		o.Only = []string{"quirks.delete-user", "wire.oin.group-delete"}
		o.Transport = rewriter{next: o.Transport, answer: func(_ *http.Request, status int, body string) (int, string) {
			if status == http.StatusNotFound {
				status = http.StatusBadRequest
			}
			return status, body
		}}
		if r := judge(t, o); len(r.Left) > 0 || len(tenant.Users()) != 3 {
			t.Errorf("%d accounts are there, left is %v", len(tenant.Users()), r.Left)
		}
	})
}

// What a group deletes, or does not let go while it has members, is removed as far as it can
// be, and what is gone is not called left.
func TestRemovalAroundGroups(t *testing.T) {
	for name, server := range map[string]func(*walkmetest.Tenant, http.RoundTripper) http.RoundTripper{
		"only an empty group is deleted": func(tenant *walkmetest.Tenant, next http.RoundTripper) http.RoundTripper {
			return refusing(next, http.StatusConflict, func(req *http.Request, _ map[string]any) bool {
				for _, g := range tenant.Groups() {
					if req.Method == http.MethodDelete && strings.HasSuffix(req.URL.Path, g.ID) && len(g.UserNames) > 0 {
						return true
					}
				}
				return false
			})
		},
		"a group takes its members with it": func(tenant *walkmetest.Tenant, next http.RoundTripper) http.RoundTripper {
			return transportFunc(func(req *http.Request) (*http.Response, error) {
				for _, g := range tenant.Groups() {
					if req.Method == http.MethodDelete && strings.HasSuffix(req.URL.Path, g.ID) {
						for _, name := range g.UserNames {
							u, _ := tenant.User(name)
							tenant.DeleteUser(u.ID)
						}
					}
				}
				return next.RoundTrip(req)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			tenant := newTenant(walkmetest.Options{KeepRequests: -1})
			o := options(tenant)
			o.Suites, o.Skip = []string{"wire", "plan"}, crowd
			o.Transport = server(tenant, o.Transport)
			r := judge(t, o)
			if len(r.Left) > 0 || len(tenant.Users()) != 3 || len(tenant.Groups()) != 1 {
				t.Errorf("%d accounts and %d groups are there, left is %v", len(tenant.Users()), len(tenant.Groups()), r.Left)
			}
			for _, c := range r.Checks {
				about := strings.HasSuffix(c.ID, ".group-delete") || c.ID == "plan.C9318" || c.ID == "plan.C9323"
				if (c.Outcome == probe.Failed) && !about {
					t.Errorf("%s: %s", c.ID, c.Detail)
				}
			}
		})
	}
}

// Whoever is in a group together with somebody who does not exist stays in it.
func TestUnknownMemberCostsNobody(t *testing.T) {
	o := options(newTenant(walkmetest.Options{KeepRequests: -1}))
	o.Only = []string{"wire.oin.group-unknown-member"}
	o.Transport = rewriter{next: o.Transport, ask: func(req *http.Request, body string) string {
		if req.Method == http.MethodPatch && strings.Contains(body, "000000000bad") {
			return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"members","value":[]}]}`
		}
		return body
	}}
	if r := judge(t, o); r.Summary.Warned != 1 || strings.Count(r.Checks[len(r.Checks)-1].Detail, "is not in the group") != 2 {
		t.Errorf("%+v", r.Checks)
	}
}

// What others send, and Okta does not, warns where it is refused.
func TestPatchesOfOthers(t *testing.T) {
	for check, when := range map[string]func(req *http.Request, body string) bool{
		"quirks.patch-many":      func(req *http.Request, body string) bool { return strings.Contains(body, "Many") },
		"quirks.patch-user-name": func(req *http.Request, body string) bool { return strings.Contains(body, `"path":"userName"`) },
		"quirks.group-put-inactive": func(req *http.Request, body string) bool {
			return req.Method == http.MethodPut && strings.Count(body, `"value":`) == 2
		},
	} {
		o := options(newTenant(walkmetest.Options{KeepRequests: -1}))
		o.Only = []string{check}
		o.Transport = refusing(o.Transport, http.StatusBadRequest, func(req *http.Request, body map[string]any) bool {
			text, err := json.Marshal(body)
			return err == nil && req.Method != http.MethodPost && when(req, string(text))
		})
		if r := judge(t, o); r.Summary.Warned != 1 {
			t.Errorf("%s: %+v", check, r.Checks)
		}
	}
}

// A server that is not there any more is no server that answers wrongly.
func TestServerThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options(newTenant(walkmetest.Options{KeepRequests: -1}))
		next, n := o.Transport, 0
		o.Transport = inOrder(transportFunc(func(req *http.Request) (*http.Response, error) {
			if n++; n > 150 {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
			}
			return next.RoundTrip(req)
		}))
		r, err := probe.Run(t.Context(), o)
		var incomplete *probe.IncompleteError
		if !errors.As(err, &incomplete) || !strings.Contains(incomplete.Reason, "the server cannot be reached any more") {
			t.Fatalf("Run() = %v", err)
		}
		if got := accused(r); len(got) > 0 {
			t.Errorf("it is accused:\n%s", strings.Join(got, "\n"))
		}
	})
}

// A byte order mark is said, and hinders nothing.
func TestByteOrderMark(t *testing.T) {
	tenant := newTenant(walkmetest.Options{KeepRequests: -1})
	o := options(tenant)
	o.Skip = crowd
	o.Transport = rewriter{next: o.Transport, answer: func(_ *http.Request, status int, body string) (int, string) {
		if body != "" {
			body = "\ufeff" + body
		}
		return status, body
	}}
	r := judge(t, o)
	if got := accused(r); len(got) != 1 || !strings.HasPrefix(got[0], "quirks.json-accepted: the JSON begins with a byte order mark") {
		t.Errorf("it is accused:\n%s", strings.Join(got, "\n"))
	}
	if len(r.Left) > 0 || len(tenant.Users()) != 3 {
		t.Errorf("left: %v", r.Left)
	}
}

// Nobody whom the run did not make is shown in a report, however a server spells them.
func TestStrangersAreHidden(t *testing.T) {
	for name, change := range map[string]func(body string) string{
		"keys in lower case": func(body string) string { return strings.ReplaceAll(body, `"userName"`, `"username"`) },
		"a mark before":      func(body string) string { return "\ufeff" + body },
		"no JSON":            func(body string) string { return body + "<!-- -->" },
	} {
		t.Run(name, func(t *testing.T) {
			o := options(newTenant(walkmetest.Options{}))
			o.AllowWrites = false
			o.Transport = rewriter{next: o.Transport, answer: func(_ *http.Request, status int, body string) (int, string) { return status, change(body) }}
			text, err := json.Marshal(judge(t, o))
			if err != nil || strings.Contains(strings.ToLower(string(text)), "corp.example") {
				t.Errorf("%v: a stranger's address is in the report", err)
			}
		})
	}
}

// The read that showed what a write did is told although the write is long.
func TestReadBehindAWrite(t *testing.T) {
	o := options(newTenant(walkmetest.Options{}))
	o.Only = []string{"wire.oin.create-shown"}
	o.Transport = reshaped(o.Transport, eachUser(func(u map[string]any) { delete(u, "emails") }))
	var b strings.Builder
	if err := probe.Text(&b, judge(t, o), report.Options{Width: 80}); err != nil || !strings.Contains(b.String(), "                 201, then GET /Users/") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
