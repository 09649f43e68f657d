package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

func (c *cli) checkCommand() *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Test configuration, expressions and credentials",
		Long: `Does what "Test API Credentials" does in Okta, and more: the configuration, the
secrets, Okta's app, assignments and groups, each person's mapped values, WalkMe's
answer to the credentials, and the state file. Nothing is changed anywhere. Each
failure comes with its usual cause and a remedy.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.check(cmd.Context(), offline)
		},
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "only what needs no network: configuration, expressions, secrets, state")
	return cmd
}

func (c *cli) check(ctx context.Context, offline bool) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	k := &checklist{w: report.Folded(c.display.above(c.stdout), c.room(c.stdout), programName), color: c.colored(c.stdout)}
	k.section("Configuration", c.file())
	k.ok("%s, schedule %q", count(len(cfg.Mappings), "mapped attribute", "mapped attributes"), cfg.Schedule)
	k.beyondGuide(cfg.Mappings)
	if cfg.DryRun {
		k.ok("dry_run is true: the service plans and sends nothing; sync by hand sends")
	}
	oktaConfig, oktaErr := cfg.OktaClient()
	walkmeConfig, walkmeErr := cfg.WalkMeClient()
	if err := errors.Join(oktaErr, walkmeErr); err != nil {
		return err
	}
	k.ok("secrets are there")
	if offline {
		k.closeState(k.state(ctx, cfg))
		k.notifications(cfg)
		return k.verdict()
	}
	log := c.logger(cfg, false)
	if oktaConfig.Transport, err = c.traced(oktaConfig.Transport); err != nil {
		return err
	}
	if walkmeConfig.Transport, err = c.traced(walkmeConfig.Transport); err != nil {
		return err
	}
	oktaConfig.UserAgent, oktaConfig.Transport = programName+"/"+buildVersion(), &dryTransport{oktaConfig.Transport}
	walkmeConfig.Transport = &dryTransport{walkmeConfig.Transport}
	oktaConfig.Logger, walkmeConfig.Logger = log, log
	c.follow(&oktaConfig, &walkmeConfig)
	if err := k.online(ctx, cfg, oktaConfig, walkmeConfig); err != nil {
		return err
	}
	k.notifications(cfg)
	return k.verdict()
}

// online asks both sides. Its error is that of the context.
func (k *checklist) online(ctx context.Context, cfg *configs.Config, oc okta.Config, wc walkme.Config) error {
	snap, census := k.okta(ctx, cfg, oc)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	client := k.walkme(ctx, cfg, wc)
	if client != nil {
		defer client.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	db := k.state(ctx, cfg)
	defer k.closeState(db)
	if client != nil {
		k.tenant(ctx, client)
	}
	if snap != nil {
		k.people(ctx, snap, census, client, db)
		k.links(ctx, snap, client, db)
	}
	return ctx.Err()
}

// verdict turns what was found into an exit code.
func (k *checklist) verdict() error {
	switch {
	case k.lost != nil:
		return k.lost
	case k.failed > 0:
		return &exit{exitFailed, fmt.Errorf("%d of the checks failed", k.failed)}
	case k.warned > 0:
		return &exit{code: exitProblems}
	}
	return nil
}

// walkme makes Okta's credential test. The result is nil when that failed.
func (k *checklist) walkme(ctx context.Context, cfg *configs.Config, wc walkme.Config) *walkme.Client {
	where := wc.BaseURL + " (profile " + cfg.WalkMe.WireProfile
	if cfg.WalkMe.Region != "" {
		where += ", region " + cfg.WalkMe.Region
	}
	k.section("WalkMe", where+")")
	client, err := walkme.NewClient(wc)
	if err != nil {
		k.fail("client", err)
		return nil
	}
	if err := client.TestCredentials(ctx, len(cfg.PushGroups.Sources) > 0); err != nil {
		k.fail("credentials", err)
		client.Close()
		return nil
	}
	k.ok("the credentials are accepted")
	return client
}

// state looks for damage in the state. The result is nil when there is none to read, else it
// is given back to closeState.
func (k *checklist) state(ctx context.Context, cfg *configs.Config) *state.DB {
	k.section("State", cfg.State.Path)
	db, err := openState(ctx, cfg, purpose{dry: true})
	if err != nil {
		k.fail("state file", err)
		return nil
	}
	if db.IsEmpty() {
		k.newState(cfg.State.Path)
		return nil
	}
	if err := agent.CheckBinding(ctx, db, binding(cfg)); err != nil {
		k.fail("state file", errors.Join(err, db.Close()))
		return nil
	}
	err = state.Check(ctx, cfg.State.Path)
	var users, groups int
	if err == nil {
		users, groups, err = db.Managed(ctx)
	}
	if err == nil {
		k.newest, k.seekable, err = agent.Witnesses(ctx, db)
	}
	if err != nil {
		k.fail("state file", errors.Join(err, db.Close()))
		return nil
	}
	k.ok("no damage is in it")
	k.ok("%s and %s are managed", count(users, "user", "users"), count(groups, "group", "groups"))
	return db
}

func (k *checklist) closeState(db *state.DB) {
	if db == nil {
		return
	}
	if err := db.Close(); err != nil {
		k.fail("state file", err)
	}
}

// tenant looks for accounts that the agent manages: credentials may be good and lead to
// another tenant.
func (k *checklist) tenant(ctx context.Context, client *walkme.Client) {
	found, err := agent.LookForAccounts(ctx, client, k.newest, k.seekable)
	switch {
	case err != nil:
		k.fail("the agent's accounts in WalkMe", err)
	case found.Shown != "":
		k.ok("accounts of the agent's are there")
	case len(found.Absent) > 0:
		k.warn("WalkMe does not show %s, on record as the agent's; plan --refresh compares all of them", report.Escape(strings.Join(found.Absent, ", ")))
	}
}

// newState tells whether the first sync can make the state. Who may not here may be
// another user than the one that the service has.
func (k *checklist) newState(path string) {
	err := state.Makeable(path)
	switch {
	case err == nil:
		k.ok("there is none yet; the first sync makes it")
	case errors.Is(err, fs.ErrPermission):
		k.warn("there is none yet, and this user cannot make it: %s", report.Escape(err.Error()))
	default:
		k.fail("there is none yet, and none can be made", err)
	}
}

// checklist prints what was found as it goes.
type checklist struct {
	w              io.Writer
	color          bool
	lost           error // the first that came of printing
	failed, warned int
	newest         []state.Record // accounts of the agent's that are asked for
	seekable       int            // of so many
	attributesOf   *okta.Schema   // what exists; nil: unknown
}

func (k *checklist) section(title, detail string) {
	if detail != "" {
		title += "  " + detail
	}
	k.print("%s\n", title)
}

func (k *checklist) print(format string, args ...any) {
	_, err := fmt.Fprintf(k.w, format, args...)
	k.lost = cmp.Or(k.lost, err)
}

func (k *checklist) line(sign, colour, format string, args ...any) {
	if k.color {
		sign = "\x1b[" + colour + "m" + sign + "\x1b[0m"
	}
	k.print("  %s  %s\n", sign, fmt.Sprintf(format, args...))
}

func (k *checklist) ok(format string, args ...any) { k.line("ok  ", "32", format, args...) }

func (k *checklist) warn(format string, args ...any) {
	k.warned++
	k.line("warn", "33", format, args...)
}

// remark is a warning that leaves the exit code alone: it may be meant so.
func (k *checklist) remark(format string, args ...any) { k.line("warn", "33", format, args...) }

func (k *checklist) fail(what string, err error) {
	if errors.Is(err, context.Canceled) {
		return // nothing was found out
	}
	k.failed++
	k.line("FAIL", "31", "%s: %s", what, report.Escape(err.Error()))
	if d, ok := diagnose(err); ok {
		k.print("        cause:  %s\n        remedy: %s\n", d.cause, d.remedy)
	}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
