package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// runs are the recorded runs, the latest first.
func (c *company) runs() (runs []state.Run) {
	c.t.Helper()
	c.readState(func(db *state.DB) (err error) {
		runs, err = db.Runs(c.t.Context(), 0)
		return err
	})
	return runs
}

// remember writes a run into the state as an earlier process would, and the quarantine
// that it left the service in.
func (c *company) remember(run state.Run, q agent.Quarantine) {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Dir(c.statePath()), 0o700); err != nil {
		c.t.Fatal(err)
	}
	db, err := state.Open(c.t.Context(), state.Options{Path: c.statePath(), Build: "test", Holder: "test"})
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	run.ID, run.Trigger = fmt.Sprint("earlier-", run.StartedAt.UnixNano()), agent.TriggerSchedule
	err = db.BeginRun(c.t.Context(), run)
	if err == nil && !run.FinishedAt.IsZero() {
		err = db.FinishRun(c.t.Context(), run)
	}
	if err == nil && q.Level > 0 {
		err = agent.SlowDown.Save(c.t.Context(), db, q)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// TestServiceStopsBetweenChanges: SIGTERM in mid-run lets the requests that are under
// way finish, begins no further change, records the run, and ends with 0. The next
// start does the rest at once, whatever the schedule says.
func TestServiceStopsBetweenChanges(t *testing.T) {
	const people, inFlight = 20, 2
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"": "schedule: '@yearly'\n", "walkme": fmt.Sprintf("max_in_flight: %d\n", inFlight), "push_groups": "sources: [{name: Editors}]\n"})
	for i := range people {
		c.hire(fmt.Sprint("Person", i), "Example")
	}
	c.group("editors", "Editors", "person0")
	s := serving(t, c)
	posted, release := make(chan struct{}, people), make(chan struct{})
	s.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posted <- struct{}{}
			<-release
		}
		tenant.ServeHTTP(w, r)
	})
	s.begin()
	for range inFlight {
		<-posted
	}
	s.stop()
	s.until(`^STOPPING=1$`)
	close(release)
	if code := s.end(); code != exitOK {
		t.Errorf("exit code = %d, want 0\n%s", code, s.logged())
	}

	made := len(c.tenant.Users())
	if made < inFlight || made > 2*inFlight {
		t.Errorf("accounts made = %d, want those %d whose request was under way, and whose turn had begun", made, inFlight)
	}
	if n := len(c.tenant.Groups()); n != 0 {
		t.Errorf("groups made = %d, want none: their turn had not come", n)
	}
	runs := c.runs()
	if r := runs[0]; len(runs) != 1 || r.Outcome != agent.RunStopped || r.Applied != made || r.Failed != 0 || r.Skipped != people+1-made {
		t.Errorf("recorded runs = %+v, want one: stopped, %d applied, %d skipped", runs, made, people+1-made)
	}
	c.readState(func(db *state.DB) error {
		pending, err := db.Pending(t.Context())
		if len(pending) > 0 {
			t.Errorf("changes left open = %v, want none", pending)
		}
		return err
	})

	s = serving(t, c)
	s.begin()
	s.until(finished)
	if got := len(c.tenant.Users()); got != people || len(c.tenant.Groups()) != 1 || len(c.duplicates()) > 0 {
		t.Errorf("after the next start: %d accounts, %d groups, duplicates %v, want %d, 1 and none", got, len(c.tenant.Groups()), c.duplicates(), people)
	}
}

// TestRestartInQuarantine: who starts the service again may have mended what failed. It
// tries once, without waiting for a tick or for the quarantine to pass.
func TestRestartInQuarantine(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "schedule: '@yearly'\n"})
	c.hire("Ann", "Archer")
	began := time.Now().Add(-time.Hour)
	c.remember(state.Run{StartedAt: began, FinishedAt: began.Add(time.Second), Outcome: agent.RunFailed},
		agent.Quarantine{Level: 7, Since: began, Reason: "credentials are refused"})
	s := serving(t, c)
	s.begin()
	s.until(finished)
	c.readState(func(db *state.DB) error {
		q, err := agent.SlowDown.Load(t.Context(), db)
		if q.Level != 0 {
			t.Errorf("quarantine after a good run = %+v, want none", q)
		}
		return err
	})
}

