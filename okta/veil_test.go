package okta_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// What a server repeats of the secrets that it was sent is taken out of errors and log.
func TestEchoedSecretsAreHidden(t *testing.T) {
	_, key := rsaKey(t)
	const secret = "00secret-token"
	for mode, auth := range map[string]func(*okta.Config){
		"token": func(cfg *okta.Config) { cfg.APIToken = secret }, "key": service(key), "bound key": bound(key, okta.DPoPAlways),
	} {
		for name, echo := range map[string]func(header http.Header, sent string) string{
			"summary": func(_ http.Header, s string) string {
				return `{"errorCode":"E0000011","errorSummary":"not valid: ` + s + `"}`
			},
			"code": func(_ http.Header, s string) string { return `{"errorCode":"` + s + `"}` },
			"cause": func(_ http.Header, s string) string {
				return `{"errorCode":"E1","errorCauses":[{"errorSummary":"` + s + `"}]}`
			},
			"request id":    func(h http.Header, s string) string { h.Set("X-Okta-Request-Id", s); return `{}` },
			"challenge":     func(h http.Header, s string) string { h.Set("WWW-Authenticate", `Bearer error="`+s+`"`); return `{}` },
			"content type":  func(h http.Header, s string) string { h.Set("Content-Type", "application/"+s); return "x" },
			"redirect host": func(h http.Header, s string) string { h.Set("Location", "https://"+s+".example.com/"); return "" },
		} {
			for _, path := range []string{"/token", "/apps/0oa00000000000walkme"} {
				t.Run(mode+" in "+name+" of "+path, func(t *testing.T) {
					org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public, Token: secret})
					var sent string
					status := map[string]int{"content type": 200, "redirect host": 302}
					org.Fault(func(r *http.Request) *oktatest.Fault {
						if !strings.HasSuffix(r.URL.Path, path) {
							return nil
						}
						_, sent, _ = strings.Cut(r.Header.Get("Authorization"), " ")
						if path == "/token" {
							body, _ := io.ReadAll(r.Body)
							_, rest, _ := strings.Cut(string(body), "client_assertion=")
							sent, _, _ = strings.Cut(rest, "&")
						}
						f := &oktatest.Fault{Status: max(status[name], 200), Header: http.Header{}}
						if f.Status == 200 && name != "content type" {
							f.Status = 400
						}
						f.Body = echo(f.Header, sent)
						return f
					})
					var log logText
					_, err := newClient(t, org, auth, func(cfg *okta.Config) { cfg.Logger = log.logger(slog.LevelDebug) }).App(t.Context())
					if sent == "" && path == "/token" {
						return // an API token is not fetched
					}
					if err == nil || len(sent) < 6 {
						t.Fatalf("App() = %v with %q sent, want an error", err, sent)
					}
					if text := err.Error() + log.String(); strings.Contains(strings.ToLower(text), strings.ToLower(sent[:min(len(sent), 40)])) {
						t.Errorf("error or log contains what was sent:\n%s", text)
					}
				})
			}
		}
	}
}

// A proxy may repeat its own credentials, in the words beside its status or as
// anything else.
func TestProxyCredentialsAreHidden(t *testing.T) {
	const user, password = "proxyuser", "pr0xy-passw0rd"
	encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	if os.Getenv("OKTA_TEST_CHILD") != "" {
		askThroughProxy(t)
		return
	}
	for name, answer := range map[string]string{
		"refusal":          "HTTP/1.1 407 Proxy-Authorization: Basic " + encoded + " " + user + ":" + password + " refused\r\n\r\n",
		"outage":           "HTTP/1.1 502 no " + password + "\r\n\r\n",
		"malformed answer": "Basic " + encoded + " what? " + password + "\r\n\r\n",
		"malformed status": "HTTP/1.1 " + password + " no\r\n\r\n",
		"malformed header": "HTTP/1.1 200 OK\r\n" + password + " " + encoded + "\r\n\r\n",
		"no address":       "",
	} {
		t.Run(name, func(t *testing.T) {
			proxy := "http://" + user + ":" + password + "@" + answering(t, answer)
			if answer == "" {
				proxy += "%zz"
			}
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyCredentialsAreHidden$", "-test.v")
			child.Env = append(os.Environ(), "OKTA_TEST_CHILD=1", "HTTPS_PROXY="+proxy) // net/http reads it once
			text, err := child.CombinedOutput()
			if err != nil || !strings.Contains(string(text), "App() =") {
				t.Fatalf("child: %v\n%s", err, text)
			}
			for _, secret := range []string{encoded, password} {
				if strings.Contains(string(text), secret) {
					t.Errorf("error contains a credential of the proxy:\n%s", text)
				}
			}
			if refused := strings.Contains(string(text), "the proxy refuses"); refused != (name == "refusal" || name == "outage") {
				t.Errorf("error says that the proxy refuses: %v\n%s", refused, text)
			}
		})
	}
}

// askThroughProxy is the child: its environment names the proxy.
func askThroughProxy(t *testing.T) {
	t.Helper()
	c, err := okta.NewClient(t.Context(), okta.Config{OrgURL: "https://acme.okta.com", AppID: "0oa1", APIToken: "00token-token", RetryWait: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.App(t.Context()); err == nil {
		t.Fatal("App() = nil, want an error")
	}
	t.Logf("App() = %v", err)
}

// answering serves every connection with the same bytes.
func answering(t *testing.T, answer string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(conn))
			_, _ = fmt.Fprint(conn, answer)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}
