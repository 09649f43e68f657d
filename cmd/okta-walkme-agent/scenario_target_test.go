package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// numbered is a server without groups that numbers its accounts and answers a POST with
// 200.
type numbered struct {
	mu       sync.Mutex
	accounts map[string]map[string]any // by the last part of their path
}

func (n *numbered) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	path := strings.TrimPrefix(r.URL.Path, "/scim/Users")
	switch {
	case path == r.URL.Path:
		answer(http.StatusNotFound, map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": "404"})
	case r.Method == http.MethodPost:
		account := map[string]any{}
		_ = json.NewDecoder(r.Body).Decode(&account)
		account["id"] = 9007199254740993 // beyond what a float64 holds
		n.accounts["/9007199254740993"] = account
		answer(http.StatusOK, account)
	case r.Method == http.MethodDelete:
		delete(n.accounts, path)
		w.WriteHeader(http.StatusNoContent)
	default:
		found := []any{}
		for _, account := range n.accounts {
			found = append(found, account)
		}
		answer(http.StatusOK, map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, "totalResults": len(found), "Resources": found})
	}
}

// A server without groups is no obstacle to a life without any, and what has a number in
// place of an id is removed in the end, too, after whatever success.
func TestScenarioNumberedTarget(t *testing.T) {
	t.Parallel()
	target := &numbered{accounts: map[string]map[string]any{}}
	server := httptest.NewServer(target)
	t.Cleanup(server.Close)
	env := func(string) string { return "Bearer t0ken" }
	text := `org:
  people: [{login: ann@example.com, firstName: Ann, lastName: Archer}]
  assignments: [ann@example.com]
steps: [sync]
expect_accounts: [{userName: ann@example.com, active: true}]
`
	if code, out := play(t, env, text, "--target", server.URL+"/scim", "--auth", "env:X"); code != exitOK {
		t.Errorf("%d %s", code, out)
	}
	if len(target.accounts) > 0 {
		t.Errorf("left on the server: %v", target.accounts)
	}
}
