package service

import (
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// TestWatchPauses: a log that cannot be read is asked less and less often, and a run
// that fails is not asked for again at once.
func TestWatchPauses(t *testing.T) {
	org := oktatest.Start(oktatest.Options{})
	defer org.Close()
	client, err := okta.NewClient(t.Context(), okta.Config{
		OrgURL: org.URL(), AppID: org.AppID(), APIToken: org.Token(), Transport: org.Transport(), RetryWait: time.Nanosecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := &watcher{okta: client, interval: 30 * time.Second, log: slog.New(slog.DiscardHandler), wake: make(chan string, 1)}
		go w.watch(t.Context())

		org.Fault(func(*http.Request) *oktatest.Fault { return &oktatest.Fault{Status: http.StatusUnauthorized} })
		time.Sleep(24*time.Hour + time.Second)
		if n := len(org.Requests()); n < 24 || n > 35 {
			t.Errorf("looks at a log that refuses for a day = %d, want a few and then one an hour", n)
		}
		org.Fault(nil)
		org.LogEvent("user.lifecycle.activate", "User", "00uann")
		time.Sleep(time.Hour + time.Second)
		woken := 0
		for end := time.Now().Add(time.Hour); time.Now().Before(end); time.Sleep(time.Second) {
			select {
			case <-w.wake:
				woken++
				events, _ := w.take()
				w.ended(events, http.ErrServerClosed)
			default:
			}
		}
		if woken < 5 || woken > 8 {
			t.Errorf("runs that fail for an hour = %d, want one after 1, 2, 4, 8 … minutes", woken)
		}
		if events, _ := w.take(); len(events.UserIDs) == 0 {
			t.Error("whom the log named is forgotten after runs that failed")
		}
	})
}
