package configs_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var secrets = map[string]string{"OKTA_TOKEN": "okta-s3cret", "WALKME_TOKEN": "Bearer walkme-s3cret", "U": "user", "P": "p4ss"}

func TestOktaClient(t *testing.T) {
	c := parse(t, strings.Replace(minimal, "  app_id", "  rate_limit_share: 0.25\n  timeout: 5s\n  app_id", 1), machine(secrets, nil))
	got, err := c.OktaClient()
	if err != nil {
		t.Fatal(err)
	}
	want := okta.Config{
		OrgURL: "https://acme.okta.com", AppID: "0oa1", APIToken: "okta-s3cret", RateLimitShare: 0.25, MaxPeople: 2_000_000, DPoP: okta.DPoPAuto, Timeout: 5 * time.Second,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(okta.Config{}, "Transport", "Logger")); diff != "" {
		t.Errorf("OktaClient() (-want +got):\n%s", diff)
	}
	if _, err := okta.NewClient(t.Context(), got); err != nil {
		t.Errorf("okta.NewClient: %v", err)
	}
}

func TestOktaClientWithServiceApp(t *testing.T) {
	key := privateKey(t)
	text := strings.Replace(minimal, "{api_token: env:OKTA_TOKEN}", "{client_id: 0oa2, private_key: file:key.pem, key_id: kid, dpop: always}", 1)
	c := parse(t, text+"watch: {interval: 30s}\n", machine(secrets, map[string]string{"/etc/agent/key.pem": "0600 " + key + "\n"}))
	got, err := c.OktaClient()
	if err != nil {
		t.Fatal(err)
	}
	if string(got.PrivateKey) != key || got.ClientID != "0oa2" || got.KeyID != "kid" || got.APIToken != "" || got.DPoP != okta.DPoPAlways {
		t.Errorf("OktaClient() = client id %q, key id %q", got.ClientID, got.KeyID)
	}
	if got.Scopes != nil {
		t.Errorf("OktaClient().Scopes = %q, want the default ones: a token with one that is not granted is refused", got.Scopes)
	}
	forLog, err := c.OktaLogClient()
	if err != nil || !slices.Equal(forLog.Scopes, []string{"okta.logs.read"}) || forLog.ClientID != "0oa2" {
		t.Errorf("OktaLogClient() = scopes %q, client id %q, %v", forLog.Scopes, forLog.ClientID, err)
	}
}

func privateKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// An environment variable often has the line breaks of a key written out.
func TestPrivateKeyFromEnvironment(t *testing.T) {
	text := strings.Replace(minimal, "{api_token: env:OKTA_TOKEN}", "{client_id: 0oa2, private_key: env:KEY}", 1)
	c := parse(t, text, machine(map[string]string{"KEY": strings.ReplaceAll(privateKey(t), "\n", `\n`)}, nil))
	got, err := c.OktaClient()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := okta.NewClient(t.Context(), got); err != nil {
		t.Errorf("okta.NewClient: %v", err)
	}
}

