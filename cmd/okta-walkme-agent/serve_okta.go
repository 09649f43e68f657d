package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/probe/scenario"
	"okta-walkme-agent/internal/fault"
	"okta-walkme-agent/okta/oktatest"
)

// oktaServer is serve okta with its flags.
type oktaServer struct {
	fakeServer
	seed      string
	token     string
	appID     string
	clientID  string
	secret    string
	redirects []string
	faults    []string
	service   struct{ id, key string } // the service app: client id, file of its key
}

func (c *cli) serveOktaCommand() *cobra.Command {
	var s oktaServer
	var listFaults bool
	cmd := &cobra.Command{
		Use:   "okta",
		Short: "A fake Okta org with one app",
		Long: `Serves an Okta org in memory: the part of Okta's Management API that reads and
changes people, groups, assignments and group-push mappings, the System Log,
rate-limit headers, OAuth 2.0 for service apps, and sign-in with OpenID Connect
as any person who is in it.

The seed is the "org:" of a scenario (see "scenario example"), or a file with
its people, groups and assignments at the top.`,
		Example: `  okta-walkme-agent serve okta --listen 127.0.0.1:8090
  okta-walkme-agent serve okta --seed org.yaml --token env:OKTA_TOKEN --app-id 0oa1
  okta-walkme-agent serve okta --service-key key.pem
  okta-walkme-agent serve okta --fault no-next-link,path=/api/v1/apps
  okta-walkme-agent serve okta --listen :8453 --tls`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listFaults {
				return c.listFaults(oktatest.FaultKinds())
			}
			return c.serveOkta(cmd.Context(), &s)
		},
	}
	s.flags(cmd, "127.0.0.1:8090")
	f := cmd.Flags()
	f.StringVar(&s.seed, "seed", "", "people, groups and assignments to begin with: `FILE` (YAML)")
	f.StringVar(&s.token, "token", "", "the API token: env:NAME or file:PATH (without it: one that is printed)")
	f.StringVar(&s.appID, "app-id", "", "the `ID` of the app (default 0oa00000000000walkme)")
	f.StringVar(&s.clientID, "client-id", "", "the `ID` of the app that people sign in to")
	f.StringVar(&s.secret, "client-secret", "", "and its secret: env:NAME or file:PATH")
	f.StringArrayVar(&s.redirects, "redirect-uri", nil, "a sign-in redirect `URI` that is allowed; may be repeated (default any)")
	f.StringVar(&s.service.key, "service-key", "", "the key of a service app that reads by OAuth 2.0: `FILE` (PEM, the pair or its public half)")
	f.StringVar(&s.service.id, "service-client-id", "", "the client `ID` of that service app (default "+defaultServiceApp+")")
	f.StringArrayVar(&s.faults, "fault", nil, "let a `FAULT` happen; may be repeated (see --list-faults)")
	f.BoolVar(&listFaults, "list-faults", false, "list all kinds of faults, with one sentence each")
	return cmd
}

// options are what the flags say of the org.
func (s *oktaServer) options(c *cli) (oktatest.Options, error) {
	opts := oktatest.Options{
		AppID: s.appID, KeepRequests: 10_000,
		SignIn: oktatest.SignIn{ClientID: s.clientID, RedirectURIs: s.redirects},
	}
	for _, ref := range []struct {
		flag, reference string
		into            *string
	}{{"--token", s.token, &opts.Token}, {"--client-secret", s.secret, &opts.SignIn.ClientSecret}} {
		if ref.reference == "" {
			*ref.into = rand.Text()
			continue
		}
		value, err := c.secret(ref.flag, ref.reference)
		if err != nil {
			return opts, err
		}
		*ref.into = value
	}
	switch {
	case s.service.key != "":
		key, err := serviceKey(s.service.key)
		if err != nil {
			return opts, err
		}
		s.service.id = cmp.Or(s.service.id, defaultServiceApp)
		opts.ClientID, opts.PublicKey = s.service.id, key
	case s.service.id != "":
		return opts, usage("--service-client-id wants --service-key")
	}
	return opts, nil
}

// seeded reads the people and groups to begin with.
func (s *oktaServer) seeded() (*scenario.Org, error) {
	if s.seed == "" {
		return &scenario.Org{
			People: []scenario.Person{
				{Login: "ann@example.com", FirstName: "Ann", LastName: "Archer"},
				{Login: "bob@example.com", FirstName: "Bob", LastName: "Baker"},
			},
			Groups:      []scenario.Group{{Name: "WalkMe Editors", Members: []string{"ann@example.com"}}},
			Assignments: []string{"ann@example.com", "bob@example.com"},
		}, nil
	}
	org, err := scenario.LoadSeed(s.seed)
	if err != nil {
		return nil, &exit{exitUsage, err}
	}
	return org, nil
}

func (c *cli) serveOkta(ctx context.Context, s *oktaServer) error {
	opts, err := s.options(c)
	if err != nil {
		return err
	}
	seed, err := s.seeded()
	if err != nil {
		return err
	}
	var rules []fault.Rule
	for _, text := range s.faults {
		rule, err := fault.Parse(text, oktatest.FaultKinds())
		if err != nil {
			return usage("--fault %s: %v", text, err)
		}
		rules = append(rules, rule)
	}
	listener, err := s.open(ctx, c)
	if err != nil {
		return err
	}
	opts.URL = s.base(listener)
	org := oktatest.New(opts)
	defer org.Close()
	seed.Populate(org)
	for _, rule := range rules {
		if _, err := org.AddFault(rule); err != nil {
			return errors.Join(err, listener.Close())
		}
	}
	fmt.Fprint(c.stdout, s.introduction(org))
	return s.run(ctx, c, listener, org, org.Control())
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// introduction begins with the base URL, alone on its line.
func (s *oktaServer) introduction(org *oktatest.Org) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nA fake Okta org, in memory, with %s and %s.\n\n", org.URL(),
		counted(len(org.People()), "person", "people"), counted(len(org.Groups()), "group", "groups"))
	shownToken := org.Token()
	if s.token != "" {
		shownToken = s.token
	}
	fmt.Fprintf(&b, "  api token      %s\n  app id         %s\n", shownToken, org.AppID())
	secret := org.SignIn().ClientSecret
	if s.secret != "" {
		secret = s.secret
	}
	fmt.Fprintf(&b, "  issuer         %s\n  client id      %s\n  client secret  %s\n", org.URL(), org.SignIn().ClientID, secret)
	if s.service.key != "" {
		fmt.Fprintf(&b, "  service app    %s, with the key in %s\n", s.service.id, s.service.key)
	}
	b.WriteString(s.controlLine())
	for _, text := range s.faults {
		fmt.Fprintf(&b, "  fault          %s\n", text)
	}
	insecure := ""
	if s.certificatePEM != "" {
		insecure = "--cacert fake.pem "
	}
	credential := "SSWS " + org.Token()
	if s.token != "" {
		credential = "SSWS " + inShell(s.token)
	}
	fmt.Fprintf(&b, "\nTry it, and change it by Okta's own API:\n\n")
	fmt.Fprintf(&b, "  curl %s-H \"Authorization: %s\" \\\n    '%s/api/v1/apps/%s/users'\n", insecure, credential, org.URL(), org.AppID())
	for _, p := range org.People() {
		if p.Status != "ACTIVE" {
			continue
		}
		fmt.Fprintf(&b, "  curl %s-H \"Authorization: %s\" \\\n    -X POST '%s/api/v1/users/%s/lifecycle/suspend'\n", insecure, credential, org.URL(), url.PathEscape(p.Login))
		break
	}
	return b.String() + s.closing(org.URL())
}
