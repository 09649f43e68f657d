package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A service app reads by OAuth 2.0 with the key that serve okta was given, as a pair or as
// its public half, and with DPoP where the org demands it.
func TestServeOktaServiceApp(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, kind string, der []byte, err error) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err == nil {
			err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair)
	private := write("key.pem", "PRIVATE KEY", der, err)
	der, err = x509.MarshalPKIXPublicKey(pair.Public())
	public := write("public.pem", "PUBLIC KEY", der, err)
	for name, key := range map[string]string{"pair": private, "public": public} {
		t.Run(name, func(t *testing.T) {
			s := serveFake(t, noEnv, "okta", "--listen", "127.0.0.1:0", "--quiet", "--service-key", key)
			if !strings.Contains(s.intro, "service app    "+defaultServiceApp+", with the key in "+key) {
				t.Fatalf("the introduction is\n%s", s.intro)
			}
			config := filepath.Join(t.TempDir(), "agent.yaml")
			text := "okta:\n  org_url: " + s.root() + "\n  app_id: 0oa00000000000walkme\n  auth: {client_id: " + defaultServiceApp + ", private_key: file:" + private + ", key_id: k1}\n" +
				"walkme:\n  base_url: http://127.0.0.1:1/scim\n  auth: {token: env:SCIM}\n"
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			check := func(want string) {
				t.Helper()
				var out bytes.Buffer
				env := environment{getenv: func(string) string { return "Bearer t0ken" }, stdin: strings.NewReader(""), stdout: &out, stderr: io.Discard}
				run(t.Context(), []string{"--config", config, "check"}, env)
				if !strings.Contains(out.String(), want) {
					t.Errorf("check says\n%s\nwant %q", out.String(), want)
				}
			}
			check("app WalkMe (0oa00000000000walkme) is ACTIVE")
			if status, body := s.ask("POST", s.root()+"/_control/switches", `{"dpop":true}`); status != 204 {
				t.Fatalf("_control/switches = %d %s", status, body)
			}
			check("app WalkMe (0oa00000000000walkme) is ACTIVE")
		})
	}
}

func TestServiceKey(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := parsedKey(der); err != nil || !curve.PublicKey.Equal(key) {
		t.Errorf("of an EC key it is %v, %v", key, err)
	}
	if _, err := parsedKey([]byte("nonsense")); err == nil {
		t.Error("nonsense is taken for a key")
	}
}
