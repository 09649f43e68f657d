package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
)

// openConsole opens the console of the demo, and prints its link before anything else.
func (d *demo) openConsole(ctx context.Context) (close func(), err error) {
	cfg, err := configs.Load(d.config, configs.Env{Getenv: d.getenv})
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler) // standard output is the demo's
	o, err := consoleOptions(cfg)
	if err != nil {
		return nil, err
	}
	o.Logger = log
	d.traffic = service.NewTraffic(time.Now)
	p := d.consoleProgram(cfg, log)
	p.Schedule, p.MaxAge = "", 0 // it is not run here
	s, err := d.cli.openConsole(ctx, o, p)
	if err != nil {
		return nil, err
	}
	link, err := console.Link(cfg.State.Path, d.whoAmI(), false, time.Now())
	if err == nil {
		_, err = fmt.Fprintf(d.stdout, "%s\n\n%s", link, consoleHint)
	}
	return func() { _ = s.Close() }, err
}
