package console

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"
)

// Address is where the console listens: a TCP address, or a unix socket.
type Address struct {
	Network string // tcp | unix
	Address string // host:port, or a path
}

// ParseAddress reads "127.0.0.1:8788" or "unix:/run/agent/console.sock".
func ParseAddress(text string) (Address, error) {
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		if !strings.HasPrefix(path, "/") {
			return Address{}, errors.New("the path of a unix socket begins with /")
		}
		return Address{"unix", path}, nil
	}
	if _, _, err := net.SplitHostPort(text); err != nil {
		return Address{}, errors.New("neither host:port nor unix:/PATH")
	}
	return Address{"tcp", text}, nil
}

// Local says whether only this machine reaches the address.
func (a Address) Local() bool {
	if a.Network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(a.Address)
	return err == nil && loopback(host)
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// open listens on the address. A socket on which no process listens is left from an
// earlier process, and removed.
func (a Address) open(ctx context.Context) (net.Listener, error) {
	if a.Network == "tcp" {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", a.Address)
	}
	if err := a.removeStale(ctx); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", a.Address)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(a.Address, 0o660); err != nil { //nolint:gosec // the group may connect, and still needs a link
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

func (a Address) removeStale(ctx context.Context) error {
	info, err := os.Lstat(a.Address)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSocket == 0:
		return fmt.Errorf("%s is there, and no socket", a.Address)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", a.Address)
	if err == nil {
		return errors.Join(fmt.Errorf("another process listens on %s", a.Address), conn.Close())
	}
	return os.Remove(a.Address)
}

// base is the address that a browser is given for an open listener.
func base(listener net.Listener, secure bool, publicURL string) string {
	if publicURL != "" {
		return strings.TrimRight(publicURL, "/")
	}
	scheme := schemeOf(secure)
	if listener.Addr().Network() == "unix" {
		return scheme + "://localhost"
	}
	return scheme + "://" + listener.Addr().String()
}

func schemeOf(secure bool) string {
	if secure {
		return "https"
	}
	return "http"
}

// hosts says which Host headers are right. A page of another site that a browser
// was led to by DNS (DNS rebinding) comes with that site's name.
type hosts struct {
	local    bool
	scheme   string
	right    []origin
	anywhere bool // it listens on every address of the machine
}

func newHosts(a Address, listener net.Listener, secure bool, publicURL string) hosts {
	h := hosts{local: a.Local(), scheme: schemeOf(secure), right: []origin{originOf(publicURL)}}
	if a.Network != "tcp" {
		return h
	}
	host, _, _ := net.SplitHostPort(a.Address) // it is open
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		h.anywhere = true
		return h
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	h.right = append(h.right, h.at(net.JoinHostPort(host, port)), h.at(listener.Addr().String()))
	return h
}

// at is what browsers name an address of the listener.
func (h hosts) at(address string) origin { return originOf(h.scheme + "://" + address) }

// allow says whether a request that came in at local may name the host. On
// loopback any port is right: a tunnel ends on one of its own.
func (h hosts) allow(host string, local net.Addr) bool {
	if slices.ContainsFunc(h.right, func(o origin) bool { return o.goesBy(host) }) {
		return true
	}
	if h.local {
		return isLocalHost(host)
	}
	return h.anywhere && local != nil && h.at(local.String()).goesBy(host)
}

func isLocalHost(host string) bool {
	name := strings.ToLower(host)
	if n, port, err := net.SplitHostPort(name); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		name = n
	}
	return name == "localhost" || name == "127.0.0.1" || name == "::1" || name == "[::1]"
}
