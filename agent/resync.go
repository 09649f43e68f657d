package agent

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// metaResync is when the resync began that is not finished yet, RFC 3339.
const metaResync = "resync_since"

// ErrNoResync says that there is no interrupted resync to go on with.
var ErrNoResync = errors.New("no resync was interrupted, so there is none to continue")

// beginResync notes when a resync begins. One that goes on leaves out whatever
// WalkMe has acknowledged since its beginning.
func (a *Agent) beginResync(ctx context.Context, opts Options, now time.Time) error {
	switch {
	case opts.Force == nil:
		return nil
	case !opts.Resume:
		if err := a.State.SetMeta(ctx, metaResync, now.Format(time.RFC3339Nano)); err != nil {
			return fmt.Errorf("begin of the resync: %w", err)
		}
		return nil
	}
	since, err := a.resyncSince(ctx)
	opts.Force.Since = since
	return err
}

func (a *Agent) resyncSince(ctx context.Context) (time.Time, error) {
	if a.State == nil {
		return time.Time{}, ErrNoResync
	}
	text, err := a.State.Meta(ctx, metaResync)
	if err != nil {
		return time.Time{}, fmt.Errorf("begin of the resync: %w", err)
	}
	if text == "" {
		return time.Time{}, ErrNoResync
	}
	since, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("begin of the resync: %w", err)
	}
	return since.Truncate(time.Millisecond), nil // as the state keeps its times
}

func (a *Agent) endResync(ctx context.Context, opts Options, runErr error) error {
	if opts.Force == nil || runErr != nil {
		return nil
	}
	if err := a.State.SetMeta(ctx, metaResync, ""); err != nil {
		return fmt.Errorf("end of the resync: %w", err)
	}
	return nil
}
