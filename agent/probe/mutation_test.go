package probe_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// tolerated are deviations that Okta's documents or captures say it takes, or that are
// no deviation from the RFC: whoever has them is accused of nothing.
var tolerated = map[string]string{
	"patch-204":              "Okta's reference: 200 with the resource, or 204",
	"lookup-miss-404":        "Okta's reference: 404 with the Error schema is no hit, too",
	"lower-case-list-keys":   "Okta's provisioning standards: resources, totalresults, startindex, itemsperpage",
	"numeric-status":         "Okta's own examples have a number",
	"content-encoding":       "Okta asks for gzip and deflate",
	"show-groups":            "RFC 7643, 4.1.2: the read-only attribute groups",
	"empty-members-absent":   "RFC 7643, 2.5: an unassigned attribute may be left out",
	"put-clears-omitted":     "RFC 7644, 3.5.1: a server may clear what a PUT leaves out; Okta leaves out nothing that it was shown",
	"unknown-member=dropped": "the best that a server can do for Okta: the others are members",
}

// mutant is a strict server with one deviation, or one fault.
type mutant struct {
	name    string
	quirk   string                                            // as Quirks.Set takes it
	fault   func() func(*walkmetest.Request) walkmetest.Fault // a hook counts for itself: one for each run
	latency time.Duration
}

func mutants() []mutant {
	var list []mutant
	for _, q := range walkmetest.KnownQuirks() {
		m := mutant{name: q.Name, quirk: q.Name}
		switch q.Name {
		case "lose-overlapping-writes":
			m.latency = 20 * time.Millisecond
		case "rate-limit":
			list = append(list, mutant{name: "rate-limit=40", quirk: "rate-limit=40"})
		case "unknown-member":
			for _, value := range []string{"500", "dropped", "stored"} {
				list = append(list, mutant{name: q.Name + "=" + value, quirk: q.Name + "=" + value})
			}
		}
		list = append(list, m)
	}
	return append(list, faults()...)
}

// faults are each way in which a request goes wrong, once for a read and once for a write
// in mid-run.
func faults() []mutant {
	var list []mutant
	for name, f := range map[string]walkmetest.Fault{
		"503": walkmetest.NotApplied(503), "applied, 500": walkmetest.AppliedButStatus(500), "dropped": walkmetest.DroppedBefore(),
		"lost answer": walkmetest.AppliedUnanswered(), "truncated": walkmetest.AppliedTruncated(), "429": walkmetest.RateLimited("2"),
		"429 without a time": walkmetest.RateLimited(""), "gateway": walkmetest.Gateway(502), "error as 200": walkmetest.ErrorAs200(),
		"slow": walkmetest.Slow(7 * time.Second),
	} {
		for _, nth := range []int{9, 60} {
			list = append(list,
				mutant{name: fmt.Sprintf("fault %s, read %d", name, nth), fault: func() func(*walkmetest.Request) walkmetest.Fault {
					return walkmetest.OnMatch(func(r *walkmetest.Request) bool { return !walkmetest.IsWrite(r) }, nth, f)
				}},
				mutant{name: fmt.Sprintf("fault %s, write %d", name, nth), fault: func() func(*walkmetest.Request) walkmetest.Fault {
					return walkmetest.OnNthWrite(nth, f)
				}})
		}
	}
	slices.SortFunc(list, func(a, b mutant) int { return strings.Compare(a.name, b.name) })
	return list
}

// crowd are the checks that make a hundred accounts. They are left out as long as
// another check notices a mutant.
var crowd = []string{"quirks.burst", "quirks.pages", "quirks.page-size", "quirks.group-batch", "quirks.group-big"}

