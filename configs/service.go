package configs

import "okta-walkme-agent/agent/service"

// Service is the configuration of the daemon.
func (c *Config) Service() service.Config {
	return service.Config{
		Schedule:  c.Schedule,
		Jitter:    c.Jitter,
		Watch:     c.Watch.Interval,
		DryRun:    c.DryRun,
		StatePath: c.State.Path,
		Listen:    c.HTTP.Listen,
		MaxAge:    c.ReadyMaxAge,
		Timeout:   max(c.Okta.Timeout, c.WalkMe.Timeout),
	}
}

// Follows says whether the service follows Okta's log between its runs.
func (c *Config) Follows() bool { return c.Watch.Interval > 0 && !c.DryRun }
