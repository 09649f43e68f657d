package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"okta-walkme-agent/okta"
)

// render fills the answers into the annotated sample, whose comments stay.
func (s *setup) render(sample []byte) ([]byte, error) {
	edits := [][2]string{
		{"  org_url: https://acme.okta.com\n", "  org_url: " + quoted(s.org) + "\n"},
		{"  app_id: 0oa1b2c3d4e5f6g7h8i9\n", "  app_id: " + quoted(s.app) + "\n"},
		{"    username: env:WALKME_USERNAME\n", "    username: " + s.reference("walkme-username") + "\n"},
		{"    password: credential:walkme-password\n", "    password: " + s.reference("walkme-password") + "\n"},
	}
	if s.oktaAuth == authServiceApp {
		edits = append(edits,
			[2]string{"    api_token: credential:okta-api-token\n", "    # api_token: " + s.reference("okta-api-token") + "\n"},
			[2]string{"    # client_id: 0oa9i8h7g6f5e4d3c2b1\n", "    client_id: " + quoted(s.clientID) + "\n"},
			[2]string{"    # private_key: file:okta-key.pem\n", "    private_key: " + s.reference("okta-private-key") + "\n"})
		if s.keyID != "" {
			edits = append(edits, [2]string{"    # key_id: 8xHk3vT9ZqP0example\n", "    key_id: " + quoted(s.keyID) + "\n"})
		}
	} else {
		edits = append(edits, [2]string{"    api_token: credential:okta-api-token\n", "    api_token: " + s.reference("okta-api-token") + "\n"})
	}
	if s.baseURL != "" {
		edits = append(edits,
			[2]string{"  region: us\n", "  # region: us\n"},
			[2]string{"  # base_url: https://papi.walkme.com/deepui/api/scim/v2\n", "  base_url: " + quoted(s.baseURL) + "\n"})
	} else {
		edits = append(edits, [2]string{"  region: us\n", "  region: " + quoted(s.region) + "\n"})
	}
	if len(s.groups) > 0 {
		var list strings.Builder
		for _, g := range s.groups {
			list.WriteString("    - name: " + quoted(g) + "\n")
		}
		edits = append(edits, [2]string{"  sources: []\n", "  sources:\n" + list.String()})
	}
	if s.instance != "" {
		edits = append(edits, [2]string{"  path: /var/lib/okta-walkme-agent/state.db\n", "  path: /var/lib/okta-walkme-agent-" + s.instance + "/state.db\n"})
	}
	if !s.live {
		edits = append(edits, [2]string{"\ndry_run: false\n", "\ndry_run: true\n"})
	}
	return edited(sample, edits)
}

// edited replaces each first text, which stands in the sample once, by the second.
func edited(sample []byte, edits [][2]string) ([]byte, error) {
	for _, e := range edits {
		if bytes.Count(sample, []byte(e[0])) != 1 {
			return nil, fmt.Errorf("the sample configuration does not have the line %q once", strings.TrimSpace(e[0]))
		}
		sample = bytes.Replace(sample, []byte(e[0]), []byte(e[1]), 1)
	}
	return sample, nil
}

// quoted is a YAML scalar. Text that could be anything else is quoted as JSON, which
// YAML takes.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._/:", r)
	}
	letters := strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	if letters && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) && !strings.HasSuffix(s, ":") && len(s) > 5 {
		return s // no number, and longer than "false" or "null"
	}
	text, _ := json.Marshal(s) // a string always has JSON
	return string(text)
}

func (s *setup) reference(name string) string { return s.references + ":" + name }

// needs says what has to be made in Okta and in WalkMe.
func (s *setup) needs() string {
	signIn := `  An API token: Security, API, Tokens, Create token. It may do what the admin who
  makes it may do; make it as an admin with the role "Read-only Administrator".
`
	if s.oktaAuth == authServiceApp {
		signIn = fmt.Sprintf(`  A service app: Applications, Create App Integration, API Services; client
  authentication by public key / private key; DPoP may be on. Grant the scopes
  %s
  (and okta.logs.read for watch), and give it the role "Read-only Administrator".
`, strings.Join(okta.DefaultScopes(), " "))
	}
	return `What is needed

In the Okta Admin Console:
` + signIn + `  The id of the WalkMe app: it stands in the address of the app's page
  (…/app/…/instance/0oa…). The app needs no provisioning.

In WalkMe's Admin Center, as an administrator:
  IDP Integrations, SCIM Integration, Create SCIM Integration, Generate Details.
  Copy user name and password: the password is shown only once.

`
}

// nextSteps says what is left to do.
func (s *setup) nextSteps(path string) string {
	dir, unit := filepath.Dir(path), programName
	if absolute, err := filepath.Abs(dir); err == nil { // as systemd wants it
		dir = absolute
	}
	if s.instance != "" {
		unit += "@" + s.instance
	}
	var b strings.Builder
	b.WriteString("\nNext:\n")
	if !s.writeSecrets {
		names := make([]string, 0, 3)
		for _, q := range s.secrets() {
			names = append(names, q.name)
		}
		fmt.Fprintf(&b, "  Put the secrets into %s, each in a file of mode 0600: %s\n", dir, strings.Join(names, ", "))
	}
	if s.references == inFiles {
		b.WriteString(`  The service cannot read these files: it runs as a user of its own. They are for
  commands by hand. For the service write credential: instead of file: in the
  configuration (init --secrets credential does), and let the unit load them:
`)
	} else if s.oktaAuth == authServiceApp {
		b.WriteString("  The unit loads an API token by default. Let it load the key instead:\n")
	}
	if s.references == inFiles || s.oktaAuth == authServiceApp {
		b.WriteString(s.dropIn(unit, dir))
	}
	by := ""
	if s.references == inCredentials {
		by = credentialsVar + "=" + dir + " "
	}
	config := " --config " + path
	if path == defaultConfig {
		config = ""
	}
	fmt.Fprintf(&b, "  See what it would do:     %s%s%s plan\n", by, programName, config)
	fmt.Fprintf(&b, "  Start the service:        systemctl enable --now %s\n", unit)
	if !s.live {
		fmt.Fprintf(&b, "  Let it act, later:        set dry_run: false, then systemctl reload %s\n", unit)
	}
	return b.String()
}

// dropIn has the unit load these secrets and no others: a file that the unit names
// and that is missing stops the service.
func (s *setup) dropIn(unit, dir string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "    systemctl edit %s\n      [Service]\n      LoadCredential=\n", unit)
	for _, q := range s.secrets() {
		fmt.Fprintf(&b, "      LoadCredential=%s:%s/%[1]s\n", q.name, dir)
	}
	return b.String()
}
