package main

import (
	"log/slog"

	"okta-walkme-agent/configs"
)

// logger writes to standard error: text for people, JSON for machines. On a
// terminal a command by hand shows progress and a report, so its log is quiet.
func (c *cli) logger(cfg *configs.Config, service bool) *slog.Logger {
	level := cfg.Log.SlogLevel()
	if !service && isTerminal(c.stderr) {
		level = max(level, slog.LevelWarn)
	}
	options := &slog.HandlerOptions{Level: level}
	json := cfg.Log.Format == "json" || cfg.Log.Format == "auto" && service && !isTerminal(c.stderr) && c.getenv("JOURNAL_STREAM") == ""
	if json {
		return slog.New(slog.NewJSONHandler(c.stderr, options))
	}
	return slog.New(slog.NewTextHandler(c.stderr, options))
}
