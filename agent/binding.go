package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// Binding names the two sides that a state is about. With another app, everybody
// whom the state knows is unassigned; with another tenant, every id in it is void.
type Binding struct {
	AppID  string `json:"app_id"`
	Target string `json:"target"` // SCIM base URL
}

// metaBinding is where the state keeps its Binding, as JSON.
const metaBinding = "binding"

// BindingError says that a state is about another app or tenant than the
// configuration.
type BindingError struct{ State, Config Binding }

func (e *BindingError) Error() string {
	if e.State.AppID != e.Config.AppID {
		return fmt.Sprintf("the state is about Okta app %s, the configuration about %s", e.State.AppID, e.Config.AppID)
	}
	return fmt.Sprintf("the state is about the WalkMe tenant at %s, the configuration about %s", e.State.Target, e.Config.Target)
}

// CheckBinding returns a *BindingError when the state is about anything else than
// want. A state that is about nothing yet, or nil, fits everything.
func CheckBinding(ctx context.Context, db *state.DB, want Binding) error {
	if db == nil {
		return nil
	}
	text, err := db.Meta(ctx, metaBinding)
	if err != nil || text == "" {
		return err
	}
	var have Binding
	if err := json.Unmarshal([]byte(text), &have); err != nil {
		return fmt.Errorf("binding in the state: %w", err)
	}
	if have == want {
		return nil
	}
	return &BindingError{State: have, Config: want}
}

// Bind makes the state be about one app and one tenant from now on.
func Bind(ctx context.Context, db *state.DB, to Binding) error {
	text, err := json.Marshal(to)
	if err != nil {
		return err
	}
	if err := db.SetMeta(ctx, metaBinding, string(text)); err != nil {
		return fmt.Errorf("binding in the state: %w", err)
	}
	return nil
}

// Binding is what the configuration is about.
func (a *Agent) Binding() Binding {
	return Binding{AppID: a.Okta.AppID(), Target: a.Config.Target}
}

// bind ties the state to both sides as soon as it knows, or may know, anything of
// WalkMe. The first attempts may have been with a wrong address.
func (a *Agent) bind(ctx context.Context, v *view, planned *plan.Plan) error {
	known := v.managed != plan.Counts{} || slices.ContainsFunc(planned.Changes, func(c *plan.Change) bool { return c.Outcome == plan.Applied })
	if !known {
		open, err := a.State.Pending(ctx)
		if err != nil || len(open) == 0 {
			return err
		}
	}
	return Bind(ctx, a.State, a.Binding())
}
