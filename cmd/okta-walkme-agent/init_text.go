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
	dir := absolute(filepath.Dir(path)) // as systemd wants it
	var b strings.Builder
	b.WriteString("\nNext\n")
	if !s.writeSecrets {
		names := make([]string, 0, 3)
		for _, q := range s.secrets() {
			names = append(names, q.name)
		}
		fmt.Fprintf(&b, "  Put the secrets into %s, each in a file of mode 0600: %s\n", dir, strings.Join(names, ", "))
	}
	config := " --config " + shellWord(path)
	if path == defaultConfig {
		config = ""
	}
	if s.references == inFiles {
		fmt.Fprintf(&b, "  See what it would do; then do it, once or on schedule:\n    %s%s plan\n    %[1]s%[2]s sync\n    %[1]s%[2]s run\n", programName, config)
	} else {
		fmt.Fprintf(&b, "  See what it would do:\n    %s=%s %s%s plan\n", credentialsVar, shellWord(dir), programName, config)
	}
	if s.references == inFiles && path != s.unitConfig() {
		return b.String() + s.byHand()
	}
	return b.String() + s.asService(path)
}

// unitConfig is the configuration that the packaged unit reads.
func (s *setup) unitConfig() string {
	return filepath.Join(filepath.Dir(defaultConfig), s.instance, filepath.Base(defaultConfig))
}

func (s *setup) unit() string {
	if s.instance != "" {
		return programName + "@" + s.instance
	}
	return programName
}

// byHand is what is left to do with a configuration that is no service's.
func (s *setup) byHand() string {
	var b strings.Builder
	if !s.live {
		b.WriteString("  Let run act, later: set dry_run: false, and start it again\n")
	}
	packaged := setup{oktaAuth: authToken, references: inCredentials, writeSecrets: true, instance: s.instance}
	fmt.Fprintf(&b, "  The packaged service reads %s alone, as a user of its own that cannot read these files. It begins with:\n    %s\n",
		s.unitConfig(), packaged.command("", nil))
	return b.String()
}

// asService is what is left to do until the packaged unit does its work with it.
func (s *setup) asService(path string) string {
	var b strings.Builder
	unit, dir, own := s.unit(), absolute(filepath.Dir(path)), path != s.unitConfig()
	switch {
	case own:
		fmt.Fprintf(&b, "  The unit reads %s. Let it read this one and its secrets, from where it may: no home directory, and not /tmp:\n", s.unitConfig())
	case s.references == inFiles:
		b.WriteString("  The packaged service runs as a user of its own and cannot read these files. For it write credential: instead of file: in " +
			"the configuration (init --secrets credential does), and let the unit load them:\n")
	case s.oktaAuth == authServiceApp:
		b.WriteString("  The unit loads an API token by default. Let it load the key instead:\n")
	}
	if own || s.references == inFiles || s.oktaAuth == authServiceApp {
		fmt.Fprintf(&b, "    systemctl edit %s\n      [Service]\n", unit)
		if own {
			fmt.Fprintf(&b, "      Environment=\"%s=%s\"\n", configVar, absolute(path))
		}
		b.WriteString(s.dropIn(dir))
	}
	fmt.Fprintf(&b, "  Start the service:\n    systemctl enable --now %s\n", unit)
	if !s.live {
		fmt.Fprintf(&b, "  Let it act, later: set dry_run: false, then\n    systemctl reload %s\n", unit)
	}
	return b.String()
}

// dropIn has the unit load these secrets and no others: a file that the unit names
// and that is missing stops the service.
func (s *setup) dropIn(dir string) string {
	var b strings.Builder
	b.WriteString("      LoadCredential=\n")
	for _, q := range s.secrets() {
		fmt.Fprintf(&b, "      LoadCredential=%s:%s/%[1]s\n", q.name, dir)
	}
	return b.String()
}

// absolute is the path from the root, where that can be told.
func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}
