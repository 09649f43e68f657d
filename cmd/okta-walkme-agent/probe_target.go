package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/walkme"
)

// aim fills in which server is judged, with which credential, over which transport.
func (c *cli) aim(cmd *cobra.Command, target string, f *probeFlags) error {
	var err error
	if cmd.Flags().Changed("config") {
		err = c.aimByConfig(target, f)
	} else {
		err = c.aimByFlags(target, f)
	}
	if err != nil {
		return err
	}
	if !cmd.Flags().Changed("requests-per-second") && onLoopback(f.Target) {
		f.RequestsPerSecond = 0
	}
	if f.Transport == nil {
		f.Transport = walkme.NewTransport()
	}
	if _, err := walkme.NewClient(walkme.Config{BaseURL: f.Target, Auth: f.Auth, Profile: walkme.OIN, Wire: walkme.DefaultWire()}); err != nil {
		return &exit{exitUsage, fmt.Errorf("probe: %w", err)}
	}
	f.Transport, err = c.traced(f.Transport)
	return err
}

// aimByConfig takes the address and the credentials from the agent's configuration.
// They go to no other address than the one they are for.
func (c *cli) aimByConfig(target string, f *probeFlags) error {
	if f.auth != "" {
		return usage("give --auth or --config, not both")
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	wc, err := cfg.WalkMeClient()
	if err != nil {
		return err
	}
	if target != "" && strings.TrimRight(target, "/") != strings.TrimRight(wc.BaseURL, "/") {
		return usage("the credentials of %s are for %s and go nowhere else; leave the URL out, or give --auth", c.file(), wc.BaseURL)
	}
	f.Target, f.Auth, f.Transport = wc.BaseURL, wc.Auth, wc.Transport
	return nil
}

func (c *cli) aimByFlags(target string, f *probeFlags) error {
	if f.auth == "" {
		return usage("--auth is missing: env:NAME or file:PATH, with the value that one types into Okta's API Token field")
	}
	value, err := c.secret("--auth", f.auth)
	if err != nil {
		return err
	}
	f.Target, f.Auth = target, walkme.Auth{Token: asTyped(value)}
	return nil
}

// asTyped is the header Authorization of what is typed into Okta's API Token field. A
// bare token is a bearer token, as on Okta's own pages, unless it is the base64 of user
// name and password.
func asTyped(value string) string {
	value = strings.TrimSpace(value)
	scheme, rest, found := strings.Cut(value, " ")
	for _, known := range []string{"Basic", "Bearer"} {
		if found && strings.EqualFold(scheme, known) {
			return known + " " + strings.TrimSpace(rest)
		}
	}
	if text, err := base64.StdEncoding.DecodeString(value); err == nil && strings.Contains(string(text), ":") && !found {
		return "Basic " + value
	}
	return "Bearer " + value
}

func onLoopback(target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// probeConfirmed lets no probe write into WalkMe itself, or into the tenant of a
// configuration, by mistake: its host has to be typed.
func (c *cli) probeConfirmed(cmd *cobra.Command, configured bool, f *probeFlags) error {
	u, err := url.Parse(f.Target)
	if err != nil || !f.AllowWrites || f.yes || !(configured || cmd.Flags().Changed("config") || walkMeHost(u.Hostname())) {
		return err
	}
	fmt.Fprintf(c.stderr, "The probe makes accounts and groups at %s and removes them again.\nType %s to go on: ", f.Target, u.Hostname())
	line, _ := bufio.NewReader(c.stdin).ReadString('\n')
	if got := strings.TrimSpace(line); got != u.Hostname() && got != u.Host {
		fmt.Fprintln(c.stderr)
		return fmt.Errorf("nothing was sent: the host was not typed; type %s, or give --yes", u.Hostname())
	}
	return nil
}

// walkMeHost tells whether a host is one of WalkMe's own.
func walkMeHost(host string) bool {
	host = strings.ToLower(host)
	if host == "walkme.com" || strings.HasSuffix(host, ".walkme.com") || strings.HasSuffix(host, ".walkmedap.com") {
		return true
	}
	return slices.ContainsFunc(slices.Collect(maps.Values(walkme.Regions())), func(base string) bool {
		u, err := url.Parse(base)
		return err == nil && u.Hostname() == host
	})
}