// What Okta would refuse with a bare 401 is refused where the reference stands.
func TestOktaCredentialsAreChecked(t *testing.T) {
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(edwards)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	const key, token = "{client_id: 0oa2, private_key: env:SECRET}", "{api_token: env:SECRET}"
	for _, tt := range []struct{ auth, secret, want string }{
		{key, block("ENCRYPTED PRIVATE KEY", der), "4:40: okta.auth.private_key: env:SECRET: the key is encrypted with a passphrase; decrypt it with openssl pkey"},
		{key, block("PUBLIC KEY", der), `4:40: okta.auth.private_key: env:SECRET: the PEM block "PUBLIC KEY" is no private key`},
		{key, block("PRIVATE KEY", der), "4:40: okta.auth.private_key: env:SECRET: the key is neither an RSA key nor an EC key"},
		{key, block("PRIVATE KEY", der[1:]), `4:40: okta.auth.private_key: env:SECRET: the PEM block "PRIVATE KEY" is damaged`},
		{token, "SSWS 00s3cret", "4:21: okta.auth.api_token: env:SECRET: the token contains a blank; keep the token alone there, without SSWS before it"},
		{token, "OKTA_API_TOKEN=00s3cret", "4:21: okta.auth.api_token: env:SECRET: the token stands behind NAME=, as in an environment file; keep the token alone there"},
		{token, "export TOKEN=00s3cret", "4:21: okta.auth.api_token: env:SECRET: the token stands behind NAME="},
		{token, "00s3cret\n00s3cret", "4:21: okta.auth.api_token: env:SECRET: the token contains a blank"},
	} {
		c := parse(t, strings.Replace(minimal, "{api_token: env:OKTA_TOKEN}", tt.auth, 1), machine(map[string]string{"SECRET": tt.secret}, nil))
		_, err := c.OktaClient()
		var all *configs.Errors
		if !errors.As(err, &all) || !strings.HasPrefix(err.Error(), "agent.yaml:"+tt.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("OktaClient() = %v, want *Errors that begins with %q and shows no secret", err, tt.want)
		}
	}
}

func TestWalkMeClient(t *testing.T) {
	text := strings.Replace(minimal, "{token: env:WALKME_TOKEN}", "{username: env:U, password: env:P}", 1)
	text += "  wire_profile: aiw\n  max_in_flight: 3\n  requests_per_second: 0\n  wire: {member_batch: 7, send_groups: false}\n" +
		"push_groups: {membership_updates: replace}\nprovisioning: {update_user_attributes: false}\n"
	got, err := parse(t, text, machine(secrets, nil)).WalkMeClient()
	if err != nil {
		t.Fatal(err)
	}
	wire := walkme.DefaultWire()
	wire.MemberBatch, wire.SendGroups, wire.MembershipUpdates = 7, false, walkme.Replace
	want := walkme.Config{
		BaseURL: "https://papi.walkme.com/deepui/api/scim/v2", Auth: walkme.Auth{Username: "user", Password: "p4ss"},
		Profile: walkme.AIW, Wire: wire, Matching: walkme.MatchLookup, MaxInFlight: 3, Timeout: time.Minute,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(walkme.Config{}, "Transport", "Logger", "Rand")); diff != "" {
		t.Errorf("WalkMeClient() (-want +got):\n%s", diff)
	}
	client, err := walkme.NewClient(got)
	if err != nil {
		t.Fatalf("walkme.NewClient: %v", err)
	}
	client.Close()
}

// The default of the file is walkme's, switch by switch.
func TestDefaultWireIsWalkMes(t *testing.T) {
	got, err := parse(t, minimal, machine(secrets, nil)).WalkMeClient()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(walkme.DefaultWire(), got.Wire); diff != "" {
		t.Errorf("Wire (-want +got):\n%s", diff)
	}
}

// null is a word among the values of cleared_value, with quotes and without.
func TestClearedValueNull(t *testing.T) {
	for _, written := range []string{"null", `"null"`} {
		got, err := parse(t, minimal+"  wire: {cleared_value: "+written+"}\n", machine(secrets, nil)).WalkMeClient()
		if err != nil || got.Wire.ClearedValue != walkme.ClearNull {
			t.Errorf("cleared_value: %s = %q, %v", written, got.Wire.ClearedValue, err)
		}
	}
}

// fidelity sets the defaults of wire, and a switch that the file names wins.
func TestStrictWire(t *testing.T) {
	strict := walkme.StrictWire()
	explicit := strict
	explicit.GetBeforePatch, explicit.MemberBatch = true, 7
	safe := walkme.DefaultWire()
	safe.GetBeforePatch = false
	for text, want := range map[string]walkme.Wire{
		"  fidelity: strict\n": strict,
		"  fidelity: strict\n  wire: {get_before_patch: true, member_batch: 7}\n": explicit,
		"  wire: {member_batch: 7, get_before_patch: true}\n  fidelity: strict\n": explicit,
		"  fidelity: safe\n  wire: {get_before_patch: false}\n":                   safe,
	} {
		got, err := parse(t, minimal+text, machine(secrets, nil)).WalkMeClient()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Wire); diff != "" {
			t.Errorf("Wire of %q (-want +got):\n%s", text, diff)
		}
	}
}

