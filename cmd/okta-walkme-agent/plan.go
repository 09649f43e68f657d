package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
)

// formats of plans and of reports of runs.
var formats = []string{"text", "json", "markdown", "html"}

func knownFormat(format string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return usage("--format is one of %s, not %q", strings.Join(formats, ", "), format)
}

type planFlags struct {
	format, out, mapping             string
	detailed, full, refresh, offline bool
}

func (c *cli) planCommand() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what a run would do; nothing is sent",
		Long: `Reads Okta, the state, and WalkMe for the look-ups that tell a link from a
create, and shows what a run would do. Nothing is written anywhere, except the
file of --out.

With --refresh WalkMe's users and groups are read, too, and what was
changed there shows as drift. What WalkMe has taken and never shown of anybody,
members of groups or a value, cannot be compared: it is no drift, and stands in
the line Unseen, in JSON under not_shown. With --mapping another mapping is
tried, and with --offline the last snapshot is used instead of the network.`,
		Example: `  okta-walkme-agent plan --format html > plan.html
  okta-walkme-agent plan --out plan.json && okta-walkme-agent apply plan.json
  okta-walkme-agent plan --mapping new-mapping.yaml --offline`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.plan(cmd.Context(), f) },
	}
	cmd.Flags().StringVarP(&f.format, "format", "f", "text", strings.Join(formats, ", "))
	cmd.Flags().StringVarP(&f.out, "out", "o", "", "also save the plan to `FILE`, for apply")
	cmd.Flags().BoolVar(&f.detailed, "detailed-exitcode", false, "exit with 2 when there are changes, else with 3 when something is rejected or not trusted")
	cmd.Flags().BoolVar(&f.full, "full", false, "unfold long lists")
	cmd.Flags().BoolVar(&f.refresh, "refresh", false, "read WalkMe and show what was changed there")
	cmd.Flags().StringVar(&f.mapping, "mapping", "", "try the mappings of `FILE` instead of those configured")
	cmd.Flags().BoolVar(&f.offline, "offline", false, "plan from the last snapshot, without any network")
	return cmd
}

func (c *cli) plan(ctx context.Context, f planFlags) error {
	if err := knownFormat(f.format); err != nil {
		return err
	}
	if f.offline && (f.refresh || f.out != "") {
		return usage("--offline goes with neither --refresh nor --out: it does not see what is there now")
	}
	if f.mapping != "" && f.out != "" {
		return usage("--mapping does not go with --out: apply uses the mappings configured")
	}
	if f.out != "" {
		if err := planMayReplace(f.out); err != nil {
			return err
		}
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if f.mapping != "" {
		if cfg.Mappings, err = configs.LoadMappings(f.mapping, configs.Env{Getenv: c.getenv}); err != nil {
			return err
		}
	}
	planned, done, err := c.makePlan(ctx, cfg, f)
	defer done()
	if err != nil {
		return explained(err)
	}
	if f.out != "" {
		if err := savePlan(f.out, planned); err != nil {
			return explained(err)
		}
	}
	if err := c.showPlan(c.stdout, planned, f.format, f.full); err != nil {
		return err
	}
	if f.detailed {
		return detailed(planned)
	}
	return nil
}

// detailed tells a plan without changes from one that is in step: people who are
// rejected, and removals that are not trusted, are neither. Changes count for more.
func detailed(planned *plan.Plan) error {
	unconfirmed := func(ch *plan.Change) bool { return ch.Block.Is(plan.BlockUnconfirmed) }
	switch {
	case planned.Pending() > 0, planned.Summary.Held > 0:
		return &exit{code: exitChanges}
	case len(planned.Rejected) > 0, slices.ContainsFunc(planned.Changes, unconfirmed):
		return &exit{code: exitProblems}
	}
	return nil
}

// makePlan makes a plan, which can be read until done is called. That is due after an
// error, too.
func (c *cli) makePlan(ctx context.Context, cfg *configs.Config, f planFlags) (planned *plan.Plan, done func(), err error) {
	if f.offline {
		return c.planOffline(ctx, cfg)
	}
	done = func() {}
	s, err := c.open(ctx, cfg, purpose{name: "plan", dry: true}, c.logger(cfg, false))
	if err != nil {
		return nil, done, err
	}
	defer func() { err = s.end(err) }()
	defer c.display.clear()
	opts := agent.Options{}
	if f.refresh {
		opts.Scope = opts.Scope.Refreshed()
	}
	done = s.agent.SpillBeside(cfg.State.Path)
	planned, err = s.agent.Plan(ctx, opts)
	return planned, done, err
}

// planOffline needs neither side, and so no secrets.
func (c *cli) planOffline(ctx context.Context, cfg *configs.Config) (planned *plan.Plan, done func(), err error) {
	db, err := openState(ctx, cfg, purpose{name: "plan --offline", dry: true})
	if err != nil {
		return nil, func() {}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	a := &agent.Agent{State: db, Config: cfg.Agent(), Build: buildVersion()}
	done = a.SpillBeside(cfg.State.Path)
	planned, err = a.PlanOffline(ctx, agent.Options{})
	return planned, done, err
}

// planMayReplace refuses to write a plan over what is none: a mistyped path is easily
// that of a configuration.
func planMayReplace(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := folderIsThere(path); err != nil {
			return explained(fmt.Errorf("plan file: %w", err))
		}
		return nil
	case err != nil:
		return explained(fmt.Errorf("plan file: %w", err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("plan file: %s is no file", path)
	case info.Size() == 0:
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return explained(fmt.Errorf("plan file: %w", err))
	}
	var there struct {
		Schema string `json:"schema"`
	}
	if json.Unmarshal(data, &there) != nil || there.Schema != plan.Schema {
		return fmt.Errorf("plan file: %s is there already and is no plan; it stays as it is, name another file", path)
	}
	return nil
}

// folderIsThere says whether a file can be made.
func folderIsThere(path string) error {
	_, err := os.Stat(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s is not there; make it, or name another file", filepath.Dir(path))
	}
	return err
}

// savePlan writes the file whole or not at all. It names people, so only its
// owner may read it.
func savePlan(path string, planned *plan.Plan) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".plan-*")
	if err != nil {
		return unwritten(path, err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone after the rename
	err = report.PlanJSON(f, planned)
	if err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close()); err != nil {
		return unwritten(path, err)
	}
	return unwritten(path, os.Rename(f.Name(), path))
}

func (c *cli) showPlan(w io.Writer, planned *plan.Plan, format string, full bool) error {
	switch format {
	case "json":
		return report.PlanJSON(w, planned)
	case "markdown":
		return report.PlanMarkdown(w, planned, report.Options{Full: full})
	case "html":
		return report.PlanHTML(w, planned)
	case "text":
		return report.PlanText(c.folded(w), planned, c.reportOptions(w, full))
	}
	return fmt.Errorf("unknown format %q", format)
}

func (c *cli) reportOptions(w io.Writer, full bool) report.Options {
	return report.Options{Color: c.colored(w), Width: c.room(w), Full: full, Now: time.Now()}
}

// adviser is diagnose for the changes of a report.
func adviser(r *agent.Report) func(*plan.Change) (report.Advice, bool) {
	return func(failed *plan.Change) (report.Advice, bool) {
		d, ok := diagnoseChange(failed, r.Failure(failed))
		return report.Advice{Cause: d.cause, Remedy: d.remedy}, ok
	}
}
