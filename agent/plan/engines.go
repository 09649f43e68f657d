package plan

import "strings"

// TwoEngines says that Okta's own provisioning writes to the app, by which features,
// and what to do. Nothing is held for it.
func TwoEngines(features []string) string {
	return "two engines write to WalkMe: Okta's own provisioning is on for this app (" + strings.Join(features, ", ") +
		"); switch it off in the Okta Admin Console, the app, Provisioning, To App, and under Push Groups, or stop this agent"
}
