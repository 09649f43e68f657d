package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// historySchema names the shape of history --format json.
const historySchema = "okta-walkme-agent/history/v1"

// historyView is a part of the journal, newest first.
type historyView struct {
	Schema  string            `json:"schema"`
	Entries []historyEntry    `json:"entries"`
	More    bool              `json:"more"`             // --limit left older ones out
	People  map[string]string `json:"people,omitempty"` // names of the Okta ids under members

	runs map[string]state.Run
	full bool
}

// historyEntry is one change. Attributes and members are there with --full.
type historyEntry struct {
	ID         int64            `json:"id"`
	RunID      string           `json:"run_id"`
	Trigger    string           `json:"trigger"` // of the run; "" when it is not recorded any more
	Type       scim.Type        `json:"type"`
	Action     string           `json:"action"`
	OktaID     string           `json:"okta_id"`
	WalkMeID   string           `json:"walkme_id"`
	Name       string           `json:"name"`
	Cause      string           `json:"cause"`
	Reason     string           `json:"reason"`
	Outcome    state.EntryState `json:"outcome"`
	HTTPStatus int              `json:"http_status"` // 0: none is recorded
	Error      string           `json:"error"`

	// Who let the change pass a limit.
	ApprovedBy     string     `json:"approved_by,omitempty"`
	ApprovedAt     *time.Time `json:"approved_at,omitempty"`
	ApprovalReason string     `json:"approval_reason,omitempty"`

	StartedAt  time.Time              `json:"started_at"`
	FinishedAt *time.Time             `json:"finished_at"`
	Attributes []scim.AttributeChange `json:"attributes,omitempty"`
	Members    *plan.MemberChange     `json:"members,omitempty"`
}

// historyOptions are the flags of the command.
type historyOptions struct {
	users, groups []string
	run, since    string
	limit         int
	format        string
	full          bool
}

func (c *cli) historyCommand() *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history",
		Short: "Show who was changed, when, by which run, why, and the answer",
		Long: `Reads the journal, newest first, also while the service runs. The flags narrow it
down together; several users and groups add up. Nothing is asked of Okta or
WalkMe.`,
		Example: `  okta-walkme-agent history --user ann@example.com --full
  okta-walkme-agent history --since 24h
  okta-walkme-agent history --since 2026-03-01 --limit 0 --format json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.history(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.users, "user", nil, "only `LOGIN`: user name, Okta login or id")
	flags.StringArrayVar(&o.groups, "group", nil, "only the group `NAME`: in Okta or WalkMe, or id")
	flags.StringVar(&o.run, "run", "", "only the run `ID`, or the one that begins so")
	flags.StringVar(&o.since, "since", "", "only since `TIME`: a duration such as 90m or 7d, a date, or a time as in RFC 3339")
	flags.IntVar(&o.limit, "limit", 50, "at most `N` entries; 0: all")
	flags.StringVarP(&o.format, "format", "f", "text", "text or json")
	flags.BoolVar(&o.full, "full", false, "with attributes, old and new, and members")
	return cmd
}

func (c *cli) history(ctx context.Context, o historyOptions) error {
	if !slices.Contains([]string{"text", "json"}, o.format) {
		return usage("--format is text or json, not %q", o.format)
	}
	if o.limit < 0 {
		return usage("--limit is a number of entries, or 0 for all of them, not %d", o.limit)
	}
	since, err := parseSince(o.since, time.Now())
	if err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	view, err := readHistory(ctx, cfg.State.Path, o, since)
	if err != nil {
		return explained(err)
	}
	if o.format == "text" {
		return view.text(c.folded(c.stdout))
	}
	return report.JSON(c.stdout, "history", view)
}

// readHistory reads what the flags select. Without a state file that is nothing.
func readHistory(ctx context.Context, path string, o historyOptions, since time.Time) (view *historyView, err error) {
	view = &historyView{Schema: historySchema, Entries: []historyEntry{}, full: o.full}
	db, err := state.OpenReadOnly(ctx, path)
	if errors.Is(err, state.ErrNotExist) {
		return view, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if view.runs, err = runsByID(ctx, db); err != nil {
		return nil, err
	}
	filter := state.Filter{Since: since}
	if filter.RunID, err = findRun(view.runs, o.run); err != nil {
		return nil, err
	}
	if o.limit > 0 {
		filter.Limit = o.limit + 1 // one more tells that there are more
	}
	entries, err := selectEntries(ctx, db, filter, o.users, o.groups)
	if err != nil {
		return nil, err
	}
	if view.More = o.limit > 0 && len(entries) > o.limit; view.More {
		entries = entries[:o.limit]
	}
	for _, e := range entries {
		view.add(e)
	}
	return view, view.namePeople(ctx, db)
}

func runsByID(ctx context.Context, db *state.DB) (map[string]state.Run, error) {
	runs, err := db.Runs(ctx, 0)
	if err != nil {
		return nil, err
	}
	out := make(map[string]state.Run, len(runs))
	for _, r := range runs {
		out[r.ID] = r
	}
	return out, nil
}

func (v *historyView) add(e state.Entry) {
	entry := historyEntry{
		ID: e.ID, RunID: e.RunID, Trigger: v.runs[e.RunID].Trigger, Type: e.Type, Action: e.Action, OktaID: e.SourceID, WalkMeID: e.TargetID,
		Name: e.Name, Cause: e.Cause, Reason: e.Reason, Outcome: e.State, HTTPStatus: e.HTTPStatus, Error: e.Error,
		ApprovedBy: e.ApprovedBy, ApprovedAt: timeOrNil(e.ApprovedAt), ApprovalReason: e.ApprovalReason,
		StartedAt: e.StartedAt.UTC(), FinishedAt: timeOrNil(e.FinishedAt.UTC()),
	}
	var change struct {
		Attributes []scim.AttributeChange
		Members    plan.MemberChange
	}
	// A change that cannot be read has no details; the rest of it is still true.
	if v.full && len(e.Change) > 0 && json.Unmarshal(e.Change, &change) == nil {
		entry.Attributes = change.Attributes
		if len(change.Members.Add)+len(change.Members.Remove) > 0 {
			entry.Members = &change.Members
		}
	}
	v.Entries = append(v.Entries, entry)
}

// namePeople finds the names of the members: the present ones in the records.
func (v *historyView) namePeople(ctx context.Context, db *state.DB) error {
	named := map[string]bool{}
	for _, e := range v.Entries {
		if e.Members != nil {
			for _, id := range slices.Concat(e.Members.Add, e.Members.Remove) {
				named[id] = true
			}
		}
	}
	if len(named) == 0 {
		return nil
	}
	records, err := db.UserRecords(ctx, slices.Collect(maps.Keys(named)))
	if err != nil {
		return err
	}
	v.People = map[string]string{}
	for i := range records {
		v.People[records[i].SourceID] = records[i].Name
	}
	return nil
}
