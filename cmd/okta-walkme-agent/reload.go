package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// The outcomes of a reload.
const (
	reloadApplied  = "applied"
	reloadDeferred = "deferred" // accepted; a run is under way and keeps its own
	reloadRefused  = "refused"
)

// reloadAnswer is what the service says to a reload.
type reloadAnswer struct {
	Outcome  string   `json:"outcome"`
	Problems []string `json:"problems,omitempty"` // of a refused configuration
}

const (
	runtimeDirVar     = "RUNTIME_DIRECTORY" // set by RuntimeDirectory= of the unit
	defaultRuntimeDir = "/run/okta-walkme-agent"
	controlSocket     = "control.sock"
	reloadPath        = "/reload"

	// reloadPatience bounds the wait for the service's answer. It needs
	// milliseconds, and seconds when another state has to be opened.
	reloadPatience = time.Minute
)

func (c *cli) reloadCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Let the running service take up its changed configuration",
		Long: `Asks the service to read its configuration again, and waits for the answer. A
configuration with a mistake is refused as a whole, with every problem, and the
service goes on with the one it has. A run that is under way keeps its own.

Systemd credentials stay what they were when the service started: a changed one
needs a restart. Under systemd, "systemctl reload" calls this command.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.reload(cmd.Context(), dir) },
	}
	cmd.Flags().StringVar(&dir, "runtime-dir", "", "runtime `FOLDER` of the service (default $"+runtimeDirVar+", then "+defaultRuntimeDir+")")
	return cmd
}

func (c *cli) reload(ctx context.Context, dir string) error {
	if dir == "" {
		dir = c.runtimeDir(defaultRuntimeDir)
	}
	answer, err := askReload(ctx, filepath.Join(dir, controlSocket))
	if err != nil {
		return fmt.Errorf("the service cannot be asked: %w; is it running?", err)
	}
	switch answer.Outcome {
	case reloadApplied:
		fmt.Fprintln(c.stdout, "the configuration is in use")
	case reloadDeferred:
		fmt.Fprintln(c.stdout, "the configuration is accepted; it is in use as soon as the present run has ended")
	default:
		return &exit{exitConfig, errors.New(strings.Join(append(answer.Problems, "refused: the service goes on with the configuration it has"), "\n"))}
	}
	return nil
}

// runtimeDir is the folder that systemd made for the service, the first one if
// there are several, or else fallback.
func (c *cli) runtimeDir(fallback string) string {
	first, _, _ := strings.Cut(c.getenv(runtimeDirVar), ":")
	if first == "" {
		return fallback
	}
	return first
}

func askReload(ctx context.Context, socket string) (answer reloadAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, reloadPatience)
	defer cancel()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://service"+reloadPath, bytes.NewReader(nil))
	if err != nil {
		return answer, err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return answer, errors.Unwrap(err) // without the address, which is made up
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("answer of the service: %w", err)
	}
	return answer, nil
}

// serveControl answers reload requests on a socket in the runtime folder, until
// the result is called. Who may reach the socket is decided by the folder's mode.
func serveControl(dir string, reload func(context.Context) reloadAnswer) (stop func(), err error) {
	path := filepath.Join(dir, controlSocket)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("control socket: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+reloadPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(reload(r.Context())) // whoever asked has gone
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: readHeaderTimeout}
	go func() { _ = server.Serve(listener) }() // ends with Close
	return func() { _ = server.Close() }, nil
}
