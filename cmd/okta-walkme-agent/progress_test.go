package main

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestProgressEndsWithTheStop: after the message nothing counts up any more, and the
// message has a line of its own.
func TestProgressEndsWithTheStop(t *testing.T) {
	var out bytes.Buffer
	d := newDisplay(&out)
	d.shown <- line{text: "1 of 9: create"}
	d.stopping(2)
	d.ended(9, 9, &agent.Change{Action: agent.Create})
	d.close()
	want := "\r1 of 9: create\nokta-walkme-agent: finishing 2 changes under way; Ctrl-C again stops at once\n"
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
