package main

import (
	"io"
	"log/slog"
	"sync"

	"okta-walkme-agent/configs"
)

// eraseLine begins the line of a terminal anew (ECMA-48, section 8.3.41).
const eraseLine = "\r\x1b[K"

// logger writes to standard error: text for people, JSON for machines. On a
// terminal a command by hand shows progress and a report, so its log is quiet.
func (c *cli) logger(cfg *configs.Config, service bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.Log.SlogLevel()}
	stderr := c.stderr
	if !service && isTerminal(c.stderr) {
		options.Level = max(cfg.Log.SlogLevel(), slog.LevelWarn)
		stderr = &prefixWriter{w: c.stderr, prefix: eraseLine, lines: new(sync.Mutex)} // the progress
	}
	journal := isJournal(c.stderr, c.getenv(journalVar))
	json := cfg.Log.Format == "json" || cfg.Log.Format == "auto" && service && !isTerminal(c.stderr) && !journal
	handler := func(w io.Writer) slog.Handler {
		if json {
			return slog.NewJSONHandler(w, options)
		}
		return slog.NewTextHandler(w, options)
	}
	if journal {
		return slog.New(newJournalHandler(c.stderr, handler))
	}
	return slog.New(handler(stderr))
}
