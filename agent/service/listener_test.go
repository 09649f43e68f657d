package service

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"
)

// TestListenerSurvivesIdleCallers: a thousand connections that say nothing, or nothing
// more, cost a bounded number of files, and whoever asks then is answered.
func TestListenerSurvivesIdleCallers(t *testing.T) {
	h := newHealth(newMetrics("test", ""), &pulse{})
	listener, err := h.listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	h.use(Config{Listen: listener.Addr().String(), MaxAge: func(time.Time) time.Duration { return time.Hour }}, listener)
	for i := range 1000 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		switch i % 3 {
		case 0:
			fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: monitor.example.com\r\n\r\n") // and then idle
		case 1:
			fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost:") // and never the rest
		}
	}
	resp, err := http.Get("http://" + listener.Addr().String() + "/healthz")
	if err != nil {
		t.Fatalf("GET /healthz among idle callers: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("GET /healthz among idle callers = %d, want 200", resp.StatusCode)
	}
	if n := openConnections(t, listener.Addr().String()); n > maxConnections+1 {
		t.Errorf("open connections of the service = %d, want %d at most", n, maxConnections)
	}
}

// openConnections counts the files of this process that are connections accepted at
// the address.
func openConnections(t *testing.T, address string) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("no /proc:", err)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		var fd int
		if _, err := fmt.Sscan(e.Name(), &fd); err != nil {
			continue
		}
		local, err := syscall.Getsockname(fd)
		if inet, ok := local.(*syscall.SockaddrInet4); err == nil && ok && fmt.Sprint(inet.Port) == port {
			n++
		}
	}
	return n - 1 // the listener
}
