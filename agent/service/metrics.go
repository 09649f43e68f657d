package service

import (
	"maps"
	"net/http"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

const metricsNamespace = "okta_walkme_agent"

// metrics are what /metrics shows. Names and labels are stable: people's alerts
// depend on them. No label holds anything that a person is known by.
type metrics struct {
	registry *prometheus.Registry

	unsent map[unsent]plan.Outcome // held or skipped when it was last planned

	runs      *prometheus.CounterVec // by outcome
	duration  prometheus.Histogram
	changes   *prometheus.CounterVec // by action and outcome
	delay     prometheus.Histogram
	failures  *prometheus.GaugeVec // by type
	managed   *prometheus.GaugeVec // by type
	holds     prometheus.Gauge
	lastGood  prometheus.Gauge
	next      prometheus.Gauge
	ready     prometheus.Gauge
	okta      *prometheus.CounterVec // by status
	scim      *prometheus.CounterVec // by method and status
	limit     *prometheus.GaugeVec   // by bucket
	remaining *prometheus.GaugeVec   // by bucket
}

func newMetrics(version, commit string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		unsent:   map[unsent]plan.Outcome{},
		runs:     counters("runs_total", "Runs that ended, by outcome: done, problems, held, stopped, failed, or planned in a dry run.", "outcome"),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: metricsNamespace, Name: "run_duration_seconds", Help: "How long runs took.",
			Buckets: []float64{0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200},
		}),
		changes: counters("changes_total", "Changes, by action and outcome: applied or failed, each time; held or skipped, once for as long as it stays so.", "action", "outcome"),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: metricsNamespace, Name: "propagation_seconds",
			Help:    "From Okta's assignment to WalkMe's answer, for accounts made, linked or activated that were assigned since the last good run.",
			Buckets: []float64{5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400},
		}),
		failures:  gauges("failures", "Accounts and groups whose last change failed, waiting to be tried again.", "type"),
		managed:   gauges("managed", "Accounts and groups that the agent created or linked.", "type"),
		holds:     gauge("holds", "Sets of removals that wait for approval."),
		lastGood:  gauge("last_good_run_timestamp_seconds", "When the last good run ended; 0 when there was none."),
		next:      gauge("next_run_timestamp_seconds", "When the next run is due; 0 when none is."),
		ready:     gauge("ready", "Whether /readyz says yes: 1 or 0."),
		okta:      counters("okta_requests_total", `Requests to Okta, by status; "error" when there was no answer.`, "status"),
		scim:      counters("scim_requests_total", `Requests to WalkMe, by method and status; "error" when there was no answer.`, "method", "status"),
		limit:     gauges("okta_rate_limit", "Requests that the org may make in a rate window, as Okta's last answer said.", "bucket"),
		remaining: gauges("okta_rate_limit_remaining", "Requests that the org had left in the rate window, as Okta's last answer said.", "bucket"),
	}
	m.registry.MustRegister(m.runs, m.duration, m.changes, m.delay, m.failures, m.managed, m.holds, m.lastGood, m.next, m.ready,
		m.okta, m.scim, m.limit, m.remaining, buildInfo(version, commit),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range []string{agent.RunDone, agent.RunProblems, agent.RunHeld, agent.RunStopped, agent.RunFailed, RunPlanned} {
		m.runs.WithLabelValues(outcome) // so that the first increase is seen as one
	}
	for _, action := range actions() {
		for _, outcome := range []plan.Outcome{plan.Applied, plan.Failed, plan.Held, plan.Skipped} {
			m.changes.WithLabelValues(string(action), string(outcome))
		}
	}
	return m
}

func actions() []plan.Action {
	return []plan.Action{
		plan.Deactivate, plan.Create, plan.Link, plan.Reactivate, plan.Update,
		plan.GroupCreate, plan.GroupLink, plan.GroupRename, plan.GroupMembers, plan.GroupDelete, plan.GroupUnlink,
	}
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: metricsNamespace, Name: name, Help: help}, labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: metricsNamespace, Name: name, Help: help}, labels)
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: metricsNamespace, Name: name, Help: help})
}

func buildInfo(version, commit string) prometheus.Collector {
	info := gauges("build_info", "Always 1; the labels say which build this is.", "version", "commit", "goversion")
	info.WithLabelValues(version, commit, runtime.Version()).Set(1)
	return info
}

func (m *metrics) ran(outcome string, took time.Duration) {
	m.runs.WithLabelValues(outcome).Inc()
	m.duration.Observe(took.Seconds())
}

// changed counts a change that was sent. since is when the last good run began, zero if
// there was none: an account that was assigned before has waited for something else
// than the agent.
func (m *metrics) changed(c *plan.Change, since time.Time) {
	if c.Outcome != plan.Applied && c.Outcome != plan.Failed {
		return // see left
	}
	m.changes.WithLabelValues(string(c.Action), string(c.Outcome)).Inc()
	since = since.Truncate(time.Second) // as Okta cuts its time stamps
	if at := c.AssignedAt(); c.Outcome == plan.Applied && !since.IsZero() && !at.Before(since) {
		m.delay.Observe(max(0, time.Since(at).Seconds())) // the clocks may differ a little
	}
}

// unsent is a change that was not sent.
type unsent struct {
	kind   scim.Type
	oktaID string
	action plan.Action
}

// left counts what a run has left unsent. The next run plans the same again, and it is
// counted once. A run over a few people says nothing about the others.
func (m *metrics) left(r *agent.Report) {
	now := map[unsent]plan.Outcome{}
	for c, err := range r.Undone() {
		if err != nil || c.Outcome != plan.Held && c.Outcome != plan.Skipped {
			continue // what cannot be read is counted in the next run
		}
		u := unsent{c.Type, c.OktaID, c.Action}
		now[u] = c.Outcome
		if m.unsent[u] != c.Outcome {
			m.changes.WithLabelValues(string(c.Action), string(c.Outcome)).Inc()
		}
	}
	if r.Run.Trigger == agent.TriggerWatch {
		maps.Copy(m.unsent, now)
	} else {
		m.unsent = now
	}
}

// stateIs takes in what the state holds.
func (m *metrics) stateIs(standing map[scim.Type]state.Standing, holds int) {
	for _, t := range []scim.Type{scim.User, scim.Group} {
		m.failures.WithLabelValues(string(t)).Set(float64(standing[t].Failing))
		m.managed.WithLabelValues(string(t)).Set(float64(standing[t].Managed))
	}
	m.holds.Set(float64(holds))
}

func (m *metrics) nextRun(at time.Time) { m.next.Set(seconds(at)) }

// seconds is a time as Prometheus has it, 0 for none.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// exchanged counts one request and its answer, nil if there was none.
func (m *metrics) exchanged(side Side, req *http.Request, resp *http.Response) {
	status := "error"
	if resp != nil {
		status = strconv.Itoa(resp.StatusCode)
	}
	if side == WalkMe {
		m.scim.WithLabelValues(req.Method, status).Inc()
		return
	}
	m.okta.WithLabelValues(status).Inc()
	if resp == nil {
		return
	}
	if limit, remaining, ok := rateLimit(resp.Header); ok {
		name := bucket(req.URL.EscapedPath())
		m.limit.WithLabelValues(name).Set(float64(limit))
		m.remaining.WithLabelValues(name).Set(float64(remaining))
	}
}
