package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
)

// starter is the configuration that the answers make.
func (s *setup) starter() configs.Starter {
	return configs.Starter{
		OrgURL: s.org, AppID: s.app, ServiceApp: s.oktaAuth == authServiceApp, ClientID: s.clientID, KeyID: s.keyID,
		Region: s.region, BaseURL: s.baseURL, Groups: s.groups, Secrets: s.references, Instance: s.instance, Beside: s.beside, Live: s.live,
	}
}

// needs says what has to be made in Okta and in WalkMe.
func (s *setup) needs() string {
	signIn := `  An API token: Security, API, Tokens, Create token. It may do what the admin
  who makes it may do: make it as one with the role "Read-only Administrator".
`
	if s.oktaAuth == authServiceApp {
		signIn = fmt.Sprintf(`  A service app: Applications, Create App Integration, API Services; client
  authentication by public key / private key; DPoP may be on. Grant the scopes
  %s
  and give it the role "Read-only Administrator". Optional: okta.logs.read, for
  watch; okta.schemas.read, so that a mistyped attribute is known for one.
`, strings.Join(okta.DefaultScopes(), " "))
	}
	return `What is needed

In the Okta Admin Console:
` + signIn + `  The WalkMe app's name, or its id, which stands in the address of the app's
  page (…/app/…/instance/0oa…). The app needs no provisioning; if Okta's own is
  on, turn it off, so that one engine writes and not two.

In WalkMe's Admin Center, as an administrator:
  IDP Integrations, SCIM Integration, Create SCIM Integration, Generate Details.
  Copy user name and password: the password is shown only once.

`
}

// lastScreen lists what was written, and says what is left to do.
func (s *setup) lastScreen(path string, files []setupFile) string {
	var b strings.Builder
	b.WriteString("\nFiles\n")
	for _, f := range files {
		became := "written"
		if f.kept {
			became = "as it was"
		}
		fmt.Fprintf(&b, "  %-9s  %s  (mode %#o)\n", became, f.path, f.mode)
	}
	return b.String() + s.nextSteps(path)
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
	b.WriteString("\nNext\n")
	if !s.writeSecrets {
		names := make([]string, 0, 3)
		for _, q := range s.secrets() {
			names = append(names, q.name)
		}
		fmt.Fprintf(&b, "  Put the secrets into %s, each in a file of mode 0600: %s\n", dir, strings.Join(names, ", "))
	}
	config := " --config " + path
	if path == defaultConfig {
		config = ""
	}
	if s.references == inFiles {
		fmt.Fprintf(&b, "  See what it would do; then do it, once or on schedule:\n    %s%s plan\n    %[1]s%[2]s sync\n    %[1]s%[2]s run\n", programName, config)
		b.WriteString("  The packaged service runs as a user of its own and cannot read these files. For it write credential: instead of file: in " +
			"the configuration (init --secrets credential does), and let the unit load them:\n")
	} else if s.oktaAuth == authServiceApp {
		b.WriteString("  The unit loads an API token by default. Let it load the key instead:\n")
	}
	if s.references == inFiles || s.oktaAuth == authServiceApp {
		b.WriteString(s.dropIn(unit, dir))
	}
	if s.references == inCredentials {
		fmt.Fprintf(&b, "  See what it would do:\n    %s=%s %s%s plan\n", credentialsVar, dir, programName, config)
	}
	fmt.Fprintf(&b, "  Start the service:\n    systemctl enable --now %s\n", unit)
	if !s.live {
		fmt.Fprintf(&b, "  Let it act, later: set dry_run: false, then\n    systemctl reload %s\n", unit)
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
