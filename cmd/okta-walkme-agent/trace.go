package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"okta-walkme-agent/internal/har"
)

// traced lets the trace see what passes on its way to next, where --trace asks
// for one. The first call makes the file. What the dry transport refuses must not
// come here: it was never sent.
func (c *cli) traced(next http.RoundTripper) (http.RoundTripper, error) {
	if c.tracePath == "" {
		return next, nil
	}
	if c.trace == nil {
		if err := folderIsThere(c.tracePath); err != nil {
			return nil, fmt.Errorf("--trace %s: %w", c.tracePath, err)
		}
		recorder, err := har.Create(c.tracePath, har.Creator{Name: programName, Version: buildVersion()})
		if errors.Is(err, os.ErrExist) {
			return nil, usage("--trace %s: the file exists already, and is not overwritten", c.tracePath)
		}
		if err != nil {
			return nil, unwritten(c.tracePath, err)
		}
		recorder.Hide(proxySecrets(c.getenv)...)
		c.trace = recorder
	}
	return c.trace.Transport(next), nil
}

// proxySecrets are the credentials in the variables that name proxies, in the forms in
// which a proxy could repeat them.
func proxySecrets(getenv func(string) string) []string {
	var out []string
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		proxy, err := url.Parse(getenv(name))
		if err != nil || proxy.User == nil {
			continue
		}
		password, _ := proxy.User.Password()
		both := proxy.User.Username() + ":" + password
		out = append(out, password, both, base64.StdEncoding.EncodeToString([]byte(both)), proxy.User.String())
	}
	return out
}

// endTrace closes the file after a command, done or failed. What went wrong with it changes nothing about what
// the command did, so it is said and has no exit code.
func (c *cli) endTrace(done bool) {
	switch {
	case c.tracePath == "", c.trace == nil && !done:
	case c.trace == nil:
		fmt.Fprintf(c.stderr, "%s: nothing was asked of Okta or WalkMe; there is no trace\n", programName)
	default:
		if err := c.trace.Close(); err != nil {
			fmt.Fprintf(c.stderr, "%s: the trace is not complete: %v\n", programName, err)
		}
	}
}
