package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// Explain tells everything about a person, by userName, Okta login or id, or
// about a group, by its name in Okta or WalkMe, or id. It only reads. The error
// is an *UnknownError when neither side knows the name. In a big company the other people
// are as the last run saw them, see Explanation.OthersReadAt.
func (a *Agent) Explain(ctx context.Context, name string) (*Explanation, error) {
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return nil, err
	}
	v, e, err := a.find(ctx, name)
	if err != nil {
		return nil, err
	}
	planned, err := a.planFrom(ctx, v, Options{Scope: plan.Scope{}.HeedingPauses()})
	if err != nil {
		return nil, err
	}
	if err := a.asker().lookUp(ctx, planned, func(c *plan.Change) bool { return everyCreate(c) && e.concerns(c) }); err != nil {
		return nil, err
	}
	if err := planned.Finish(a.about(v)); err != nil {
		return nil, err
	}
	if e.Type == scim.User {
		err = e.explainPerson(ctx, a.Okta, a.Config.Mapping, v)
	} else {
		err = e.explainGroup(v, planned)
	}
	if err != nil {
		return nil, err
	}
	e.explainNext(planned)
	return e, e.explainPast(ctx, a.State, a.now(), recordOf(v, e.Type, e.OktaID))
}

func (e *Explanation) explainPerson(ctx context.Context, client *okta.Client, mapping plan.Mapping, v *view) error {
	if err := e.explainAccess(ctx, client); err != nil {
		return err
	}
	person := v.desired.Find(e.OktaID)
	if person == nil {
		e.Why = "not assigned to the app in Okta: neither directly nor through one of the app's groups"
		return nil
	}
	u, err := client.Assignment(ctx, e.OktaID)
	if err != nil {
		return fmt.Errorf("assignment of %s: %w", e.OktaID, err)
	}
	e.AccountStatus, e.AssignmentStatus = u.AccountStatus, u.Status
	e.Attributes = explainValues(mapping, &u, v, recordOf(v, scim.User, e.OktaID))
	e.InScope, e.Why = person.Presence == plan.Present, person.Why
	if person.Rejection != nil {
		e.Error = person.Rejection.Path + ": " + person.Rejection.Error
	}
	for i := range v.recorded {
		r := v.recorded[i] // a copy: one list after the other
		if r.Type != scim.Group || !r.Active {
			continue
		}
		if err := v.lists.ReadPushed(&r); err != nil {
			return err
		}
		if scim.Contains(r.Members, e.OktaID) {
			e.PushedInto = append(e.PushedInto, r.Name)
		}
	}
	slices.Sort(e.PushedInto)
	return nil
}

// explainAccess asks Okta through which of the app's groups a person has access.
// Credentials that may not read that leave it out.
func (e *Explanation) explainAccess(ctx context.Context, client *okta.Client) error {
	mine, err := client.PersonGroups(ctx, e.OktaID)
	if errors.Is(err, okta.ErrForbidden) || errors.Is(err, okta.ErrNotFound) {
		return nil
	} else if err != nil {
		return fmt.Errorf("groups of %s: %w", e.OktaID, err)
	}
	assigned, err := client.AppGroups(ctx)
	if err != nil {
		return fmt.Errorf("groups of the app: %w", err)
	}
	for _, g := range assigned {
		if slices.ContainsFunc(mine, func(m okta.GroupRef) bool { return m.ID == g.ID }) {
			e.Through = append(e.Through, g.Name)
		}
	}
	slices.Sort(e.Through)
	person, err := client.Person(ctx, e.OktaID)
	if err == nil {
		e.AccountStatus = person.Status
	}
	return nil
}

func explainValues(mapping plan.Mapping, u *okta.User, v *view, r *state.Record) []ExplainedAttribute {
	env, err := mapping.Env(u, plan.AppMembers(v.snap.App))
	var out []ExplainedAttribute
	for _, rule := range mapping.Rules() {
		line := ExplainedAttribute{Path: rule.Path, Expression: rule.Expr.String()}
		if err != nil {
			line.Error = err.Error()
		} else if value, evalErr := evaluate(rule, env); evalErr != nil {
			line.Error = evalErr.Error()
		} else {
			line.Value = value
		}
		if r != nil {
			line.Acknowledged = r.Attributes.Get(rule.Path)
		}
		out = append(out, line)
	}
	return out
}

