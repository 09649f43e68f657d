package agent_test

import (
	"bytes"
	stdcmp "cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// setup is what a story may want otherwise.
type setup struct {
	profile walkme.Profile
	wire    walkme.Wire

	matching walkme.Matching
	config   agent.Config
	org      oktatest.Options
	tenant   walkmetest.Options
	sources  []string // names of Okta groups to push

	// walkmeOver, if set, puts a transport in front of the one to WalkMe.
	walkmeOver func(http.RoundTripper) http.RoundTripper

	username, password string // to WalkMe; "": those of the tenant by default
}

// onDisk has all plain changes of runs carried out from a file, however few they are.
var onDisk = flag.Bool("on-disk", false, "carry out all plain changes from a file")

// spillAll has an agent do so.
func spillAll(t testing.TB, a *agent.Agent) {
	a.Spill = func() (plan.ChangeStore, error) {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err == nil {
			t.Cleanup(func() { _ = file.Close() })
		}
		return file, err
	}
}

// savedAs saves a plan, and opens it as apply does.
func savedAs(t testing.TB, p *plan.Plan) *plan.Saved {
	t.Helper()
	text, err := json.Marshal(withChanges(t, p))
	if err != nil {
		t.Fatal(err)
	}
	saved, err := plan.ReadSaved(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// withChanges is a plan with all of its changes, to be looked at.
func withChanges(t testing.TB, p *plan.Plan) *plan.Plan {
	t.Helper()
	out := *p
	out.Changes = []*plan.Change{}
	for c, err := range p.All() {
		if err != nil {
			t.Fatal(err)
		}
		out.Changes = append(out.Changes, c)
	}
	return &out
}

// collected puts all changes of a run into memory.
func collected(t testing.TB, report *agent.Report) *agent.Report {
	t.Helper()
	if report == nil {
		return nil
	}
	report.Changes = withChanges(t, &report.Plan).Changes
	return report
}

// world is an Okta org, a WalkMe tenant and the agent between them, over HTTP
// and with a state file on the disk. Whatever Okta would never send fails the
// test.
type world struct {
	t      testing.TB
	org    *oktatest.Org
	tenant *walkmetest.Tenant
	setup  setup
	path   string // of the state file
	agent  *agent.Agent
	later  time.Duration     // how far the agent's clock is ahead
	people map[string]string // short name → Okta id
	groups map[string]string // name → Okta id
}

// quietConfig holds nothing back.
func quietConfig(t testing.TB) agent.Config {
	t.Helper()
	many := plan.Limit{Count: 1000}
	return agent.Config{
		Mapping: guideMapping(t, "user.firstName"),
		Policy: plan.Policy{
			CreateUsers: true, UpdateUserAttributes: true, DeactivateUsers: true,
			Desire: plan.DesirePolicy{RequireEmail: true},
		},
		Limits:          plan.Limits{Deactivations: many, MemberRemovals: many, GroupDeletes: many, EmptiedValues: many},
		ConfirmRemovals: true,
		WireProfile:     "oin",
	}
}

// guideMapping is the mapping of WalkMe's guide with a given name of its own.
func guideMapping(t testing.TB, givenName string) plan.Mapping {
	t.Helper()
	var rules []plan.MappingRule
	for path, source := range map[string]string{
		"userName": "appuser.userName", "name.givenName": givenName, "name.familyName": "user.lastName",
	} {
		expression, err := el.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, plan.MappingRule{Path: path, Expr: expression})
	}
	m, err := plan.NewMapping(rules)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// newWorld starts an empty org and an empty tenant, and an agent with an empty
// state.
func newWorld(t testing.TB, profile walkme.Profile, edits ...func(*setup)) *world {
	t.Helper()
	s := setup{profile: profile, wire: walkme.DefaultWire(), config: quietConfig(t)}
	s.tenant.MaxBatch, s.tenant.Strict = 100, t.Errorf
	for _, edit := range edits {
		edit(&s)
	}
	for _, name := range s.sources {
		s.config.GroupSources = append(s.config.GroupSources, okta.GroupSource{Name: name})
	}
	w := &world{
		t: t, setup: s, org: oktatest.Start(s.org), tenant: walkmetest.Start(s.tenant),
		path: filepath.Join(t.TempDir(), "state.db"), people: map[string]string{}, groups: map[string]string{},
	}
	t.Cleanup(w.org.Close)
	t.Cleanup(w.tenant.Close)
	w.open()
	t.Cleanup(w.close)
	return w
}

// open starts the agent as a new process would.
func (w *world) open() {
	w.t.Helper()
	oktaTransport := okta.NewTransport()
	w.t.Cleanup(oktaTransport.CloseIdleConnections)
	oktaClient, err := okta.NewClient(w.t.Context(), okta.Config{
		OrgURL: w.org.URL(), AppID: w.org.AppID(), APIToken: w.org.Token(), RateLimitShare: 1,
		RetryWait: time.Millisecond, Transport: oktaTransport,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	walkmeTransport := walkme.NewTransport()
	w.t.Cleanup(walkmeTransport.CloseIdleConnections)
	var over http.RoundTripper = walkmeTransport
	if w.setup.walkmeOver != nil {
		over = w.setup.walkmeOver(over)
	}
	client, err := walkme.NewClient(walkme.Config{
		BaseURL: w.tenant.URL(), Auth: walkme.Auth{Username: stdcmp.Or(w.setup.username, walkmetest.DefaultUsername), Password: stdcmp.Or(w.setup.password, walkmetest.DefaultPassword)},
		Profile: w.setup.profile, Wire: w.setup.wire, Matching: w.setup.matching, UpdateAttributes: w.setup.config.Policy.UpdateUserAttributes, Transport: over,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.agent = &agent.Agent{
		Okta: oktaClient, WalkMe: client, Config: w.setup.config, State: w.openState(),
		Now: func() time.Time { return time.Now().Add(w.later) },
	}
	if *onDisk {
		spillAll(w.t, w.agent)
	}
}

// openState opens the state with the clock of the agent.
func (w *world) openState() *state.DB {
	return openStateAt(w.t, w.path, func() time.Time { return time.Now().Add(w.later) })
}

func openState(t testing.TB, path string) *state.DB {
	t.Helper()
	return openStateAt(t, path, nil)
}

// openStateAt opens a state. One that is not there begins as a copy of an empty one: to
// make it anew was a third of what the tests cost.
func openStateAt(t testing.TB, path string, now func() time.Time) *state.DB {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		empty, err := emptyState()
		if err == nil {
			err = os.WriteFile(path, empty, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		keepMarker(t, path)
	}
	db, err := state.Open(t.Context(), state.Options{Path: path, Build: "test", Holder: "test", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// emptyState is the file of a state with nothing in it.
var emptyState = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "okta-walkme-agent-test-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state.db")
	db, err := state.Open(context.Background(), state.Options{Path: path, Build: "test", Holder: "test"})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func (w *world) close() {
	w.agent.WalkMe.Close()
	if err := w.agent.State.Close(); err != nil {
		w.t.Error(err)
	}
}

// restart is the end of one process and the start of the next, maybe with
// another configuration.
func (w *world) restart(edits ...func(*setup)) {
	w.t.Helper()
	w.close()
	for _, edit := range edits {
		edit(&w.setup)
	}
	w.open()
}

// hire hires and assigns people under their short names: ann is Ann Example,
// ann@example.com.
func (w *world) hire(names ...string) {
	for _, name := range names {
		first, n := utf8.DecodeRuneInString(name)
		w.people[name] = w.org.Hire(oktatest.Person{First: string(unicode.ToUpper(first)) + name[n:], Last: "Example", Email: name + "@example.com"})
		w.org.Assign(w.people[name])
	}
}

// group makes an Okta group.
func (w *world) group(name string, members ...string) {
	w.groups[name] = w.org.NewGroup(name, w.ids(members...)...)
}

func (w *world) ids(names ...string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = w.people[name]
		if out[i] == "" {
			w.t.Fatalf("nobody is called %s", name)
		}
	}
	return out
}

func (w *world) join(group string, names ...string) {
	for _, id := range w.ids(names...) {
		w.org.AddMember(w.groups[group], id)
	}
}

func (w *world) leave(group string, names ...string) {
	for _, id := range w.ids(names...) {
		w.org.RemoveMember(w.groups[group], id)
	}
}

// account adds an account to WalkMe by hand, as it was before the agent came.
func (w *world) account(name string, active bool) (id string) {
	return w.tenant.AddUser(walkmetest.User{UserName: name + "@example.com", GivenName: "Old", FamilyName: "Name", Active: active})
}

// sync makes a run that must not fail as a whole.
func (w *world) sync(approve ...string) *agent.Report {
	w.t.Helper()
	report, err := w.trySync(approve...)
	if err != nil {
		w.t.Fatalf("Sync() = %v, want no error", err)
	}
	return report
}

func (w *world) trySync(approve ...string) (*agent.Report, error) {
	w.tenant.ResetRequests()
	w.org.ResetRequests()
	report, err := w.agent.Sync(w.t.Context(), agent.Options{Trigger: "sync", Approve: approve, By: "test"})
	return collected(w.t, report), err
}

// quiet makes one more run, which must find nothing to do and say nothing to
// WalkMe.
func (w *world) quiet() {
	w.t.Helper()
	report := w.sync()
	wantText(w.t, "changes of one more run", changes(report), "")
	wantText(w.t, "requests of one more run", w.requests(), "")
}

// changes lists what became of each change: "create ann: applied".
func changes(report *agent.Report) string {
	var lines []string
	for _, c := range report.Changes {
		line := fmt.Sprintf("%s %s: %s", c.Action, short(c.Name), c.Outcome)
		if c.Outcome != plan.Applied && c.Error != "" {
			line += ": " + c.Error
		}
		lines = append(lines, line)
	}
	for _, r := range report.Rejected {
		lines = append(lines, fmt.Sprintf("rejected %s: %s: %s", short(r.Name), r.Path, r.Error))
	}
	return strings.Join(lines, "\n")
}

func short(name string) string { return strings.ReplaceAll(name, "@example.com", "") }

// requests lists the conversation with WalkMe since the last run began, with
// names instead of ids: "GET /Users/ann", "GET /Users?ann" for a look-up.
func (w *world) requests() string {
	names := w.names()
	var lines []string
	for _, r := range w.tenant.Requests() {
		kind, id, _ := strings.Cut(strings.TrimPrefix(r.Path, "/"), "/")
		line := r.Method + " " + "/" + kind
		if id != "" {
			line += "/" + names.Replace(id)
		}
		if query, err := url.ParseQuery(r.RawQuery); err == nil && query.Get("filter") != "" {
			_, value, _ := strings.Cut(query.Get("filter"), " eq ")
			line += "?" + short(strings.Trim(value, `"`))
		} else if r.RawQuery != "" {
			line += "?" + r.RawQuery
		}
		if r.Status >= 300 || r.Status == 0 {
			line += fmt.Sprintf(" → %d", r.Status)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// names replaces WalkMe's ids by names.
func (w *world) names() *strings.Replacer {
	var pairs []string
	for _, u := range w.tenant.Users() {
		pairs = append(pairs, u.ID, short(u.UserName))
	}
	for _, g := range w.tenant.Groups() {
		pairs = append(pairs, g.ID, g.DisplayName)
	}
	return strings.NewReplacer(pairs...)
}

// accounts lists WalkMe's accounts: "ann: Ann Example", and "(inactive)".
func (w *world) accounts() string {
	var lines []string
	for _, u := range w.tenant.Users() {
		line := fmt.Sprintf("%s: %s %s", short(u.UserName), u.GivenName, u.FamilyName)
		if !u.Active {
			line += " (inactive)"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// memberships lists WalkMe's groups: "Editors: ann bob".
func (w *world) memberships() string {
	var lines []string
	for _, g := range w.tenant.Groups() {
		lines = append(lines, strings.TrimSpace(g.DisplayName+": "+short(strings.Join(g.UserNames, " "))))
	}
	return strings.Join(lines, "\n")
}

// writes lists the writes with their bodies, ids replaced by names.
func (w *world) writes() string {
	names := w.names()
	var lines []string
	for _, r := range w.tenant.Requests() {
		if walkmetest.IsWrite(&r) {
			lines = append(lines, short(names.Replace(r.Method+" "+r.Path+" "+string(r.Body))))
		}
	}
	return strings.Join(lines, "\n")
}

// record is what the state says of somebody, by short name, or of a group.
func (w *world) record(name string) state.Record {
	w.t.Helper()
	records, err := w.agent.State.Records(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	id := w.people[name] + w.groups[name]
	i := slices.IndexFunc(records, func(r state.Record) bool { return r.SourceID == id })
	if i < 0 {
		return state.Record{}
	}
	return records[i]
}

// wantText compares texts of several lines; the tabs that indent want are left
// out.
func wantText(t testing.TB, what, got, want string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if diff := cmp.Diff(lines, nonEmpty(got)); diff != "" {
		t.Errorf("%s differ (-want +got):\n%s", what, diff)
	}
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// eachProfile tells a story in both of Okta's dialects.
func eachProfile(t *testing.T, story func(t *testing.T, profile walkme.Profile)) {
	for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		t.Run(string(profile), func(t *testing.T) {
			t.Parallel()
			story(t, profile)
		})
	}
}

// personOf is somebody new whose login is the short name's.
func personOf(name string) oktatest.Person {
	return oktatest.Person{First: "New", Last: "Example", Email: name + "@example.com"}
}

// editList changes a page of Okta.
func editList(t testing.TB, page []byte, edit func([]map[string]any) []map[string]any) []byte {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal(page, &list); err != nil {
		t.Errorf("page of Okta: %v", err)
		return page
	}
	out, err := json.Marshal(edit(list))
	if err != nil {
		t.Error(err)
	}
	return out
}

// failMembers has Okta fail at the members of one group.
func failMembers(groupID string) func(*http.Request) *oktatest.Fault {
	return func(r *http.Request) *oktatest.Fault {
		if strings.HasSuffix(r.URL.Path, "/groups/"+groupID+"/users") {
			return &oktatest.Fault{Status: http.StatusInternalServerError}
		}
		return nil
	}
}
