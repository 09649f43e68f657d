package console_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/ramdisk"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

func TestMain(m *testing.M) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // hundreds of small files are opened
	}
	leave := ramdisk.Enter()
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		leave()
		os.Exit(code)
	}))
}

// clock is a time that a test moves.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time           { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(by time.Duration) { c.offset.Add(int64(by)) }

// site is an open console and its state file.
type site struct {
	t      testing.TB
	server *console.Server
	path   string // of the state
	url    string
	clock  *clock
}

func open(t testing.TB, edit func(*console.Options, *console.Program)) *site {
	t.Helper()
	s := &site{t: t, path: filepath.Join(t.TempDir(), "state.db"), clock: &clock{}}
	o := console.Options{Listen: "127.0.0.1:0", StatePath: s.path, Now: s.clock.now}
	p := console.Program{Agent: agent.Config{Mapping: mapping(t), Target: "https://walkme.example.com/scim/v2", WireProfile: "oin"}, Okta: "https://acme.okta.com"}
	p.Agent.Policy.CreateUsers, p.Agent.Limits.EmptiedValues = true, plan.Limit{Count: 1}
	if edit != nil {
		edit(&o, &p)
	}
	var err error
	s.server, err = console.Open(t.Context(), o, p)
	must(t, err)
	s.url = s.server.Address()
	served := make(chan error, 1)
	go func() { served <- s.server.Serve() }()
	t.Cleanup(func() {
		must(t, s.server.Close())
		must(t, <-served)
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mapping(t testing.TB) plan.Mapping {
	t.Helper()
	var rules []plan.MappingRule
	for path, text := range map[string]string{"userName": "appuser.userName", "name.givenName": "user.firstName", "name.familyName": "user.lastName"} {
		expr, err := el.Parse(text)
		must(t, err)
		rules = append(rules, plan.MappingRule{Path: path, Expr: expr})
	}
	m, err := plan.NewMapping(rules)
	must(t, err)
	return m
}

// fill writes to the state.
func (s *site) fill(do func(ctx context.Context, db *state.DB)) {
	s.t.Helper()
	db, err := state.Open(s.t.Context(), state.Options{Path: s.path, Build: "test", Holder: "test", Now: s.clock.now})
	must(s.t, err)
	do(s.t.Context(), db)
	must(s.t, db.Close())
}

// person puts somebody into the snapshot, and, with a WalkMe id, on record.
type person struct{ id, login, first, last, walkme string }

func (s *site) people(people ...person) {
	s.t.Helper()
	s.fill(func(ctx context.Context, db *state.DB) {
		w, err := db.SaveSourceUsers(ctx)
		must(s.t, err)
		for _, p := range people {
			profile, err := json.Marshal(map[string]string{"firstName": p.first, "lastName": p.last, "login": p.login})
			must(s.t, err)
			body, err := json.Marshal(okta.User{ID: p.id, UserName: p.login, Scope: "USER", Status: "ACTIVE", AccountStatus: "ACTIVE", Profile: profile, AppProfile: json.RawMessage("{}")})
			must(s.t, err)
			must(s.t, w.Add(p.id, body))
			if p.walkme == "" {
				continue
			}
			must(s.t, db.PutRecords(ctx, state.Record{
				Resource: scim.Resource{Type: scim.User, SourceID: p.id, ID: p.walkme, Active: true, Attributes: scim.Attributes{
					{Path: "name.familyName", Value: p.last}, {Path: "name.givenName", Value: p.first}, {Path: "userName", Value: p.login},
				}},
				Name: p.login, Origin: state.Created,
			}))
		}
		must(s.t, w.Commit())
	})
}

// visitor is a browser. Its client follows no redirect.
type visitor struct {
	*site
	client *http.Client
}

func (s *site) stranger() *visitor {
	jar, err := cookiejar.New(nil)
	must(s.t, err)
	transport := &http.Transport{}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &visitor{s, &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (s *site) link(viewOnly bool) string {
	s.t.Helper()
	link, err := console.Link(s.path, "ada", viewOnly, s.clock.now())
	must(s.t, err)
	return link
}

// visit opens the console by a link.
func (s *site) visit(viewOnly bool) *visitor {
	s.t.Helper()
	v := s.stranger()
	if got := v.get(s.link(viewOnly)); got.status != http.StatusSeeOther || got.header.Get("Location") != "/" {
		s.t.Fatalf("the link answers %d to %q", got.status, got.header.Get("Location"))
	}
	return v
}

// answered is what came back.
type answered struct {
	status  int
	header  http.Header
	cookies []*http.Cookie
	body    string
}

func (v *visitor) do(r *http.Request) answered {
	v.t.Helper()
	resp, err := v.client.Do(r)
	must(v.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(v.t, err)
	return answered{resp.StatusCode, resp.Header, resp.Cookies(), string(body)}
}

// get asks for an address, or a path of the console.
func (v *visitor) get(address string) answered {
	v.t.Helper()
	return v.do(v.request(http.MethodGet, address, nil))
}

func (v *visitor) post(path string, form url.Values) answered {
	v.t.Helper()
	return v.do(v.request(http.MethodPost, path, form))
}

func (v *visitor) request(method, address string, form url.Values) *http.Request {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.url + address
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(form.Encode()))
	must(v.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// until asks for a page until it is as it should be. Its script is not looked at.
func (v *visitor) until(path string, is func(page string) bool) {
	v.t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		page, _, _ := strings.Cut(v.get(path).body, "<script>")
		if is(page) {
			return
		}
		if time.Since(began) > 2*time.Minute {
			v.t.Fatalf("%s stays as it is: %s", path, page)
		}
	}
}
