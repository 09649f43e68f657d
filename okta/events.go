package okta

// Events is what happened in the org since the last poll, as far as it may
// concern the app.
type Events struct {
	UserIDs  []string // people whose account, assignment or group membership changed; sorted, unique
	GroupIDs []string // groups whose profile, membership or assignment changed; sorted, unique
	App      bool     // the app, its group assignments or its push mappings changed
	Next     string   // pass as after the next time
}
