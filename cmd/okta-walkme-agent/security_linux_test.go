package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestServiceListensToNobody looks at the sockets of the real service: it has a
// listener only where the configuration asks for one.
func TestServiceListensToNobody(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for listen, want := range map[string]int{`""`: 0, `"127.0.0.1:0"`: 1} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "http: {listen: " + listen + "}\n"})
			c.hire("Ann", "Archer")
			arrived := make(chan struct{}, 1)
			c.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
				select {
				case arrived <- struct{}{}:
				default:
				}
				tenant.ServeHTTP(w, r)
			})
			p := c.start(binary, "run")
			select {
			case <-arrived:
			case <-p.dead:
				t.Fatalf("the service ended: %+v", p.wait())
			case <-time.After(time.Minute):
				t.Fatal("the service makes no run")
			}
			if got := listeners(t, p.cmd.Process.Pid); len(got) != want {
				t.Errorf("the service listens on %q, want %d sockets", got, want)
			}
		})
	}
}

// listeners are the local addresses on which a process listens.
func listeners(t *testing.T, pid int) (addresses []string) {
	t.Helper()
	sockets := map[string]bool{}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(links) == 0 {
		t.Fatalf("open files of the service: %d, %v", len(links), err)
	}
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, "socket:[") {
			sockets[strings.Trim(target, "socket:[]")] = true
		}
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue // a kernel without that protocol
		}
		for line := range strings.Lines(string(data)) {
			f := strings.Fields(line)
			const listening = "0A" // TCP_LISTEN of the kernel's include/net/tcp_states.h
			if len(f) > 9 && sockets[f[9]] && (f[3] == listening || strings.HasPrefix(table, "udp")) {
				addresses = append(addresses, f[1])
			}
		}
	}
	return addresses
}
