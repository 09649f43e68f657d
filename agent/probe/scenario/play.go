package scenario

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// clearTimeout bounds what is deleted on a foreign server in the end.
const clearTimeout = 20 * time.Second

// Result is what came of a scenario in one wire profile.
type Result struct {
	File        *File
	WireProfile string
	Failures    []Failure // none: all expectations hold
	Steps       int       // that were played
	Requests    int       // to the SCIM server
}

// Play plays a scenario once in each of its wire profiles. Expectations that do not
// hold are in the results; an error says that the scenario could not be played.
func Play(ctx context.Context, f *File, opts Options) ([]Result, error) {
	profiles := []string{f.WireProfile}
	if f.WireProfile == "both" {
		profiles = []string{"oin", "aiw"}
	}
	var results []Result
	for _, profile := range profiles {
		result, err := play(ctx, f, profile, opts)
		if err != nil {
			return results, err
		}
		results = append(results, result)
	}
	return results, nil
}

func play(ctx context.Context, f *File, profile string, opts Options) (result Result, err error) {
	result = Result{File: f, WireProfile: profile}
	s, err := newStage(f, profile, opts)
	if err != nil {
		return result, err
	}
	defer func() {
		if closeErr := s.close(); err == nil {
			err = closeErr
		}
	}()
	if s.tenant == nil {
		defer func() { // also after Ctrl-C, but not for ever
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), clearTimeout)
			defer cancel()
			if clearErr := s.clear(ctx); err == nil {
				err = clearErr
			}
		}()
		if err := s.furnish(ctx); err != nil {
			return result, err
		}
	}
	if err := s.notice(ctx); err != nil {
		return result, err
	}
	for i := range f.Steps {
		failures, err := s.step(ctx, &f.Steps[i])
		if err != nil {
			return result, err
		}
		result.Failures = append(result.Failures, failures...)
		result.Steps++
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
	}
	failures, err := s.end(ctx)
	result.Failures = append(result.Failures, failures...)
	result.Requests = len(s.conduit.taken())
	return result, err
}

// step does what a step says, and judges it.
func (s *stage) step(ctx context.Context, step *Step) ([]Failure, error) {
	if err := s.act(step); err != nil {
		return nil, &FormatError{[]string{fmt.Sprintf("%s:%d:%d: %v", s.file.Path, step.Line, column(s.file.lines, step.Line), err)}}
	}
	args, ok, err := s.command(ctx, step)
	switch {
	case err != nil:
	case ok:
		s.run(ctx, args)
	case step.Kill != nil:
		err = s.kill(ctx, step.Kill)
	case step.Approve != nil:
		err = s.decide(ctx, "approve", step.Approve)
	case step.Reject != nil:
		err = s.decide(ctx, "reject", step.Reject)
	}
	if err != nil {
		return []Failure{{step.Line, err.Error()}}, nil
	}
	inv, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	j := &judge{s: s, inv: inv, exchanges: s.conduit.taken()[s.since:]}
	j.expectations(&step.Expectations)
	if step.Exit == nil && s.ran && step.isCommand() {
		s.refused(j, step.Line)
	}
	s.remember(inv)
	return j.failures, nil
}

// The exit codes of a command that cannot begin.
const (
	exitUsage  = 64
	exitConfig = 78
)

// refused fails for a command that never began and was not expected to be refused:
// whatever else holds then, holds of nothing.
func (s *stage) refused(j *judge, line int) {
	switch {
	case s.code == exitUsage:
		j.fail(line, "the command is not one of the agent's\n%s", indented(s.output))
	case s.code == exitConfig && (s.file.Exit == nil || *s.file.Exit != exitConfig):
		j.fail(line, "the configuration is refused (expect_exit: %d, if it is to be)\n%s", exitConfig, indented(s.output))
	}
}

func (s *Step) isCommand() bool {
	return s.Check != nil || s.Plan != nil || s.Sync != nil || s.Resync != nil || s.Run != nil
}

// end judges the whole. What Okta would never have sent fails every scenario that does
// not expect it.
func (s *stage) end(ctx context.Context) ([]Failure, error) {
	inv, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	j := &judge{s: s, inv: inv, exchanges: s.conduit.taken()}
	j.expectations(&s.file.Expectations)
	if s.tenant != nil && s.file.Violations == nil && !s.expectsViolations() {
		if found := s.tenant.Violations(); len(found) > 0 {
			j.fail(1, "the tenant objects, want no violations (allow_violations, expect_violations):\n%s", indented(strings.Join(found, "\n")))
		}
	}
	return j.failures, nil
}

func (s *stage) expectsViolations() bool {
	for i := range s.file.Steps {
		if s.file.Steps[i].Violations != nil {
			return true
		}
	}
	return false
}

// notice remembers what the server held before.
func (s *stage) notice(ctx context.Context) error {
	inv, err := s.look(ctx)
	if err == nil {
		s.remember(inv)
	}
	return err
}

// remember keeps the first id of each name.
func (s *stage) remember(inv inventory) {
	keep := func(kind, name, id string) {
		at := kind + " " + key(name)
		if _, known := s.ids[at]; !known && name != "" {
			s.ids[at] = id
		}
	}
	for _, a := range inv.accounts {
		name, _ := a["userName"].(string)
		keep("User", name, textOf(a["id"]))
	}
	for _, g := range inv.groups {
		keep("Group", g.name, g.id)
	}
}
