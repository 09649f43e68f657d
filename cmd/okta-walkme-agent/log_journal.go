package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
)

// journalVar names the device and inode of the socket that systemd has connected
// to the journal.
const journalVar = "JOURNAL_STREAM"

// isJournal says whether w is that socket. The variable alone says nothing: child
// processes inherit it, also when their output goes elsewhere (systemd.exec(5)).
func isJournal(w io.Writer, stream string) bool {
	f, ok := w.(*os.File)
	if !ok || stream == "" {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}

// journalHandler begins each line with its priority, which journald takes off
// again: <3> error, <4> warning, <6> info, <7> debug (sd-daemon(3)). It has one
// handler for each of them, so that a line and its prefix are one write.
type journalHandler struct{ err, warning, info, debug slog.Handler }

func newJournalHandler(w io.Writer, handler func(io.Writer) slog.Handler) *journalHandler {
	var lines sync.Mutex
	at := func(prefix string) slog.Handler { return handler(&prefixWriter{w: w, prefix: prefix, lines: &lines}) }
	return &journalHandler{at("<3>"), at("<4>"), at("<6>"), at("<7>")}
}

func (h *journalHandler) at(level slog.Level) slog.Handler {
	switch {
	case level >= slog.LevelError:
		return h.err
	case level >= slog.LevelWarn:
		return h.warning
	case level >= slog.LevelInfo:
		return h.info
	}
	return h.debug
}

// Enabled implements slog.Handler.
func (h *journalHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.at(level).Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *journalHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.at(r.Level).Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(one slog.Handler) slog.Handler { return one.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h *journalHandler) WithGroup(name string) slog.Handler {
	return h.with(func(one slog.Handler) slog.Handler { return one.WithGroup(name) })
}

func (h *journalHandler) with(each func(slog.Handler) slog.Handler) *journalHandler {
	return &journalHandler{each(h.err), each(h.warning), each(h.info), each(h.debug)}
}

// prefixWriter writes each record, which slog hands over whole, behind a prefix.
type prefixWriter struct {
	w      io.Writer
	prefix string
	lines  *sync.Mutex // of all that write to w
}

func (p *prefixWriter) Write(line []byte) (int, error) {
	p.lines.Lock()
	defer p.lines.Unlock()
	if _, err := p.w.Write(append([]byte(p.prefix), line...)); err != nil {
		return 0, err
	}
	return len(line), nil
}
