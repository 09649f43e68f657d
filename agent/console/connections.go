package console

import (
	"net"
	"net/http"
	"sync"
)

// maxConnections bounds what browsers, and other callers, may hold open.
const maxConnections = 128

// connections bounds the open connections. Above the bound the one that has waited
// longest without a request makes room: a thousand that idle shut no one out, and
// take no file from a run.
type connections struct {
	mu   sync.Mutex
	max  int
	all  map[net.Conn]bool
	idle []net.Conn // longest first
}

func newConnections(limit int) *connections {
	return &connections{max: limit, all: map[net.Conn]bool{}}
}

// note is a [http.Server.ConnState].
func (c *connections) note(conn net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgetIdle(conn)
	switch s {
	case http.StateNew:
		c.all[conn] = true
		c.idle = append(c.idle, conn)
		c.makeRoom(conn)
	case http.StateIdle:
		c.idle = append(c.idle, conn)
	case http.StateClosed, http.StateHijacked:
		delete(c.all, conn)
	}
}

func (c *connections) forgetIdle(conn net.Conn) {
	for i, other := range c.idle {
		if other == conn {
			c.idle = append(c.idle[:i], c.idle[i+1:]...)
			return
		}
	}
}

// makeRoom closes what idles longest; where nothing does but the newcomer, that.
func (c *connections) makeRoom(newest net.Conn) {
	for len(c.all) > c.max && len(c.idle) > 0 {
		victim := c.idle[0]
		c.idle = c.idle[1:]
		delete(c.all, victim)
		_ = victim.Close() // its goroutine sees it and ends
		if victim == newest {
			return
		}
	}
}

func (c *connections) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}
