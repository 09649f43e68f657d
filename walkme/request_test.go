package walkme_test

import (
	"io"
	"net/http"
	"testing"

	"okta-walkme-agent/walkme"
)

// A caller may send a request of its own, with the client's credential and headers.
func TestNewRequest(t *testing.T) {
	c := client(t, walkme.Config{BaseURL: target})
	req, err := c.NewRequest(t.Context(), http.MethodPost, "/Users", []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil || string(body) != `{"a":1}` || req.ContentLength != 7 {
		t.Errorf("body %q of %d bytes, %v", body, req.ContentLength, err)
	}
	if req.URL.String() != target+"/Users" || req.Header.Get("Authorization") != "Bearer s3cret" {
		t.Errorf("%s, Authorization %q", req.URL, req.Header.Get("Authorization"))
	}
	if req, err = c.NewRequest(t.Context(), http.MethodGet, "/Users", nil); err != nil || req.Body != nil {
		t.Errorf("NewRequest() without a body = %v, %v", req, err)
	}
	if req, err = c.NewRequest(t.Context(), "GE T", "/Users", nil); err == nil {
		t.Errorf("NewRequest(GE T) = %v, want an error", req)
	}
}
