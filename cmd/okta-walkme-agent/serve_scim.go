package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/internal/fault"
	"okta-walkme-agent/walkme/walkmetest"
)

// scimServer is serve scim with its flags.
type scimServer struct {
	fakeServer
	auth   string
	scheme string // with its blank, where the credential is a bare token
	path   string
	quirks []string
	faults []string
	empty  bool
}

func (c *cli) serveScimCommand() *cobra.Command {
	var s scimServer
	var listQuirks, listFaults bool
	cmd := &cobra.Command{
		Use:   "scim",
		Short: "A strict SCIM 2.0 tenant that polices its client",
		Long: `Serves a SCIM 2.0 tenant in memory that holds to RFC 7643 and RFC 7644 and
notes whatever Okta's provisioning engine would never send. Quirks make it
behave as real servers do, one deviation at a time; faults make single requests
fail, before or after they had their effect.

A fault is KIND[=VALUE][,on=METHOD][,path=/Users][,about=TEXT][,nth=N][,times=N]:
without nth and times it meets the next such request alone; times=all has no end.`,
		Example: `  okta-walkme-agent serve scim --listen 127.0.0.1:8080
  okta-walkme-agent serve scim --auth env:SCIM_AUTH --quirk ignore-filter --quirk page-cap=20
  okta-walkme-agent serve scim --fault lost-answer,on=POST,path=/Users
  okta-walkme-agent serve scim --listen :8443 --tls`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case listQuirks:
				return c.listQuirks()
			case listFaults:
				return c.listFaults(walkmetest.FaultKinds())
			}
			return c.serveScim(cmd.Context(), &s)
		},
	}
	s.flags(cmd, "127.0.0.1:8080")
	f := cmd.Flags()
	f.StringVar(&s.auth, "auth", "", "the credential as one types it into Okta's API Token field:\nenv:NAME or file:PATH (without it: one that is printed)")
	f.StringVar(&s.path, "path", walkmetest.DefaultBasePath, "`PATH` of the SCIM base URL")
	f.StringArrayVar(&s.quirks, "quirk", nil, "deviate as `NAME` or NAME=VALUE says; may be repeated (see --list-quirks)")
	f.StringArrayVar(&s.faults, "fault", nil, "let a `FAULT` happen; may be repeated (see --list-faults)")
	f.BoolVar(&s.empty, "empty", false, "begin without the one account that is there otherwise")
	f.BoolVar(&listQuirks, "list-quirks", false, "list all quirks, with one sentence each")
	f.BoolVar(&listFaults, "list-faults", false, "list all kinds of faults, with one sentence each")
	return cmd
}

// tenant makes the tenant that the flags ask for.
func (s *scimServer) tenant(c *cli) (*walkmetest.Tenant, error) {
	if !strings.HasPrefix(s.path, "/") || strings.HasPrefix(s.path, walkmetest.ControlPath) {
		return nil, usage("--path %s: a path begins with / and is not below %s", s.path, walkmetest.ControlPath)
	}
	opts := walkmetest.Options{BasePath: strings.TrimRight(s.path, "/"), KeepRequests: 10_000}
	if s.auth != "" {
		credential, err := c.secret("--auth", s.auth)
		if err != nil {
			return nil, err
		}
		opts.Authorization = asTyped(credential)
		if bare, ok := strings.CutSuffix(opts.Authorization, credential); ok {
			s.scheme = bare
		}
	}
	if !s.quiet {
		opts.Strict = func(format string, args ...any) {
			fmt.Fprintf(c.stdout, "  ✗ %s\n", strings.TrimPrefix(fmt.Sprintf(format, args...), "walkmetest: "))
		}
	}
	for _, text := range s.quirks {
		if err := opts.Quirks.Set(text); err != nil {
			return nil, usage("--quirk: %v; --list-quirks names them all", err)
		}
	}
	tenant := walkmetest.New(opts)
	for _, text := range s.faults {
		rule, err := fault.Parse(text, walkmetest.FaultKinds())
		if err == nil {
			_, err = tenant.AddFault(rule)
		}
		if err != nil {
			return nil, usage("--fault %s: %v", text, err)
		}
	}
	if !s.empty {
		tenant.AddUser(walkmetest.User{UserName: "admin@example.com", GivenName: "Ada", FamilyName: "Min", Active: true,
			Extra: walkmetest.Email("admin@example.com")})
	}
	return tenant, nil
}

