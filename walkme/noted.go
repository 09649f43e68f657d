package walkme

import (
	"context"
	"net/http"
	"sync/atomic"
)

// Noted is what the writes under one context were answered, for a journal that
// says so of changes that went well, too: results carry no HTTP status.
type Noted struct{ status atomic.Int32 }

// Status is the HTTP status of the latest answer to a write; 0: none came.
func (n *Noted) Status() int { return int(n.status.Load()) }

type notedKey struct{}

// Note returns a context under which a Client notes what its writes are answered.
func Note(ctx context.Context) (context.Context, *Noted) {
	n := new(Noted)
	return context.WithValue(ctx, notedKey{}, n), n
}

func note(ctx context.Context, method string, status int) {
	if n, ok := ctx.Value(notedKey{}).(*Noted); ok && method != http.MethodGet {
		n.status.Store(int32(status))
	}
}
