package console

import (
	"crypto/tls"
	"os"
	"sync"
	"time"
)

// certificate is a pair of files. It is read again when it has changed, so that a
// renewed one needs no restart.
type certificate struct {
	certFile, keyFile string

	mu     sync.Mutex
	loaded *tls.Certificate
	stamp  time.Time
}

// load is for [tls.Config.GetCertificate]. While the files are being replaced the
// former pair is served.
func (c *certificate) load(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.certFile)
	if err == nil && (c.loaded == nil || !info.ModTime().Equal(c.stamp)) {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(c.certFile, c.keyFile); err == nil {
			c.loaded, c.stamp = &pair, info.ModTime()
		}
	}
	if c.loaded != nil {
		return c.loaded, nil
	}
	return nil, err
}
