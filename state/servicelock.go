package state

import (
	"context"
	"errors"
	"os"
	"time"
)

// ServiceLock is the right to be the one service of a state file. It is apart from the
// writer's lock, which a service holds only while it runs, so that commands by
// hand have their turn between two runs.
type ServiceLock struct{ file *os.File }

// LockService takes it, or returns a *LockedError that says who has it.
// The folder of the state is made when missing.
func LockService(ctx context.Context, path, command string, now time.Time) (*ServiceLock, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	if err := ensureFolder(path); err != nil {
		return nil, err
	}
	f, err := lock(ctx, servicePath(path), holder{PID: os.Getpid(), Command: command, Since: now.UTC()})
	if err != nil {
		return nil, err
	}
	return &ServiceLock{f}, nil
}

// Service says who is the service of a state file: a *LockedError, which is the
// answer and not a fault, or nil when there is no service.
func Service(path string) (*LockedError, error) {
	path, err := resolve(path)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(lockPath(servicePath(path)))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	defer f.Close()
	if !locked(servicePath(path)) {
		return nil, nil
	}
	return readHolder(f), nil
}

// Release gives the lock back.
func (l *ServiceLock) Release() error { return l.file.Close() }

func servicePath(path string) string { return path + ".service" }
