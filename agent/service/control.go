package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
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
	Remarks  []string `json:"remarks,omitempty"`  // of an accepted one that may not be what was meant
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
	err = ask(ctx, runtimeDir, controlSocket, reloadPath, nil, &answer)
	return answer, err
}

// dialError says why the service could not be asked, without the address, which is made
// up.
func dialError(dir string, err error) error {
	var made *url.Error
	if errors.As(err, &made) {
		err = made.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &NoRightError{Dir: dir, Err: err}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w: %w", ErrNotRunning, err)
	}
	return err
}

// serveControl answers reload requests on a socket in the runtime folder, until
// the result is called. Root and this user alone may ask.
func serveControl(dir string, reload func(context.Context) ReloadAnswer) (stop func(), err error) {
	listener, err := listenSocket(dir, controlSocket)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+reloadPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(reload(r.Context())) // the caller has gone
	})
	server := newServer(mux)
	server.WriteTimeout = longestReload
	go func() { _ = server.Serve(listener) }() // ends with Close
	return func() { _ = server.Close() }, nil
}
