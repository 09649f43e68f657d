package probe

import (
	"net/http"
	"slices"
	"time"

	"okta-walkme-agent/walkme"
)

// Options say what to judge, and how far a run may go. Target and Auth are needed.
type Options struct {
	Target string // SCIM base URL, without /Users at its end
	Auth   walkme.Auth

	// Transport carries every request; nil is walkme.NewTransport.
	Transport http.RoundTripper

	Dialects []walkme.Profile // empty: both
	Suites   []string         // empty: all
	Only     []string         // ids of checks, with * for any characters; empty: all
	Skip     []string

	// AllowWrites lets the run make accounts and groups, change and remove them.
	// Without it no request but GET leaves.
	AllowWrites bool

	Prefix string // of the name of everything that the run makes; "": okta-probe
	Domain string // of its e-mail addresses; "": example.com

	Timeout           time.Duration // of the whole run, its clean-up aside; 0: 15 minutes
	RequestsPerSecond float64       // 0: as fast as the server answers

	// Progress, if set, is called before each check, from the goroutine of Run.
	Progress func(done, all int, id string)
}

// What Options stand for where they say nothing.
const (
	DefaultPrefix  = "okta-probe"
	DefaultDomain  = "example.com"
	DefaultTimeout = 15 * time.Minute
)

func (o Options) withDefaults() Options {
	if len(o.Dialects) == 0 {
		o.Dialects = []walkme.Profile{walkme.OIN, walkme.AIW}
	}
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if o.Domain == "" {
		o.Domain = DefaultDomain
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Transport == nil {
		o.Transport = walkme.NewTransport()
	}
	return o
}

// dialect names the dialects as the command line does.
func (o Options) dialect() string {
	if slices.Contains(o.Dialects, walkme.OIN) && slices.Contains(o.Dialects, walkme.AIW) {
		return "both"
	}
	return string(o.Dialects[0])
}
