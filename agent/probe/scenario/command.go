package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/fault"
)

// commandTimeout bounds one command of the agent.
const commandTimeout = 2 * time.Minute

// command is the command line of a step; ok says that it has one.
func (s *stage) command(ctx context.Context, step *Step) (args []string, ok bool, err error) {
	switch {
	case step.Check != nil:
		args, err = s.plain(ctx, "check", *step.Check)
	case step.Plan != nil:
		args, err = s.plain(ctx, "plan", *step.Plan)
	case step.Sync != nil:
		args, err = s.plain(ctx, "sync", *step.Sync)
	case step.Resync != nil:
		args = resync(*step.Resync)
	case step.Run != nil:
		args = step.Run.Args
	default:
		return nil, false, nil
	}
	return args, true, err
}

func (s *stage) plain(ctx context.Context, name string, c Command) ([]string, error) {
	args := []string{name}
	if c.DryRun {
		args = append(args, "--dry-run")
	}
	if c.Refresh {
		args = append(args, "--refresh")
	}
	holds := []string(c.Approve)
	if slices.Equal(holds, []string{"all"}) {
		var err error
		if holds, err = s.holds(ctx); err != nil {
			return nil, err
		}
	}
	for _, id := range holds {
		args = append(args, "--approve", id)
	}
	return append(args, c.Args...), nil
}

// decide records a decision about each of the holds. The next run carries it out.
func (s *stage) decide(ctx context.Context, verb string, d *Decision) error {
	ids := []string(d.Holds)
	if len(ids) == 0 || slices.Equal(ids, []string{"all"}) {
		var err error
		if ids, err = s.holds(ctx); err != nil {
			return err
		}
	}
	for _, id := range ids {
		args := []string{"holds", verb, id}
		if d.Reason != "" {
			args = append(args, "--reason", d.Reason)
		}
		if s.run(ctx, args); s.code != 0 {
			return fmt.Errorf("%s ended with %d\n%s", strings.Join(args, " "), s.code, indented(s.output))
		}
	}
	return nil
}

// holds are the ids of what waits for a decision.
func (s *stage) holds(ctx context.Context) ([]string, error) {
	var stdout, stderr bytes.Buffer
	if code := s.opts.Program(ctx, s.args("status", "--format", "json"), &stdout, &stderr); code != 0 && stdout.Len() == 0 {
		return nil, fmt.Errorf("approve: status ended with %d: %s", code, strings.TrimSpace(stderr.String()))
	}
	var status struct {
		Holds []struct{ ID string }
	}
	if err := json.Unmarshal(stdout.Bytes(), &status); err != nil {
		return nil, fmt.Errorf("approve: status: %w", err)
	}
	if len(status.Holds) == 0 {
		return nil, errors.New("approve: nothing waits for a decision")
	}
	var ids []string
	for _, h := range status.Holds {
		ids = append(ids, h.ID)
	}
	return ids, nil
}

func resync(c ResyncCommand) []string {
	args := []string{"resync"}
	for _, flag := range []struct {
		name   string
		values Names
	}{{"--user", c.User}, {"--group", c.Group}, {"--attribute", c.Attribute}} {
		for _, v := range flag.values {
			args = append(args, flag.name, v)
		}
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{{"--failed", c.Failed}, {"--changed", c.Changed}, {"--dry-run", c.DryRun}} {
		if flag.on {
			args = append(args, flag.name)
		}
	}
	return append(args, c.Args...)
}

func (s *stage) args(args ...string) []string {
	return append([]string{"--config", s.configPath(), "--color", "never"}, args...)
}

// run lets the agent run one command.
func (s *stage) run(ctx context.Context, args []string) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	s.since = len(s.conduit.taken())
	var out bytes.Buffer
	s.code = s.opts.Program(ctx, s.args(args...), &out, &out)
	s.output, s.ran = out.String(), true
	s.show(args)
}

func (s *stage) show(args []string) {
	if s.opts.Verbose == nil {
		return
	}
	fmt.Fprintf(s.opts.Verbose, "$ %s\n%s", strings.Join(args, " "), s.output)
	for _, x := range s.conduit.taken()[s.since:] {
		fmt.Fprintf(s.opts.Verbose, "  %s\n", x)
	}
	fmt.Fprintf(s.opts.Verbose, "exit %d\n\n", s.code)
}

// kill starts a command as a process of its own, and ends it at one request as a power
// cut would: nothing in it can clean up.
func (s *stage) kill(ctx context.Context, k *Kill) error {
	if len(s.opts.Executable) == 0 {
		return errors.New("kill: there is no executable to be killed")
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	args := []string(k.Command)
	if len(args) == 0 {
		args = []string{"sync"}
	}
	if len(args) == 1 {
		args = strings.Fields(args[0])
	}
	s.since = len(s.conduit.taken())
	var out bytes.Buffer
	ctx, end := context.WithCancel(ctx) // the end of the context kills the process
	defer end()
	cmd := exec.CommandContext(ctx, s.opts.Executable[0], append(slices.Clone(s.opts.Executable[1:]), s.args(args...)...)...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &out, os.Environ()
	dead := make(chan struct{})
	t := &trap{before: k.When == "before", spring: func() {
		end()
		<-dead
	}}
	rule := fault.Rule{Kind: "kill", On: k.On, Path: k.Path, About: k.About, Nth: max(k.Nth, 1), Times: 1}
	if rule.On == "" && rule.Path == "" && rule.About == "" {
		rule.On = "write"
	}
	t.rule.Add(rule)
	s.conduit.set(t)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	err := cmd.Wait()
	close(dead)
	s.conduit.set(nil)
	if s.tenant != nil {
		s.tenant.ClientRestarted()
	}
	s.output, s.code = out.String(), cmd.ProcessState.ExitCode()
	s.show(append([]string{"(killed)"}, args...))
	if err == nil || s.code >= 0 {
		return fmt.Errorf("kill: %s ended with %d before it made the request at which it was to be killed", strings.Join(args, " "), s.code)
	}
	return nil
}
