package agent

import (
	"context"
	"fmt"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// Binding names the two sides that a state is about. With another app, each person
// whom the state knows is unassigned; with another tenant, every id in it is void.
type Binding struct {
	AppID  string `json:"app_id"`
	Target string `json:"target"` // SCIM base URL
}

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
// want. A state that is about nothing yet fits everything.
func CheckBinding(ctx context.Context, db *state.DB, want Binding) error {
	have, err := binding.Load(ctx, db)
	if err != nil || have == want || have == (Binding{}) {
		return err
	}
	return &BindingError{State: have, Config: want}
}

// Bind makes the state be about one app and one tenant from now on.
func Bind(ctx context.Context, db *state.DB, to Binding) error {
	return binding.Save(ctx, db, to)
}

// Binding is what the configuration is about.
func (a *Agent) Binding() Binding {
	return Binding{AppID: a.Okta.AppID(), Target: a.Config.Target}
}

// bind ties the state to both sides as soon as it knows, or may know, anything of
// WalkMe. The first attempts may have been with a wrong address.
func bind(ctx context.Context, db *state.DB, to Binding, v *view, planned *plan.Plan) error {
	known := v.managed != plan.Counts{} || planned.Outcomes()[plan.Applied] > 0
	if !known {
		open, err := db.Pending(ctx)
		if err != nil || len(open) == 0 {
			return err
		}
	}
	return Bind(ctx, db, to)
}
