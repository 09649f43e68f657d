package walkme_test

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// A proxy may repeat its own credentials, in the words beside its status or as
// anything else. When it refuses, nothing was sent.
func TestProxyCredentialsAreHidden(t *testing.T) {
	if os.Getenv("WALKME_TEST_CHILD") != "" {
		createThroughProxy(t)
		return
	}
	for _, password := range []string{"pr0xy-passw0rd", "pr0xy6"} { // six letters are the shortest that are looked for
		t.Run(password, func(t *testing.T) { hidesProxyCredentials(t, "proxyuser", password) })
	}
}

func hidesProxyCredentials(t *testing.T, user, password string) {
	t.Helper()
	encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	for name, answer := range map[string]string{
		"refusal":          "HTTP/1.1 407 Proxy-Authorization: Basic " + encoded + " " + user + ":" + password + " refused\r\n\r\n",
		"malformed answer": "Basic " + encoded + " what? " + password + "\r\n\r\n",
		"malformed status": "HTTP/1.1 " + password + " what?\r\n\r\n",
		"no address":       "",
	} {
		t.Run(name, func(t *testing.T) {
			proxy := "http://" + user + ":" + password + "@" + proxyAnswering(t, answer)
			if answer == "" {
				proxy += "%zz"
			}
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProxyCredentialsAreHidden$", "-test.v")
			child.Env = append(os.Environ(), "WALKME_TEST_CHILD=1", "HTTPS_PROXY="+proxy) // net/http reads it once
			text, err := child.CombinedOutput()
			if err != nil || !strings.Contains(string(text), "CreateUser() =") {
				t.Fatalf("child: %v\n%s", err, text)
			}
			for _, secret := range []string{encoded, password} {
				if strings.Contains(string(text), secret) {
					t.Errorf("error contains a credential of the proxy:\n%s", text)
				}
			}
			if notSent := strings.Contains(string(text), "not_sent"); name == "refusal" && !notSent {
				t.Errorf("effect of a refused connection: %s, want not_sent", text)
			}
		})
	}
}

// createThroughProxy is the child: its environment names the proxy.
func createThroughProxy(t *testing.T) {
	t.Helper()
	c, err := walkme.NewClient(walkme.Config{BaseURL: "https://walkme.example.com/scim/v2", Profile: walkme.OIN,
		Auth: walkme.Auth{Username: "okta", Password: "s3cret-s3cret"}, Wire: walkme.DefaultWire()})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, err = c.CreateUser(t.Context(), scim.Resource{Type: scim.User, SourceID: "00u1", Active: true})
	var refused *walkme.ProxyError
	t.Logf("CreateUser() = %v, refused %v, %s", err, errors.As(err, &refused), walkme.Outcome(err))
}

// proxyAnswering serves every connection with the same bytes.
func proxyAnswering(t *testing.T, answer string) (address string) {
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
