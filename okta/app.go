package okta

import "encoding/json"

// App is the app instance that the client reads.
type App struct {
	ID       string
	Name     string          // name of the integration in Okta's catalog
	Label    string          // what the admin called it
	Status   string          // ACTIVE or INACTIVE
	Features []string        // what Okta itself provisions, e.g. GROUP_PUSH, PUSH_NEW_USERS; sorted
	Settings json.RawMessage // settings.app, the values behind app.x in expressions: a JSON object, keys sorted, never nil
}
