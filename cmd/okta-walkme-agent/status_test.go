package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// status reads what status says, as JSON.
func (c *company) status() (view statusView) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.must(exitOK, "status", "--format", "json").out), &view); err != nil {
		c.t.Fatal(err)
	}
	return view
}

// TestStatusOfADryRun: a service that sends nothing is seen to be at work, and counts
// as good for a monitor until it is to send.
func TestStatusOfADryRun(t *testing.T) {
	const yearly = "schedule: '@yearly'\n"
	s := serve(t, map[string]string{"": yearly + "dry_run: true\n"})
	s.until(`^STATUS=last run: planned`)
	s.must(exitOK, "status", "--max-age", "1h")
	text := s.must(exitOK, "status").out
	for _, want := range []string{"Dry run    dry_run is true", "Next run   ", "planned", "1 change planned, nothing was sent"} {
		if !strings.Contains(text, want) {
			t.Errorf("status in a dry run lacks %q:\n%s", want, text)
		}
	}
	if v := s.status(); !v.DryRun || v.NextRun == nil || len(v.Runs) != 1 || v.Runs[0].Outcome != service.RunPlanned || v.Runs[0].Planned != 1 {
		t.Errorf("status --format json = %+v, want a dry run that planned one change", v)
	}
	if names := strings.Join(s.noteText(), ""); strings.Contains(names, "ann@") {
		t.Errorf("the notes name people: %s", names)
	}
	s.end()
	if v := s.status(); v.NextRun != nil {
		t.Errorf("next run = %v after the service was stopped, want none", v.NextRun)
	}
	s.configure(map[string]string{"": yearly})
	if r := s.must(exitFailed, "status", "--max-age", "1h"); !strings.Contains(r.err, "none of the last 1 run was good") {
		t.Errorf("status --max-age says %q where the service is to send, want that no run was good", r.err)
	}
}

// noteText is what lies beside the state.
func (c *company) noteText() (out []string) {
	for _, text := range c.stateFiles() {
		out = append(out, text)
	}
	return out
}

// TestNextRunNeedsAService: what a stopped service has noted is no promise.
func TestNextRunNeedsAService(t *testing.T) {
	s := serve(t, map[string]string{"": "schedule: '@yearly'\n"})
	s.until(finished)
	if v := s.status(); v.NextRun == nil || v.DryRun {
		t.Errorf("status = %+v beside the service, want its next run", v)
	}
	s.end()
	if v := s.status(); v.NextRun != nil {
		t.Errorf("next run = %v after the service was stopped, want none", v.NextRun)
	}
}

// TestStatusDuringARun: what is under way is not cut off, and counts as far as it is.
func TestStatusDuringARun(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"walkme": "max_in_flight: 1\n"})
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	posts := 0
	var during statusView
	c.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			if posts++; posts == 2 {
				during = c.status()
			}
		}
		tenant.ServeHTTP(w, r)
	})
	c.must(exitOK, "sync")
	if during.UnderWay == 0 || during.Pending != 0 || len(during.Runs) != 1 || during.Runs[0].Outcome != state.Running {
		t.Errorf("status during a run = %+v, want changes under way, and none cut off", during)
	}
	if v := c.status(); v.UnderWay != 0 || v.Pending != 0 || v.Runs[0].Applied != 2 {
		t.Errorf("status after the run = %+v, want 2 applied, and nothing under way", v)
	}
}

// TestStatusOfAKilledRun counts what the journal has of it.
func TestStatusOfAKilledRun(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	db, err := state.Open(t.Context(), state.Options{Path: c.statePath()})
	if err != nil {
		t.Fatal(err)
	}
	err = db.BeginRun(t.Context(), state.Run{ID: "1", Trigger: "sync", StartedAt: time.Now()})
	for _, s := range []state.EntryState{state.Pending, state.Pending, state.Failed} {
		id, beginErr := db.Begin(t.Context(), state.Entry{RunID: "1", Type: scim.User, SourceID: "00u1", Action: string(plan.Create), State: s})
		err = errors.Join(err, beginErr)
		if s == state.Pending {
			err = errors.Join(err, db.Finish(t.Context(), id, state.Outcome{State: state.Applied}))
		}
	}
	if _, beginErr := db.Begin(t.Context(), state.Entry{RunID: "1", Type: scim.User, SourceID: "00u2", Action: string(plan.Create)}); errors.Join(err, beginErr, db.Close()) != nil {
		t.Fatal(err, beginErr)
	}
	v := c.status()
	if r := v.Runs[0]; r.Outcome != state.Interrupted || r.Applied != 2 || r.Failed != 1 || v.Pending != 1 || v.UnderWay != 0 {
		t.Errorf("status = %+v, want an interrupted run with 2 applied and 1 failed, and 1 change cut off", v)
	}
}

// TestMaxAgeOfAWrongClock: a run that ended in the future says nothing about its age.
func TestMaxAgeOfAWrongClock(t *testing.T) {
	now := time.Now()
	at := func(d time.Duration) statusRun {
		ended := now.Add(d)
		return statusRun{Outcome: agent.RunDone, FinishedAt: &ended}
	}
	for name, tt := range map[string]struct {
		runs []statusRun
		good bool
	}{
		"in the future, and an old one": {[]statusRun{at(365 * 24 * time.Hour), at(-2 * time.Hour)}, false},
		"in the future, and a new one":  {[]statusRun{at(365 * 24 * time.Hour), at(-time.Minute)}, true},
		"in the future alone":           {[]statusRun{at(365 * 24 * time.Hour)}, false},
		"a second ahead":                {[]statusRun{at(time.Second)}, true},
	} {
		if err := (&statusView{Runs: tt.runs}).fresh(time.Hour, now); (err == nil) != tt.good {
			t.Errorf("%s: fresh() = %v, want good: %t", name, err, tt.good)
		}
	}
}

// TestPauseOfAWrongClock: what failed while the clock was a year ahead is not shown as
// left alone for a year, because it is not.
func TestPauseOfAWrongClock(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	db, err := state.Open(t.Context(), state.Options{Path: c.statePath()})
	if err != nil {
		t.Fatal(err)
	}
	failed := func(id string, next time.Time) state.Record {
		return state.Record{Resource: scim.Resource{Type: scim.User, SourceID: id}, Name: id + "@example.com", Attempts: 1, LastError: "Bad Request", NextTry: next}
	}
	now := time.Now()
	err = db.PutRecords(t.Context(), failed("00u1", now.AddDate(1, 0, 0)), failed("00u2", now.Add(time.Hour)))
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, f := range c.status().Failures {
		if paused := f.NextTryAt != nil; paused != (f.OktaID == "00u2") {
			t.Errorf("%s is tried at %v, want a time for 00u2 alone", f.OktaID, f.NextTryAt)
		}
	}
	if n := len(c.status().Failures); n != 2 {
		t.Errorf("%d failures, want 2", n)
	}
}
