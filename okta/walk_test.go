package okta_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// fullLists are an org whose lists all end with a page that is exactly full, and
// the lists by what reads them.
func fullLists(t *testing.T) (org *oktatest.Org, lists map[string]func(context.Context, *okta.Client) error) {
	t.Helper()
	org = startOrg(t, oktatest.Options{PageLimit: 2})
	var people []string
	for i := range 4 {
		people = append(people, hire(org, fmt.Sprintf("p%d@example.com", i)))
	}
	for _, name := range []string{"team-a", "team-b", "team-c", "team-d"} {
		id := org.NewGroup(name, people...)
		org.AssignGroup(id)
		org.PushMapping(id, "ACTIVE")
	}
	org.NewGroup("other", people[1:]...) // three groups and Everyone
	org.RemoveMember(org.Groups()[3].ID, people[0])
	groups := func(sources ...okta.GroupSource) func(context.Context, *okta.Client) error {
		return func(ctx context.Context, c *okta.Client) error {
			s, err := c.Snapshot(ctx, okta.SnapshotRequest{Groups: okta.GroupRequest{Sources: sources}})
			if err == nil && len(s.Groups) > 0 && s.Groups[0].Unreadable != "" {
				return errors.Join(okta.ErrIncomplete, errors.New(s.Groups[0].Unreadable))
			}
			return err
		}
	}
	return org, map[string]func(context.Context, *okta.Client) error{
		"/apps/{id}/users":               groups(),
		"/groups":                        groups(okta.GroupSource{Rule: &okta.GroupRule{NameStartsWith: "team-"}}),
		"/groups/{id}/users":             groups(okta.GroupSource{ID: org.Groups()[0].ID}),
		"/apps/{id}/groups":              func(ctx context.Context, c *okta.Client) error { _, err := c.AppGroups(ctx); return err },
		"/apps/{id}/group-push/mappings": func(ctx context.Context, c *okta.Client) error { _, err := c.PushMappings(ctx); return err },
		"/users/{id}/groups":             func(ctx context.Context, c *okta.Client) error { _, err := c.PersonGroups(ctx, people[0]); return err },
	}
}

// template writes a path as the keys of fullLists are.
func template(path string) string {
	parts := strings.Split(strings.TrimPrefix(path, "/api/v1"), "/")
	for i, p := range parts {
		if len(p) == 20 {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

// A full page without a next link is asked once more behind its last entry. When
// there is nothing, the list is whole; when there is more, the link was lost and
// the read is void. Where Okta takes no id for a position, a smaller page tells.
func TestFullPageWithoutANextLink(t *testing.T) {
	for _, opaque := range []bool{false, true} {
		org, lists := fullLists(t)
		org.OpaqueCursors(opaque)
		for list, read := range lists {
			t.Run(fmt.Sprintf("%s, cursors opaque: %v", list, opaque), func(t *testing.T) {
				c := newClient(t, org)
				pages := func() (n int) {
					for _, r := range org.Requests() {
						if template(r.Path) == list {
							n++
						}
					}
					return n
				}
				org.Fault(nil)
				org.ResetRequests()
				want := 3 // two pages, and the look behind the second
				if opaque {
					want++
				}
				if err := read(t.Context(), c); err != nil || pages() != want {
					t.Errorf("a whole list: %v in %d requests, want no error in %d", err, pages(), want)
				}
				org.Fault(func(r *http.Request) *oktatest.Fault {
					if template(r.URL.Path) != list {
						return nil
					}
					return &oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte {
						links := h.Values("Link")
						h.Del("Link")
						for _, l := range links {
							if strings.Contains(l, `rel="self"`) {
								h.Add("Link", l)
							}
						}
						return b
					}}
				})
				org.ResetRequests()
				if err := read(t.Context(), c); !errors.Is(err, okta.ErrIncomplete) || pages() > want {
					t.Errorf("a list whose links are lost: %v in %d requests, want ErrIncomplete", err, pages())
				}
			})
		}
	}
}

// Where Okta fails at an id in place of a position, the smaller page tells, too.
func TestFullPageWherePositionsFail(t *testing.T) {
	for status, want := range map[int]error{400: nil, 404: nil, 500: nil, 403: okta.ErrForbidden} {
		org := startOrg(t, oktatest.Options{PageLimit: 2})
		hire(org, "ann@example.com")
		hire(org, "bob@example.com")
		org.Fault(func(r *http.Request) *oktatest.Fault {
			if r.URL.Query().Has("after") {
				return &oktatest.Fault{Status: status, Body: `{"errorCode":"E0000009"}`}
			}
			return nil
		})
		if _, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{}); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("Snapshot() when a position is answered %d = %v, want %v", status, err, want)
		}
	}
}

