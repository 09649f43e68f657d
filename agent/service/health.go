package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// maxGathering is how many may ask for all figures at once.
const maxGathering = 4

// health is what monitors are told, over HTTP where an address is configured:
// /healthz is alive, /readyz does its work, /metrics has the figures.
type health struct {
	metrics *metrics
	pulse   *pulse

	mu         sync.Mutex
	config     Config
	address    string // that is listened on, as configured
	server     *http.Server
	lastGood   time.Time // when the last good run ended
	goodSince  time.Time // when it began
	refused    string    // why the latest run could not work; "" it could
	quarantine string    // why the service has slowed down; "" it has not
}

func newHealth(m *metrics, p *pulse) *health {
	return &health{metrics: m, pulse: p}
}

// listen opens the address, unless it is the one in use, or empty; the result is nil
// then.
func (h *health) listen(ctx context.Context, address string) (net.Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if address == "" || address == h.address {
		return nil, nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("http.listen: %w", err)
	}
	return listener, nil
}

// use serves a configuration that came into use, on a listener where its address is
// another than before.
func (h *health) use(cfg Config, listener net.Listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.config = cfg
	if cfg.Listen == h.address {
		return
	}
	if h.server != nil {
		_ = h.server.Close() // callers are to ask the new address
		h.server = nil
	}
	h.address = cfg.Listen
	if listener == nil {
		return
	}
	server := newServer(h.handler())
	h.server = server
	go func() { _ = server.Serve(listener) }() // ends with Close
}

func (h *health) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		_ = h.server.Close()
	}
}

func (h *health) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", h.alive)
	mux.HandleFunc("GET /readyz", h.answerReady)
	figures := promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: maxGathering})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		h.verdict(time.Now()) // sets the gauge
		figures.ServeHTTP(w, r)
	})
	return mux
}

// alive says whether the loop gets on, as the watchdog sees it.
func (h *health) alive(w http.ResponseWriter, _ *http.Request) {
	if silence, ok := h.pulse.beats(time.Now()); !ok {
		http.Error(w, fmt.Sprintf("no progress for %s", silence.Round(time.Second)), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n") // a monitor that has gone needs no answer
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready       bool       `json:"ready"`
	Reasons     []string   `json:"reasons"` // why not
	LastGoodRun *time.Time `json:"last_good_run_at"`
	MaxAge      string     `json:"max_age"` // of the last good run
	DryRun      bool       `json:"dry_run"`
}

func (h *health) answerReady(w http.ResponseWriter, _ *http.Request) {
	r := h.verdict(time.Now())
	w.Header().Set("Content-Type", "application/json")
	if !r.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(r) // a monitor that has gone needs no answer
}

// verdict says whether the service does its work, and why it does not.
func (h *health) verdict(now time.Time) readiness {
	h.mu.Lock()
	defer h.mu.Unlock()
	limit := h.config.MaxAge(now)
	r := readiness{Reasons: []string{}, LastGoodRun: timeOrNil(h.lastGood), MaxAge: limit.String(), DryRun: h.config.DryRun}
	age := now.Sub(h.lastGood)
	switch {
	case h.lastGood.IsZero():
		r.Reasons = append(r.Reasons, "there was no good run yet")
	case age < -time.Minute:
		r.Reasons = append(r.Reasons, "the last good run lies in the future: the clock was set back")
	case age > limit:
		r.Reasons = append(r.Reasons, fmt.Sprintf("the last good run is %s old, more than %s", age.Round(time.Second), limit))
	}
	for _, reason := range []string{h.refused, h.quarantine} {
		if reason != "" {
			r.Reasons = append(r.Reasons, reason)
		}
	}
	r.Ready = len(r.Reasons) == 0
	h.metrics.ready.Set(0)
	if r.Ready {
		h.metrics.ready.Set(1)
	}
	return r
}

// ran takes in how a run ended that has just done so.
func (h *health) ran(trigger string, began time.Time, outcome string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case refusedByOkta(err):
		h.refused = "Okta refuses the credentials"
	case refusedByWalkMe(err):
		h.refused = "WalkMe refuses the credentials"
	case isAnotherTenant(err):
		h.refused = "WalkMe shows none of the agent's accounts"
	case good(trigger, outcome):
		h.refused = ""
		h.wasGood(began, time.Now())
	}
}

func refusedByOkta(err error) bool {
	return errors.Is(err, okta.ErrUnauthorized) || errors.Is(err, okta.ErrForbidden) || errors.Is(err, okta.ErrDPoP) || errors.Is(err, okta.ErrProof)
}

func refusedByWalkMe(err error) bool {
	return errors.Is(err, scim.ErrUnauthorized) || errors.Is(err, scim.ErrForbidden)
}

func isAnotherTenant(err error) bool {
	var other *agent.TenantError
	return errors.As(err, &other)
}

// goodRunSince is when the last good run began, zero when there was none.
func (h *health) goodRunSince() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.goodSince
}

// wasGood notes a good run. A time in the future is not believed, and gives way.
func (h *health) wasGood(began, ended time.Time) {
	future := time.Now().Add(time.Minute)
	if ended.After(future) {
		return
	}
	if ended.After(h.lastGood) || h.lastGood.After(future) {
		h.goodSince, h.lastGood = began, ended
		h.metrics.lastGood.Set(seconds(ended))
	}
}

// good says whether a run went over everything, whatever became of single objects. A
// resync may have been one of a few.
func good(trigger, outcome string) bool {
	switch outcome {
	case agent.RunDone, agent.RunProblems, agent.RunHeld, RunPlanned:
		return trigger != agent.TriggerWatch && trigger != agent.TriggerResync
	}
	return false
}

// stateIs takes in runs, the latest first, and the quarantine. Its reason is not
// shown: it may quote an answer, and the caller is not known.
func (h *health) stateIs(runs []state.Run, q agent.Quarantine) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.IndexFunc(runs, func(r state.Run) bool { return good(r.Trigger, r.Outcome) && !r.FinishedAt.IsZero() }); i >= 0 {
		h.wasGood(runs[i].StartedAt, runs[i].FinishedAt)
	}
	h.quarantine = ""
	if q.Level > 0 {
		h.quarantine = fmt.Sprintf("in quarantine since %s: the service has slowed down until a run succeeds", q.Since.UTC().Format(time.RFC3339))
	}
}
