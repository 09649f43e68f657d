package oktatest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
)

func TestControl(t *testing.T) {
	a := newAdmin(t)
	server := httptest.NewServer(a.org.Control())
	t.Cleanup(server.Close)
	say := func(method, path, body string, status int, want ...string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/_control"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		text, err := io.ReadAll(reply.Body)
		if err != nil || reply.StatusCode != status {
			t.Errorf("%s %s = %d %s, want %d", method, path, reply.StatusCode, text, status)
		}
		for _, part := range want {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s %s = %s, want %s in it", method, path, text, part)
			}
		}
	}
	say("GET", "/", "", 200, oktatest.ControlHelp)
	id := a.do("POST", "/api/v1/users", eve, 200)
	a.org.Assign(id)
	say("GET", "/requests", "", 200, `"method":"POST","path":"/api/v1/users"`, "SSWS [redacted]")
	say("DELETE", "/requests", "", 204)
	say("GET", "/requests", "", 200, "[]")
	say("GET", "/violations", "", 200, "[]")
	say("GET", "/state", "", 200, `"login":"eve@example.com"`, `"assigned":true`)
	say("POST", "/assignments", `{"login":"EVE@example.com","status":"SUSPENDED"}`, 204)
	a.do("GET", a.app+"/users/"+id, "", 200, "SUSPENDED")
	say("POST", "/assignments", `{"login":"nobody","status":"SUSPENDED"}`, 400, "who is assigned")
	say("POST", "/age", `{"by":"24h"}`, 204)
	say("POST", "/age", `{"by":"soon"}`, 400, "a duration such as 24h")

	say("POST", "/switches", `{"appStatus":"INACTIVE","provisioning":true}`, 204)
	a.do("GET", a.app, "", 200, "INACTIVE", "GROUP_PUSH")
	say("POST", "/switches", `{"adminRole":false}`, 204)
	a.do("GET", "/api/v1/users", "", 200, "[]")
	say("POST", "/switches", `{"explode":true}`, 400, "unknown field")
	say("POST", "/switches", `{"appStatus":"EATEN"}`, 400, "ACTIVE or INACTIVE")

	say("POST", "/faults", "status=503,path=/api/v1/groups", 200, `"fault":"status"`)
	a.do("GET", "/api/v1/groups", "", 503)
	say("POST", "/faults", `["html","slow=1ms,times=all"]`, 200)
	a.do("GET", "/api/v1/groups", "", 200, "<!DOCTYPE html>")
	say("DELETE", "/faults", "", 200, "[]")
	say("POST", "/faults", "explode", 400, "there is no fault", "no-next-link")
	say("POST", "/token", `{"token":""}`, 204)
	a.do("GET", "/api/v1/groups", "", 401, "E0000011")
}

// Each kind of fault does what its sentence says to a list of two pages.
func TestFaultKinds(t *testing.T) {
	for text, want := range map[string]string{
		"status=502": "502", "drop": "broken", "cut": "broken", "empty": "200 ", "null": "200 null", "no-entries": "200 []",
		"no-next-link": "200 2", "repeat-page": "200 2 next", "html": "200 <!DOCTYPE", "rate-limit": "429", "slow=1ms": "200 2 next",
	} {
		org := oktatest.Start(oktatest.Options{PageLimit: 2})
		for _, name := range []string{"a", "b", "c"} {
			org.NewGroup(name)
		}
		say := httptest.NewServer(org.Control())
		reply, err := http.Post(say.URL+"/_control/faults", "text/plain", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if got := firstPage(t, org); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		say.Close()
		org.Close()
	}
}

// firstPage says in a few words how the org answers a list of groups.
func firstPage(t *testing.T, org *oktatest.Org) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", org.URL()+"/api/v1/groups", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+org.Token())
	reply, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return "broken"
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return "broken"
	}
	out := reply.Status[:3] + " " + string(text)
	if n := strings.Count(string(text), `"objectClass"`); n > 0 {
		out = reply.Status[:3] + " " + string(rune('0'+n))
	}
	if strings.Contains(strings.Join(reply.Header.Values("Link"), ","), `rel="next"`) {
		out += " next"
	}
	return out
}