func evaluate(rule plan.MappingRule, env el.Env) (any, error) {
	raw, err := rule.Expr.Eval(env)
	if err != nil {
		return nil, err
	}
	return scim.Value(raw)
}

func (e *Explanation) explainGroup(v *view, planned *plan.Plan) error {
	e.Why = "not pushed by any source"
	for i := range v.groups {
		if g := &v.groups[i]; g.OktaID == e.OktaID {
			if err := v.lists.ReadWanted(g); err != nil {
				return err
			}
			e.InScope, e.Sources, e.Members = g.Leave == "", g.Sources, len(g.Members)
			e.Eligible = eligibleMembers(g.Members, v, planned)
			e.Why = "pushed by " + plan.SourceWords(g.Sources)
			if g.Leave != "" {
				e.Why = "left alone: " + g.Leave
			}
		}
	}
	if r := recordOf(v, scim.Group, e.OktaID); r != nil {
		e.Pushed = len(r.Members) + r.Unread
	}
	return nil
}

// eligibleMembers counts those who are assigned, and provisioned here or about to be, as
// everybody in step is: also after a failure, which may have them wait for some time.
func eligibleMembers(members []string, v *view, planned *plan.Plan) int {
	there := map[string]bool{}
	for i := range v.recorded {
		r := &v.recorded[i]
		there[r.SourceID] = r.Type == scim.User && r.ID != "" && r.Active
	}
	for _, c := range planned.Changes {
		if c.Want != nil && !c.Block.Is(plan.BlockDisabled) {
			there[c.OktaID] = true
		}
	}
	n := 0
	for _, id := range members {
		person := v.desired.Find(id)
		if v.inStep.Has(id) || person != nil && person.Presence != plan.Absent && there[id] {
			n++
		}
	}
	return n
}

// concerns says whether a change is about the person or group itself, or takes the
// person's account.
func (e *Explanation) concerns(c *plan.Change) bool {
	return c.Type == e.Type && (c.OktaID == e.OktaID || c.From == e.OktaID)
}

// explainNext says what the next run does about the person or group, and what cannot be done.
func (e *Explanation) explainNext(planned *plan.Plan) {
	for _, rejected := range planned.Rejected {
		if e.Error == "" && e.Type == scim.User && rejected.OktaID == e.OktaID {
			e.Error = rejected.Path + ": " + rejected.Error
		}
	}
	e.Next = []*plan.Change{}
	for _, c := range planned.Changes {
		if e.concerns(c) || slices.Contains(c.Members.Add, e.OktaID) || slices.Contains(c.Members.Remove, e.OktaID) {
			c.NoNulls()
			e.Next = append(e.Next, c)
		}
	}
}

// explainPast says what the state knows of the person or group; r is the record, or nil.
func (e *Explanation) explainPast(ctx context.Context, db *state.DB, now time.Time, r *state.Record) (err error) {
	if e.NotShown, err = unshownOf(ctx, db, r); err != nil {
		return err
	}
	if r != nil {
		e.Managed = &ExplainedRecord{
			WalkMeID: r.ID, Name: r.Name, Active: r.Active, Gone: r.Missing != "", Origin: r.Origin,
			Attempts: r.Attempts, LastError: r.LastError,
		}
		if updated := r.UpdatedAt; !updated.IsZero() {
			e.Managed.UpdatedAt = &updated
		}
		if next := plan.PauseEnd(r.NextTry, now); !next.IsZero() {
			e.Managed.NextTryAt = &next
		}
	}
	entries, err := db.History(ctx, state.Filter{Type: e.Type, SourceID: e.OktaID, Limit: 1})
	if err != nil {
		return fmt.Errorf("journal of %s: %w", e.OktaID, err)
	}
	for _, entry := range entries {
		e.Last = &ExplainedCall{entry.StartedAt, entry.RunID, entry.Action, entry.State, entry.Reason, entry.HTTPStatus, entry.Error}
	}
	return nil
}

// recordOf returns the record of what is managed, or ever was to be.
func recordOf(v *view, t scim.Type, oktaID string) *state.Record {
	for i := range v.recorded {
		if r := &v.recorded[i]; r.Type == t && r.SourceID == oktaID && !plan.Unlinked(r) {
			return r
		}
	}
	return nil
}
