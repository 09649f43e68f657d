package main

import (
	"bytes"
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestProgressEndsWithTheStop: after the message nothing counts up any more, and the
// message has a line of its own.
func TestProgressEndsWithTheStop(t *testing.T) {
	var out bytes.Buffer
	d := newDisplay(&out, true)
	d.applied(1, 9, &plan.Change{Action: plan.Create})
	d.stopping(2)
	d.applied(9, 9, &plan.Change{Action: plan.Create})
	d.close()
	want := "\r\x1b[K1 of 9: create\nokta-walkme-agent: finishing 2 changes under way; Ctrl-C again stops at once\n"
	if out.String() != want {
		t.Errorf("display = %q, want %q", out.String(), want)
	}
}

// TestFirstInterruptSaysWhatItWaitsFor also where nobody sees the progress.
func TestFirstInterruptSaysWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	ctx, interrupt := context.WithCancel(t.Context())
	var stderr lockedBuffer
	c.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			interrupt()
			stderr.wait(r.Context(), "finishing 1 change under way; Ctrl-C again")
		}
		tenant.ServeHTTP(w, r)
	})
	code := run(ctx, c.args([]string{"sync"}), environment{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &bytes.Buffer{}, stderr: &stderr})
	if code != exitFailed || !strings.Contains(stderr.String(), "finishing 1 change under way; Ctrl-C again") || !c.hasAccount("ann") {
		t.Errorf("an interrupted sync ended with %d and said %q, want what it waits for, and that done", code, stderr.String())
	}
}

// lockedBuffer is a buffer that one waits for.
type lockedBuffer struct {
	mu    sync.Mutex
	text  bytes.Buffer
	wrote chan struct{}
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wrote != nil {
		close(b.wrote)
		b.wrote = nil
	}
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// wait returns when the text is there, or the context ends.
func (b *lockedBuffer) wait(ctx context.Context, text string) {
	for {
		b.mu.Lock()
		found := strings.Contains(b.text.String(), text)
		if b.wrote == nil {
			b.wrote = make(chan struct{})
		}
		wrote := b.wrote
		b.mu.Unlock()
		if found {
			return
		}
		select {
		case <-wrote:
		case <-ctx.Done():
			return
		}
	}
}

// TestDisplayOfWaits: what is waited for stands beside how far the command is, goes
// when the wait is over, and makes room for what is printed.
func TestDisplayOfWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		d := newDisplay(&out, true)
		began := time.Now()
		d.waits("Okta (rate limit exceeded)", began, began.Add(time.Minute))
		d.waits("Okta (another try, there was no answer)", began, began.Add(time.Second/2))
		synctest.Wait()
		d.applied(1, 9, &plan.Change{Action: plan.Create})
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		d.clear()
		d.close()
		waiting := "waiting for Okta (rate limit exceeded), since " + began.Format(time.TimeOnly) + ", until " + began.Add(time.Minute).Format(time.TimeOnly)
		want := strings.Join([]string{"", waiting, "1 of 9: create; " + waiting, "1 of 9: create", ""}, eraseLine)
		if out.String() != want {
			t.Errorf("display = %q, want %q", out.String(), want)
		}
	})
}

// TestInterruptWhileWaiting: each command that asks Okta says what it waits for, and that
// it was interrupted, in these words.
func TestInterruptWhileWaiting(t *testing.T) {
	for _, command := range []string{"plan", "sync", "check", "explain"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
			c.hire("Ann", "Archer")
			c.org.Fault(func(*http.Request) *oktatest.Fault { return &oktatest.Fault{Status: http.StatusTooManyRequests} })
			ctx, interrupt := context.WithCancelCause(t.Context())
			var stdout, stderr lockedBuffer
			go func() {
				stderr.wait(t.Context(), "okta asks to wait")
				interrupt(errInterrupted)
			}()
			args := []string{command}
			if command == "explain" {
				args = append(args, "ann@example.com")
			}
			code := run(ctx, c.args(args), environment{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr})
			said := stderr.String()
			if code != exitFailed || !regexp.MustCompile(`(?m)^okta-walkme-agent: interrupted while it was waiting for Okta \(rate limit exceeded\), since \d\d:\d\d:\d\d, until \d\d:\d\d:\d\d$`).MatchString(said) {
				t.Errorf("%s ended with %d and said\n%swant that it was interrupted, and what it waited for", command, code, said)
			}
			for _, want := range []string{"since=", "until=", "rate limit exceeded"} {
				if !strings.Contains(said, want) {
					t.Errorf("the log of %s lacks %q:\n%s", command, want, said)
				}
			}
			if strings.Contains(stdout.String()+said, "context canceled") {
				t.Errorf("%s says \"context canceled\":\n%s%s", command, stdout.String(), said)
			}
		})
	}
}

// TestInterruptWhileWalkMePauses: so does each that only asks WalkMe.
func TestInterruptWhileWalkMePauses(t *testing.T) {
	for _, command := range []string{"plan", "check"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
			c.hire("Ann", "Archer")
			c.hire("Bob", "Baker")
			c.gate.watch(func(_ http.Handler, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "90")
				w.WriteHeader(http.StatusTooManyRequests)
			})
			ctx, interrupt := context.WithCancelCause(t.Context())
			var stdout, stderr lockedBuffer
			go func() {
				stderr.wait(t.Context(), "WalkMe limits the rate")
				interrupt(errInterrupted)
			}()
			code := run(ctx, c.args([]string{command}), environment{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr})
			if want := "interrupted while it was waiting for WalkMe (rate limit exceeded), since "; code != exitFailed || !strings.Contains(stderr.String(), want) {
				t.Errorf("%s ended with %d and said\n%swant %q", command, code, stderr.String(), want)
			}
			if all := stdout.String() + stderr.String(); strings.Contains(all, "context canceled") {
				t.Errorf("%s says \"context canceled\":\n%s", command, all)
			}
		})
	}
}
