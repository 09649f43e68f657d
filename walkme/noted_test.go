package walkme_test

import (
	"io"
	"net/http"
	"testing"

	"okta-walkme-agent/walkme"
)

// A context notes what the writes under it were answered, and no read.
func TestNote(t *testing.T) {
	status := http.StatusNoContent
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, userJSON("42", "ann@example.com", ""))
			return
		}
		w.WriteHeader(status)
	})}})
	ctx, noted := walkme.Note(t.Context())
	want := func(status int) {
		t.Helper()
		if got := noted.Status(); got != status {
			t.Errorf("Status() = %d, want %d", got, status)
		}
	}
	want(0)
	_, _ = c.User(ctx, "42")
	want(0)
	_ = c.SetActive(ctx, "42", true)
	want(http.StatusNoContent)
	_, _ = c.User(ctx, "42")
	want(http.StatusNoContent)
	status = http.StatusBadRequest
	_ = c.SetActive(ctx, "42", true)
	want(http.StatusBadRequest)
}
