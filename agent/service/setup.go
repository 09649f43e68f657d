package service

import (
	"context"
	"log/slog"
	"net"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta"
)

// program is the name of the command, as logs and locks show it.
const program = "okta-walkme-agent"

// Options are what the service is given for its life.
type Options struct {
	Version string // of the build, shown and kept in the state
	Commit  string

	// RuntimeDir is the folder for the control socket, made by systemd; "": none.
	RuntimeDir string

	// View answers what members of ViewGroup ask.
	View View

	// Prepare reads the configuration file and builds the clients. Every transport
	// of theirs goes through the observer. It is called at the start and at each
	// reload, from any goroutine.
	Prepare func(context.Context, *Observer) (*Setup, error)

	// Explain adds cause and remedy to an error, for the person who asked for a
	// reload.
	Explain func(error) error
}

// Config is what the service decides by.
type Config struct {
	Schedule Schedule
	Jitter   time.Duration // each run starts up to this much later, at random
	Watch    time.Duration // pause between two looks at Okta's log; 0: it is not followed
	DryRun   bool          // runs plan and send nothing

	StatePath string
	Listen    string                            // host:port for monitors; "": none
	MaxAge    func(now time.Time) time.Duration // of the last good run, for /readyz

	// Timeout is the longest that a request to either side may take.
	Timeout time.Duration
}

// Setup is a configuration with everything that it stands for, except the state:
// that is open only while a run needs it.
type Setup struct {
	Config Config
	File   string       // that the configuration was read from
	OrgURL string       // Okta's, for the log
	Agent  *agent.Agent // without a state
	Follow *okta.Client // reads Okta's log; nil: it is not read
	Notify *Notifier    // tells people how runs went
	Logger *slog.Logger

	// Adopted, if set, hears that the setup has come into use. It must not wait.
	Adopted func(context.Context)

	listener net.Listener // nil: none, or the one in use stays
	told     chan error   // nil: in use; errDeferred: a run is under way
	remarks  []string     // what may not be meant so; complete once told has been
}

// tell says once what became of the setup.
func (n *Setup) tell(err error) {
	select {
	case n.told <- err:
	default: // already told
	}
}

// discard closes a setup that was never in use.
func (n *Setup) discard() {
	n.Agent.WalkMe.Close()
	if n.listener != nil {
		_ = n.listener.Close() // it never had a connection
	}
}