func TestBaseURLInsteadOfRegion(t *testing.T) {
	c := parse(t, strings.Replace(minimal, "region: us", "base_url: https://scim.example.com/v2", 1), machine(secrets, nil))
	if got, want := c.WalkMeURL(), "https://scim.example.com/v2"; got != want {
		t.Errorf("WalkMeURL() = %q, want %q", got, want)
	}
}

// A server whose certificate only the file vouches for is reached with ca_file,
// and refused without.
func TestPrivateCA(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	server.Config.ErrorLog = nil
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	env := machine(secrets, map[string]string{"/etc/agent/ca.pem": "0644 " + certificate})
	for _, tt := range []struct {
		key string
		ok  bool
	}{{"  ca_file: ca.pem\n", true}, {"", false}} {
		c := parse(t, strings.Replace(minimal, "walkme:\n", tt.key+"walkme:\n", 1)+tt.key, env)
		o, err := c.OktaClient()
		if err != nil {
			t.Fatal(err)
		}
		w, err := c.WalkMeClient()
		if err != nil {
			t.Fatal(err)
		}
		for name, transport := range map[string]http.RoundTripper{"okta": o.Transport, "walkme": w.Transport} {
			if got := transport.(*http.Transport).TLSClientConfig.MinVersion; got < tls.VersionTLS12 {
				t.Errorf("%s: TLS from version %#x, want 1.2 or later", name, got)
			}
			if err := reach(t, transport, server.URL); (err == nil) != tt.ok {
				t.Errorf("%s with %q: request = %v", name, tt.key, err)
			}
		}
	}
}

func reach(t *testing.T, transport http.RoundTripper, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func TestAgent(t *testing.T) {
	c := parse(t, minimal+`  max_in_flight: 3
  wire_profile: aiw
provisioning: {create_users: false, suspended: deactivate, on_missing: recreate}
push_groups:
  sources: [{name: Editors, link: Authors}, {rule: {name_starts_with: walkme-}}, {assigned_groups: true}]
  on_unlink: delete
  deprovisioned_members: remove
  rename_linked: true
  on_missing: recreate
limits: {group_deletes: {count: 2, percent: 5}}
`, configs.Env{})
	got := c.Agent()
	want := agent.Config{
		Policy: plan.Policy{
			UpdateUserAttributes: true, DeactivateUsers: true, RecreateMissing: true, KeepUnacknowledged: true,
			Desire: plan.DesirePolicy{DeactivateSuspended: true, RequireEmail: true},
			Groups: plan.GroupPolicy{DeleteUnlinked: true, RemoveDeprovisioned: true, RenameLinked: true, RecreateMissing: true},
		},
		Limits: plan.Limits{
			Deactivations:  plan.Limit{Count: 20, Percent: 10},
			MemberRemovals: plan.Limit{Count: 100, Percent: 20},
			GroupDeletes:   plan.Limit{Count: 2, Percent: 5},
			EmptiedValues:  plan.Limit{Count: 20, Percent: 10},
			Window:         24 * time.Hour,
		},
		GroupSources: []okta.GroupSource{
			{Name: "Editors", Link: "Authors"}, {Rule: &okta.GroupRule{NameStartsWith: "walkme-"}}, {AssignedGroups: true},
		},
		GroupFullRead: 6 * time.Hour, ConfirmRemovals: true, VerifyEvery: time.Hour, KeepHistory: 2160 * time.Hour, WireProfile: "aiw", Workers: 6,
		Target: "https://papi.walkme.com/deepui/api/scim/v2",
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(agent.Config{}, "Mapping")); diff != "" {
		t.Errorf("Agent() (-want +got):\n%s", diff)
	}
	if strings.Contains(fmt.Sprintf("%+v", *c), "s3cret") {
		t.Error("a configuration shows a secret")
	}
}