// The page that Okta was asked for counts even when all links are lost, its own
// included.
func TestFullPageWithoutAnyLink(t *testing.T) {
	org := startOrg(t, oktatest.Options{Generated: 501})
	org.Fault(always("/users", oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte { h.Del("Link"); return b }}))
	if _, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{}); !errors.Is(err, okta.ErrIncomplete) {
		t.Errorf("Snapshot() of 501 people without links = %v, want ErrIncomplete", err)
	}
	org.Unassign(org.GeneratedID(0))
	if s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{}); err != nil || len(s.Users) != 500 {
		t.Errorf("Snapshot() of 500 people without links = %v, want all of them", err)
	}
}

// A list of members whose next link leads to another group's is not read.
func TestLinkToAnotherGroup(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	ann, bob, eve := hire(org, "ann@example.com"), hire(org, "bob@example.com"), hire(org, "eve@example.com")
	sales, ops := org.NewGroup("Sales", ann, bob, eve), org.NewGroup("Ops", ann, bob, eve)
	org.Fault(always("/groups/"+sales+"/users", oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte {
		for i, l := range h["Link"] {
			h["Link"][i] = strings.Replace(l, sales, ops, 1)
		}
		return b
	}}))
	s := readGroups(t, newClient(t, org), okta.GroupSource{ID: sales}, okta.GroupSource{ID: ops})
	if g := s.Groups[0]; !strings.Contains(g.Unreadable, "another list") || s.Groups[1].Unreadable != "" {
		t.Errorf("groups = %+v, want Sales alone unreadable, and why", s.Groups)
	}
}

// A list without an end is given up, in entries and in bytes.
func TestListWithoutAnEnd(t *testing.T) {
	page := 0
	endless := func(entries int, profile string) oktatest.Fault {
		return oktatest.Fault{Status: 200, Rewrite: func(h http.Header, _ []byte) []byte {
			page++
			h.Set("Link", fmt.Sprintf(`</api/v1/apps/0oa00000000000walkme/users?after=%d>; rel="next"`, page))
			var b strings.Builder
			for i := range entries {
				fmt.Fprintf(&b, `,{"id":"00u%d-%d","profile":{"note":"%s"},"_embedded":{"user":{}}}`, page, i, profile)
			}
			return []byte("[" + b.String()[1:] + "]")
		}}
	}
	for name, tc := range map[string]struct {
		entries int // of a page
		profile string
		most    int
	}{"entries": {100, "x", 1000}, "bytes": {10, strings.Repeat("x", 1<<19), 0}} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			org.Fault(always("/users", endless(tc.entries, tc.profile)))
			c := newClient(t, org, func(cfg *okta.Config) { cfg.MaxPeople = tc.most })
			_, err := c.Snapshot(t.Context(), okta.SnapshotRequest{})
			if !errors.Is(err, okta.ErrTooLong) || !errors.Is(err, okta.ErrIncomplete) || len(org.Requests()) > 13 {
				t.Errorf("Snapshot() = %v after %d requests, want ErrTooLong soon", err, len(org.Requests()))
			}
		})
	}
}

// One object is bounded, too, and not asked for again.
func TestObjectWithoutAnEnd(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.Fault(always(org.AppID(), oktatest.Fault{Status: 200, Body: `{"id":"` + strings.Repeat("x", 9<<20) + `"}`}))
	if _, err := newClient(t, org).App(t.Context()); !errors.Is(err, okta.ErrTooLong) || len(org.Requests()) != 1 {
		t.Errorf("App() = %v after %d requests, want ErrTooLong after one", err, len(org.Requests()))
	}
}