// TestCrashLoopInQuarantine: a service that is started again and again tries once a
// minute at most, and the pause after a try that fails is that of the quarantine. So
// does one that is reloaded.
func TestCrashLoopInQuarantine(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "schedule: '@every 1s'\n"})
	c.hire("Ann", "Archer")
	c.write("walkme-password", "wrong")
	s := serving(t, c)
	s.begin()
	slow := s.nextRun(`^STATUS=last run: failed`)
	if in := time.Until(slow); in < 29*time.Minute || in > 31*time.Minute {
		t.Errorf("after a run with refused credentials the next is due in %v, want half an hour", in)
	}
	requests := c.tenant.RequestCount()
	tried := c.runs()[0].StartedAt

	c.write("walkme-password", walkmetest.DefaultPassword)
	s.must(exitOK, "reload")
	again := s.nextRun(`^STATUS=last run: failed`)
	if after := again.Sub(tried).Round(time.Minute); after != time.Minute {
		t.Errorf("after the reload the next run is due %v after the last try, want a minute", after)
	}
	s.end()
	s = serving(t, c)
	s.begin()
	again = s.nextRun(`^STATUS=last run: no run yet`)
	if after := again.Sub(tried).Round(time.Minute); after != time.Minute {
		t.Errorf("after the restart the next run is due %v after the last try, want a minute", after)
	}
	s.end()
	if n := c.tenant.RequestCount() - requests; n > 0 {
		t.Errorf("requests to WalkMe within the minute = %d, want none", n)
	}
}

// nextRun is when the service says that its next run is due, after a status that
// matches.
func (s *served) nextRun(pattern string) time.Time {
	s.t.Helper()
	_, text, _ := strings.Cut(s.until(pattern), "next run: ")
	at, err := time.Parse(time.DateTime+" MST", text)
	if err != nil {
		s.t.Fatal(err)
	}
	return at
}

// TestRestartMakesUpForATick: a scheduled run that was cut off, or stopped, is made up
// for at the start. What somebody else did meanwhile takes the place of no tick.
func TestRestartMakesUpForATick(t *testing.T) {
	began := time.Now().Add(-2 * time.Second)
	for _, tt := range []struct {
		name string
		last state.Run
	}{
		{"cut off", state.Run{StartedAt: began}},
		{"stopped", state.Run{StartedAt: began, FinishedAt: began.Add(time.Second), Outcome: agent.RunStopped}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "schedule: '@yearly'\n"})
			c.hire("Ann", "Archer")
			c.remember(tt.last, agent.Quarantine{})
			c.must(exitOK, "resync", "--user", "ann@example.com")
			s := serving(t, c)
			s.begin()
			s.until(finished)
		})
	}
}

// TestServiceWithoutALock: where its lock cannot be made, as on a full disk, the service is
// started again, and no other one is said to be there.
func TestServiceWithoutALock(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.configure(map[string]string{"state": "path: agent.yaml/state.db\n"})
	if r := c.run("run"); r.code != exitFailed || strings.Contains(r.err, "another service") || !strings.Contains(r.err, "agent.yaml") {
		t.Errorf("the service ended with %d:\n%s", r.code, r.err)
	}
}

// TestDryRunOfAnOlderState: a service that only plans migrates nothing. It says who does,
// and is started again until that is done.
func TestDryRunOfAnOlderState(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.must(exitOK, "sync")
	c.configure(map[string]string{"": "dry_run: true\n"})
	c.overwriteState(60, binary.BigEndian.AppendUint32(nil, 1))
	if r := c.run("run"); r.code != exitFailed || !strings.Contains(r.err, "start the service without dry_run") {
		t.Errorf("the service ended with %d:\n%s", r.code, r.err)
	}
}

// TestServiceEndsForGood: a state file that this release cannot use ends the service with
// the code that keeps systemd from starting it again and again, and stays as it is.
func TestServiceEndsForGood(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*company){
		"newer version":    func(c *company) { c.overwriteState(60, binary.BigEndian.AppendUint32(nil, 99)) },
		"damaged":          func(c *company) { c.overwriteState(4096, bytes.Repeat([]byte("damage"), 4096)) },
		"another program":  func(c *company) { c.overwriteState(0, bytes.Repeat([]byte("text, not a database\n"), 400)) },
		"another app":      func(c *company) { c.configure(map[string]string{"okta": "app_id: 0oa00000000000other1\n"}) },
		"a folder instead": func(c *company) { c.configure(map[string]string{"state": "path: state\n"}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
			c.hire("Ann", "Archer")
			c.must(exitOK, "sync")
			spoil(c)
			before := c.stateFile()
			if r := c.run("run"); r.code != exitConfig || !strings.HasPrefix(lastLine(r.err), programName+": ") {
				t.Errorf("the service ended with %d, want %d:\n%s", r.code, exitConfig, r.err)
			}
			if c.stateFile() != before {
				t.Error("the state file is another one now")
			}
		})
	}
}