// judge runs everything against the mutant, in time that is not real.
func (m mutant) judge(t *testing.T, o probe.Options) (r *probe.Report, left int) {
	t.Helper()
	var quirks walkmetest.Quirks
	if m.quirk != "" {
		if err := quirks.Set(m.quirk); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		tenant := newTenant(walkmetest.Options{Quirks: quirks, Latency: m.latency, KeepRequests: -1})
		defer tenant.Close()
		if m.fault != nil {
			tenant.Fault(m.fault())
		}
		mine := options(tenant)
		mine.Dialects, mine.Suites, mine.Only, mine.Skip = o.Dialects, o.Suites, o.Only, o.Skip
		r = judge(t, mine)
		left = len(tenant.Users()) + len(tenant.Groups()) - 4
	})
	return r, left
}

// noticed runs as much as it takes to notice the mutant: the quick suites, then the
// longer ones, in the end everything. One that nobody may notice is judged by everything.
func (m mutant) noticed(t *testing.T) (r *probe.Report, left int) {
	t.Helper()
	if m.fault != nil {
		return m.judge(t, probe.Options{Skip: crowd})
	}
	if tolerated[m.name] != "" {
		return m.judge(t, probe.Options{})
	}
	for _, o := range []probe.Options{{Suites: []string{"spec", "discovery"}}, {Suites: []string{"quirks"}, Skip: crowd}, {Suites: []string{"wire"}}} {
		if r, left = m.judge(t, o); len(accused(r)) > 0 {
			return r, left
		}
	}
	return m.judge(t, probe.Options{})
}

// TestMutants switches the deviations of real servers on one by one. Each has to be
// noticed, unless Okta takes it: then nobody may be accused of it. docs/reliability.md
// has the share.
func TestMutants(t *testing.T) {
	all := mutants()
	var mu sync.Mutex
	var escaped []string
	felt := 0
	t.Run("each", func(t *testing.T) {
		for i, m := range all {
			if testing.Short() && i%6 != 0 {
				continue
			}
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				r, left := m.noticed(t)
				got := accused(r)
				mu.Lock()
				defer mu.Unlock()
				why := tolerated[m.name]
				switch {
				case why != "" && len(got) > 0:
					t.Errorf("it is accused although Okta takes it (%s):\n%s", why, strings.Join(got, "\n"))
				case why == "" && len(got) == 0:
					escaped = append(escaped, m.name)
				}
				if why == "" {
					felt++
				}
				if left != len(r.Left) {
					t.Errorf("%d objects are left, %d reported", left, len(r.Left))
				}
				if len(got) > 0 {
					t.Logf("%s", got[0])
				}
			})
		}
	})
	slices.Sort(escaped)
	t.Logf("%d of %d deviations that Okta feels were noticed; escaped: %q", felt-len(escaped), felt, escaped)
	if len(escaped)*20 > felt {
		t.Errorf("%d of %d deviations escaped, more than 5 %%: %q", len(escaped), felt, escaped)
	}
}

// The dialects are judged alone as well: what is wrong with PATCH is no business of aiw.
func TestDialectsAlone(t *testing.T) {
	for _, tt := range []struct {
		quirk   string
		dialect walkme.Profile
		want    bool
	}{
		{"pathless-active-400", walkme.OIN, true}, {"pathless-active-400", walkme.AIW, false},
		{"put-members-no-effect", walkme.AIW, true}, {"put-members-no-effect", walkme.OIN, false},
		{"no-filter-in-path", walkme.OIN, true}, {"no-filter-in-path", walkme.AIW, false},
	} {
		r, _ := mutant{quirk: tt.quirk}.judge(t, probe.Options{Dialects: []walkme.Profile{tt.dialect}, Suites: []string{"wire", "crud"}})
		if got := r.Summary.Failed > 0; got != tt.want {
			t.Errorf("%s in %s: failed is %t, want %t: %q", tt.quirk, tt.dialect, got, tt.want, accused(r))
		}
	}
}

func BenchmarkStrict(b *testing.B) {
	for b.Loop() {
		tenant := newTenant(walkmetest.Options{KeepRequests: -1})
		if _, err := probe.Run(b.Context(), options(tenant)); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(tenant.RequestCount()), "requests")
		tenant.Close()
	}
}
