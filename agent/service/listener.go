package service

import (
	"container/list"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// The bounds of the service's listeners. Callers are not known there, and whatever they
// do must leave a run its files and its memory.
const (
	readHeaderTimeout = 5 * time.Second
	answerTimeout     = 30 * time.Second
	idleTimeout       = time.Minute // longer than monitors pause between two looks
	maxConnections    = 64
	maxHeader         = 16 << 10 // bytes
)

// newServer returns a server that lets go of callers that say nothing, and holds no more
// than maxConnections at once.
func newServer(handler http.Handler) *http.Server {
	c := &connections{waiting: list.New(), at: map[net.Conn]*list.Element{}}
	return &http.Server{
		Handler: handler, ConnState: c.changed, ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: answerTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
}

// connections bounds how many are open. When one comes too many, the one that has waited
// longest without a request makes room: the new caller is served.
type connections struct {
	mu      sync.Mutex
	waiting *list.List // of net.Conn, the longest first
	at      map[net.Conn]*list.Element
}

// changed implements http.Server's ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		if !c.makeRoom() {
			_ = conn.Close() // all others are being answered
			return
		}
		c.at[conn] = c.waiting.PushBack(conn)
	case http.StateActive:
		c.stop(conn)
		c.at[conn] = nil
	case http.StateIdle:
		c.stop(conn)
		c.at[conn] = c.waiting.PushBack(conn)
	default:
		c.stop(conn)
		delete(c.at, conn)
	}
}

// makeRoom closes the connection that has waited longest when there are too many, and
// says whether there is room.
func (c *connections) makeRoom() bool {
	if len(c.at) < maxConnections {
		return true
	}
	longest := c.waiting.Front()
	if longest == nil {
		return false
	}
	conn, _ := longest.Value.(net.Conn)
	c.stop(conn)
	delete(c.at, conn)
	_ = conn.Close() // nothing was under way on it
	return true
}

// stop takes a connection off those that wait.
func (c *connections) stop(conn net.Conn) {
	if at := c.at[conn]; at != nil {
		c.waiting.Remove(at)
	}
}
