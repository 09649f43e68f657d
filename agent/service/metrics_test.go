package service

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
)

func TestNoListenerUnlessConfigured(t *testing.T) {
	h := newHealth(newMetrics("test", ""), &pulse{})
	listener, err := h.listen(t.Context(), "")
	if listener != nil || err != nil {
		t.Errorf("listen(\"\") = %v, %v, want neither", listener, err)
	}
}

// TestMetricNames holds Prometheus's rules for names, units and help texts.
func TestMetricNames(t *testing.T) {
	m := newMetrics("test", "")
	for _, side := range []Side{Okta, WalkMe} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://acme.okta.com/api/v1/apps/0oa1/users", nil)
		if err != nil {
			t.Fatal(err)
		}
		m.exchanged(side, req, &http.Response{StatusCode: 200, Header: http.Header{
			"X-Rate-Limit-Limit": {"600"}, "X-Rate-Limit-Remaining": {"599"}}})
	}
	m.stateIs(nil, 0)
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("GatherAndLint = %v, %v, want no problems", problems, err)
	}
	n, err := testutil.GatherAndCount(m.registry, metricsNamespace+"_okta_rate_limit", metricsNamespace+"_okta_rate_limit_remaining")
	if n != 2 || err != nil {
		t.Errorf("rate limit figures = %d, %v, want 2", n, err)
	}
}

func TestBucket(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/apps/0oa1":                      "/api/v1/apps/{id}",
		"/api/v1/apps/0oa1/users":                "/api/v1/apps/{id}/users",
		"/api/v1/apps/0oa1/users/00u1":           "/api/v1/apps/{id}/users/{id}",
		"/api/v1/apps/0oa1/group-push/mappings":  "/api/v1/apps/{id}/group-push/mappings",
		"/api/v1/groups":                         "/api/v1/groups",
		"/api/v1/groups/00g1/users":              "/api/v1/groups/{id}/users",
		"/api/v1/logs":                           "/api/v1/logs",
		"/api/v1/ann@example.com":                "other",
		"/oauth2/v1/token":                       "other",
		"/api/v1/apps/a/users/b/groups/c/logs/d": "other",
		"":                                       "other",
	} {
		if got := bucket(path); got != want {
			t.Errorf("bucket(%q) = %q, want %q", path, got, want)
		}
	}
}

// TestMonitoringNamesExist holds alerts and dashboard to the names that the program
// has.
func TestMonitoringNamesExist(t *testing.T) {
	known := metricNames(newMetrics("test", "").registry)
	name := regexp.MustCompile(metricsNamespace + `_[a-z_]+`)
	var dashboard struct {
		Panels []struct{ Title string }
	}
	board := deployed(t, "grafana/okta-walkme-agent.json")
	if err := json.Unmarshal([]byte(board), &dashboard); err != nil || len(dashboard.Panels) == 0 {
		t.Errorf("dashboard: %d panels, %v", len(dashboard.Panels), err)
	}
	for file, text := range map[string]string{"dashboard": board, "alerts": deployed(t, "prometheus/okta-walkme-agent.rules.yaml")} {
		for _, used := range name.FindAllString(text, -1) {
			if !slices.Contains(known, strings.TrimSuffix(used, "_bucket")) {
				t.Errorf("%s: there is no metric %s", file, used)
			}
		}
	}
}

// metricNames lists what is registered, also what has no value yet.
func metricNames(registry *prometheus.Registry) (names []string) {
	all := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(all)
		close(all)
	}()
	quoted := regexp.MustCompile(`fqName: "([^"]+)"`)
	for desc := range all {
		names = append(names, quoted.FindStringSubmatch(desc.String())[1])
	}
	return names
}

func deployed(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestChangesAreCountedOnce: each series begins at zero, so that its first increase is
// seen, and what is held for a while is one change.
func TestChangesAreCountedOnce(t *testing.T) {
	m := newMetrics("test", "")
	count := func(action plan.Action, outcome plan.Outcome) float64 {
		return testutil.ToFloat64(m.changes.WithLabelValues(string(action), string(outcome)))
	}
	if got, want := testutil.CollectAndCount(m.changes), len(actions())*4; got != want {
		t.Errorf("series before the first change = %d, want %d at zero", got, want)
	}
	run := func(trigger string, changes ...*plan.Change) {
		for _, c := range changes {
			m.changed(c, time.Time{})
		}
		m.left(&agent.Report{Plan: plan.Plan{Changes: changes}, Run: agent.RunReport{Trigger: trigger}})
	}
	held := func(id string) *plan.Change {
		return &plan.Change{OktaID: id, Action: plan.Deactivate, Outcome: plan.Held}
	}
	waits := &plan.Change{OktaID: "dan", Action: plan.Create, Outcome: plan.Skipped}
	failed := &plan.Change{OktaID: "eve", Action: plan.Create, Outcome: plan.Failed}
	run(agent.TriggerSchedule, held("ann"), held("bob"), waits, failed)
	run(agent.TriggerSchedule, held("ann"), held("bob"), waits, failed)
	run(agent.TriggerWatch, held("cara"))
	run(agent.TriggerSchedule, held("ann"), held("bob"), held("cara"))
	if got := count(plan.Deactivate, plan.Held); got != 3 {
		t.Errorf("held deactivations = %v, want 3: one for each person", got)
	}
	if got := count(plan.Create, plan.Skipped); got != 1 {
		t.Errorf("skipped creates = %v, want 1", got)
	}
	if got := count(plan.Create, plan.Failed); got != 2 {
		t.Errorf("failed creates = %v, want 2: it was tried twice", got)
	}
	run(agent.TriggerSchedule)
	run(agent.TriggerSchedule, held("ann"))
	if got := count(plan.Deactivate, plan.Held); got != 4 {
		t.Errorf("held deactivations after one was released and held again = %v, want 4", got)
	}
}

// TestActionsAreAll holds the list to the schema of plans.
func TestActionsAreAll(t *testing.T) {
	var schema struct {
		Defs struct {
			Action struct{ Enum []plan.Action }
		} `json:"$defs"`
	}
	data, err := os.ReadFile("../../docs/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	listed, want := actions(), schema.Defs.Action.Enum
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("actions = %v, want those of the schema: %v", listed, want)
	}
}
