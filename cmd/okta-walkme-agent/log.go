package main

import (
	"io"
	"log/slog"
	"sync"

	"okta-walkme-agent/configs"
)

// logger writes to standard error: text for people, JSON for machines. On a terminal
// a command by hand shows its progress and says in its report what went wrong, so its
// log is silent unless the configuration asks for level debug.
func (c *cli) logger(cfg *configs.Config, service bool) *slog.Logger {
	level, terminal := cfg.Log.SlogLevel(), isTerminal(c.stderr)
	if !service && terminal && level > slog.LevelDebug {
		return slog.New(slog.DiscardHandler)
	}
	journal := isJournal(c.stderr, c.getenv(journalVar))
	json := cfg.Log.Format == "json" || cfg.Log.Format == "auto" && service && !terminal && !journal
	options := &slog.HandlerOptions{Level: level}
	if journal && !json {
		options.ReplaceAttr = untimed
	}
	handler := func(w io.Writer) slog.Handler {
		if json {
			return slog.NewJSONHandler(w, options)
		}
		return slog.NewTextHandler(w, options)
	}
	switch {
	case journal:
		return slog.New(newJournalHandler(c.stderr, handler))
	case !service && terminal: // the progress has the line
		return slog.New(handler(&prefixWriter{w: c.stderr, prefix: eraseLine, lines: new(sync.Mutex)}))
	}
	return slog.New(handler(c.stderr))
}

// untimed leaves out the time stamp: the journal shows its own.
func untimed(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
