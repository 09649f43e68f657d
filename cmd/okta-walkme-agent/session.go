package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// session is a configuration with everything that it stands for, open.
type session struct {
	config *configs.Config
	agent  *agent.Agent
	state  *state.DB
	walkme *walkme.Client
}

// purpose says how a session may be used.
type purpose struct {
	name string // the command, shown to those who meet the lock
	dry  bool   // no request that writes leaves, the state is opened for reading

	observer *service.Observer // nil, or the service's, which sees the requests that leave
}

// open connects both sides and opens the state.
func (c *cli) open(ctx context.Context, cfg *configs.Config, p purpose, log *slog.Logger) (*session, error) {
	s, err := c.connect(ctx, cfg, p, log)
	if err != nil {
		return nil, err
	}
	db, err := openState(ctx, cfg, p)
	if err != nil {
		s.walkme.Close()
		return nil, err
	}
	if db.IsEmpty() && p.observer == nil { // the service has said so at its start
		fmt.Fprintf(c.folded(c.stderr), "%s: there is no state in %s yet: this is what a first run would do\n", programName, cfg.State.Path)
	}
	s.use(db)
	return s, nil
}

// connect builds the clients. In a dry session one transport refuses every
// write, and the state cannot be written: there is nothing that a command could
// forget.
func (c *cli) connect(ctx context.Context, cfg *configs.Config, p purpose, log *slog.Logger) (*session, error) {
	oktaConfig, oktaErr := cfg.OktaClient()
	walkmeConfig, walkmeErr := cfg.WalkMeClient()
	if err := errors.Join(oktaErr, walkmeErr); err != nil {
		return nil, err
	}
	oktaConfig.UserAgent, oktaConfig.Logger = programName+"/"+buildVersion(), log
	walkmeConfig.Logger = log
	if oktaConfig.Transport, oktaErr = c.traced(oktaConfig.Transport); oktaErr != nil {
		return nil, oktaErr
	}
	if walkmeConfig.Transport, walkmeErr = c.traced(walkmeConfig.Transport); walkmeErr != nil {
		return nil, walkmeErr
	}
	if p.observer != nil {
		observe(p.observer, cfg, &oktaConfig, &walkmeConfig)
	} else {
		c.follow(&oktaConfig, &walkmeConfig)
	}
	c.count(&oktaConfig, &walkmeConfig)
	if p.dry {
		oktaConfig.Transport = &dryTransport{oktaConfig.Transport}
		walkmeConfig.Transport = &dryTransport{walkmeConfig.Transport}
	}
	oktaClient, err := okta.NewClient(ctx, oktaConfig)
	if err != nil {
		return nil, &exit{exitConfig, err}
	}
	walkmeClient, err := walkme.NewClient(walkmeConfig)
	if err != nil {
		return nil, &exit{exitConfig, err}
	}
	return &session{
		config: cfg, walkme: walkmeClient,
		agent: &agent.Agent{Okta: oktaClient, WalkMe: walkmeClient, Config: cfg.Agent(), Build: buildVersion(), Logger: log, VerifyFirst: p.observer != nil},
	}, nil
}

// follow lets the display show what both sides are asked, and what they make a command
// wait for.
func (c *cli) follow(oc *okta.Config, wc *walkme.Config) {
	oc.Transport = c.display.counting("Okta", oc.Transport)
	wc.Transport = c.display.counting("WalkMe", wc.Transport)
	oc.Waiting = func(w okta.Wait) { c.display.waits("Okta ("+w.Reason+")", w.Since, w.Until) }
	wc.Waiting = func(w walkme.Wait) { c.display.waits("WalkMe (rate limit exceeded)", w.Since, w.Until) }
}

// count notes for the console what both sides are asked, and say of their limits.
func (c *cli) count(oc *okta.Config, wc *walkme.Config) {
	if c.traffic == nil {
		return
	}
	oc.Transport, wc.Transport = c.traffic.Transport(service.Okta, oc.Transport), c.traffic.Transport(service.WalkMe, wc.Transport)
	asked, bidden := oc.Waiting, wc.Waiting
	oc.Waiting = func(w okta.Wait) { c.traffic.Waiting(service.Okta, w.Until); asked(w) }
	wc.Waiting = func(w walkme.Wait) { c.traffic.Waiting(service.WalkMe, w.Until); bidden(w) }
}

// use gives the session its state.
func (s *session) use(db *state.DB) { s.state, s.agent.State = db, db }

func openState(ctx context.Context, cfg *configs.Config, p purpose) (*state.DB, error) {
	if !p.dry {
		return state.Open(ctx, state.Options{
			Path: cfg.State.Path, Build: buildVersion(), Holder: strings.TrimSpace(programName + " " + p.name),
		})
	}
	return state.OpenOrEmpty(ctx, cfg.State.Path)
}

func (s *session) close() error {
	s.walkme.Close()
	if s.state == nil {
		return nil
	}
	return s.state.Close()
}

// end closes the session and returns how the command ended: what went wrong in closing is
// added, unless it was said before.
func (s *session) end(err error) error {
	closing := s.close()
	var replaced *state.ReplacedError
	if closing == nil || errors.As(closing, &replaced) && errors.As(err, &replaced) {
		return err
	}
	var silent *exit // which would hide it, and end in the code of what went well
	if errors.As(err, &silent) && silent.err == nil {
		return explained(closing)
	}
	return errors.Join(err, explained(closing))
}
