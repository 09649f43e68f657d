package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"time"
)

// ViewGroup is the system group whose members the running service answers: they look,
// and neither decide nor see a secret. Packages make it.
const ViewGroup = "okta-walkme-viewers"

const (
	viewSocket = "view.sock"
	viewPath   = "/view"

	// longestView bounds an answer. explain asks Okta and WalkMe.
	longestView = 2 * time.Minute

	maxViewRequest = 64 << 10 // bytes
	maxViews       = 4        // answered at once; a run is more important
)

// ViewRequest asks the service for what a command shows.
type ViewRequest struct {
	Config  string   `json:"config"` // absolute path of the configuration that is meant
	Args    []string `json:"args"`   // of the command
	Columns int      `json:"columns"`
	Color   bool     `json:"color"`
}

// ViewAnswer is what the command has printed, and its exit code.
type ViewAnswer struct {
	Exit   int    `json:"exit"`
	Stdout string `json:"stdout"`
	Stderr string `json:"stderr"`
}

// View answers a request, whatever it asks for.
type View func(context.Context, ViewRequest) ViewAnswer

// AskView asks the service whose runtime folder this is. Errors are those of
// [AskReload].
func AskView(ctx context.Context, runtimeDir string, req ViewRequest) (answer ViewAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, longestView)
	defer cancel()
	body, err := json.Marshal(req)
	if err == nil {
		err = ask(ctx, runtimeDir, viewSocket, viewPath, body, &answer)
	}
	return answer, err
}

// serveView answers members of ViewGroup on a socket in the runtime folder, until the
// result is called. Without that group, root and this user alone may ask.
func serveView(dir string, view View) (stop func(), err error) {
	listener, err := listenSocket(dir, viewSocket)
	if err != nil {
		return nil, err
	}
	if err := shareWithGroup(filepath.Join(dir, viewSocket), ViewGroup); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	slots := make(chan struct{}, maxViews)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+viewPath, func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-r.Context().Done():
			return
		}
		var req ViewRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxViewRequest)).Decode(&req); err != nil {
			http.Error(w, "the request cannot be read", http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), longestView)
		defer cancel()
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(view(ctx, req)) // the caller has gone
	})
	server := newServer(mux)
	server.WriteTimeout = longestView
	go func() { _ = server.Serve(listener) }() // ends with Close
	return func() { _ = server.Close() }, nil
}

// shareWithGroup lets the members of a group use a socket, where there is such a group
// and this process may give it away.
func shareWithGroup(path, name string) error {
	group, err := user.LookupGroup(name)
	if err != nil {
		return nil
	}
	gid, err := strconv.Atoi(group.Gid)
	if err != nil || os.Getegid() != gid && os.Chown(path, -1, gid) != nil { // the unit allows no chown, and needs none
		return nil // not a member of it
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return fmt.Errorf("view socket: %w", err)
	}
	return nil
}

// listenSocket opens a socket in the runtime folder, for root and this user alone.
func listenSocket(dir, name string) (net.Listener, error) {
	path := filepath.Join(dir, name)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), listener.Close())
	}
	return listener, nil
}

// ask posts a body to a socket of the service, and reads the answer.
func ask(ctx context.Context, dir, socket, path string, body []byte, answer any) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", filepath.Join(dir, socket))
	}}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://service"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return dialError(dir, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("the service answered %d %s", resp.StatusCode, bytes.TrimSpace(text))
	}
	if err := json.NewDecoder(resp.Body).Decode(answer); err != nil {
		return fmt.Errorf("answer of the service: %w", err)
	}
	return nil
}