func (c *cli) serveScim(ctx context.Context, s *scimServer) error {
	tenant, err := s.tenant(c)
	if err != nil {
		return err
	}
	defer tenant.Close()
	listener, err := s.open(ctx, c)
	if err != nil {
		return err
	}
	fmt.Fprint(c.stdout, s.introduction(s.base(listener)))
	return s.run(ctx, c, listener, tenant, tenant.Control())
}

// introduction begins with the base URL, alone on its line.
func (s *scimServer) introduction(base string) string {
	var b strings.Builder
	url := base + strings.TrimRight(s.path, "/")
	fmt.Fprintf(&b, "%s\n\nA strict SCIM 2.0 tenant, in memory, with ", url)
	if s.empty {
		b.WriteString("nobody in it.\n\n")
	} else {
		b.WriteString("one account (admin@example.com).\n\n")
	}
	sample := fmt.Sprintf("-H \"Authorization: %s%s\"", s.scheme, inShell(s.auth))
	if s.auth == "" {
		fmt.Fprintf(&b, "  user name      %s\n  password       %s\n", walkmetest.DefaultUsername, walkmetest.DefaultPassword)
		fmt.Fprintf(&b, "  authorization  %s\n", basicAuthorization(walkmetest.DefaultUsername, walkmetest.DefaultPassword))
		sample = fmt.Sprintf("-u '%s:%s'", walkmetest.DefaultUsername, walkmetest.DefaultPassword)
	} else {
		fmt.Fprintf(&b, "  authorization  %s\n", s.auth)
	}
	b.WriteString(s.controlLine())
	for _, list := range [][]string{append([]string{"quirks"}, s.quirks...), append([]string{"faults"}, s.faults...)} {
		if len(list) > 1 {
			fmt.Fprintf(&b, "  %-13s  %s\n", list[0], strings.Join(list[1:], "\n                 "))
		}
	}
	insecure := ""
	if s.certificatePEM != "" {
		insecure = "--cacert fake.pem "
	}
	fmt.Fprintf(&b, "\nTry it:\n\n  curl %s%s \\\n    '%s/Users?startIndex=1&count=2'\n", insecure, sample, url)
	return b.String() + s.closing(base)
}

// listQuirks prints a quirk a line: the name, then what it does.
func (c *cli) listQuirks() error {
	var rows [][2]string
	for _, q := range walkmetest.KnownQuirks() {
		text := q.Summary
		if q.Value != "" {
			text += " [=" + q.Value + "]"
		}
		rows = append(rows, [2]string{q.Name, text})
	}
	return c.printList(rows)
}

func (c *cli) listFaults(kinds []fault.Kind) error {
	var rows [][2]string
	for _, k := range kinds {
		text := k.Summary
		if k.Value != "" {
			text += " [=" + strings.ToUpper(k.Value) + " (" + k.Default + ")]"
		}
		rows = append(rows, [2]string{k.Name, text})
	}
	return c.printList(rows)
}

// printList prints names and sentences in two columns, one line each where no terminal
// shows them: it is to be searched with grep.
func (c *cli) printList(rows [][2]string) error {
	widest := 0
	for _, row := range rows {
		widest = max(widest, len(row[0]))
	}
	w := c.stdout
	if isTerminal(w) {
		w = c.folded(w)
	}
	for _, row := range rows {
		if _, err := fmt.Fprintf(w, "%-*s  %s\n", widest, row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}
