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

// Recipients are those who are told how runs go. A secret that cannot be read is no
// reason to make no run: it is the recipient's problem.
func (c *Config) Recipients() []service.Recipient {
	var out []service.Recipient
	for _, n := range c.Notify {
		r := service.Recipient{Ref: string(n.URL), On: service.Topics(), Details: n.Details}
		r.URL, r.Problem = n.URL.Resolve(c.env)
		if n.On != nil {
			r.On = nil
		}
		for _, topic := range n.On {
			r.On = append(r.On, service.Topic(topic))
		}
		out = append(out, r)
	}
	return out
}

func (n Notify) check(ps *problems, path string) {
	ps.required(path+".url", string(n.URL), "write the reference to a secret that holds a service URL, as in credential:notify-url")
	if n.On != nil && len(n.On) == 0 && ps.source.has(path+".on") {
		ps.add(path+".on", "is empty", "leave it out for everything, or take the entry out")
	}
}
