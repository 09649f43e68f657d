package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// The outcomes of a reload.
const (
	ReloadApplied  = "applied"
	ReloadDeferred = "deferred" // accepted; a run is under way and keeps its own
	ReloadRefused  = "refused"
)

// ReloadAnswer is what the service says to a reload.
type ReloadAnswer struct {
	Outcome  string   `json:"outcome"`
	Problems []string `json:"problems,omitempty"` // of a refused configuration
}

const (
	controlSocket = "control.sock"
	reloadPath    = "/reload"

	// longestReload bounds the wait for the service's answer. It needs
	// milliseconds, and seconds when another state has to be opened.
	longestReload = time.Minute
)

// ErrNotRunning says that no service answers in the runtime folder.
var ErrNotRunning = errors.New("no service is running there")

// NoRightError says that this user may not ask the service, whether it is running or not.
type NoRightError struct {
	Dir string // the runtime folder
	Err error
}

func (e *NoRightError) Error() string {
	return fmt.Sprintf("this user may not ask the service in %s: %v", e.Dir, e.Err)
}

func (e *NoRightError) Unwrap() error { return e.Err }

// AskReload asks the service whose runtime folder this is to read its configuration
// again, and waits for the answer. Errors are [ErrNotRunning] and [NoRightError], among
// others.
func AskReload(ctx context.Context, runtimeDir string) (answer ReloadAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, longestReload)
	defer cancel()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(runtimeDir, controlSocket))
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://service"+reloadPath, bytes.NewReader(nil))
	if err != nil {
		return answer, err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return answer, &NoRightError{Dir: runtimeDir, Err: errors.Unwrap(err)}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return answer, fmt.Errorf("%w: %w", ErrNotRunning, errors.Unwrap(err))
	case err != nil:
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
func serveControl(dir string, reload func(context.Context) ReloadAnswer) (stop func(), err error) {
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
	server := newServer(mux)
	server.WriteTimeout = longestReload
	go func() { _ = server.Serve(listener) }() // ends with Close
	return func() { _ = server.Close() }, nil
}
