package walkmetest

import (
	"cmp"
	"encoding/base64"
	"time"
)

// What Options stands for where it says nothing.
const (
	DefaultUsername = "okta-scim"
	DefaultPassword = "demo-Passw0rd!"
	DefaultBasePath = "/deepui/api/scim/v2"
	DefaultMaxBatch = 1000
)

// DefaultRole is the accessRole of every account that was created without one.
const DefaultRole = "2819c223-7f76-453a-919d-740170420184"

// Options are read once, by New or Start. The zero value is a strict tenant
// with the default credential.
type Options struct {
	// Username and Password are the Basic credential of the integration.
	Username, Password string

	// Token, when set, is accepted as a Bearer token, too.
	Token string

	// Authorization, when set, is the only value of the header Authorization
	// that is accepted, whatever Username, Password and Token say.
	Authorization string

	// BasePath is the path of the SCIM base URL, without a slash at its end.
	BasePath string

	// Latency is the time that each request takes, on average. No lock is
	// held meanwhile.
	Latency time.Duration

	// Quirks are the deviations to begin with.
	Quirks Quirks

	// Strict is called for each violation as it is found, from the
	// goroutine of the request: t.Errorf is meant, t.Fatalf must not be
	// used. Violations collects them all the same.
	Strict func(format string, args ...any)

	// Allow lists rules that are not policed.
	Allow []Rule

	// MaxInFlight is the number of requests above which the client breaks
	// RuleInFlight. 0 is not policed.
	MaxInFlight int

	// MaxBatch is the number of membership changes in one PATCH above which
	// the client breaks RuleBatch. 0 is DefaultMaxBatch, the largest that
	// can be set for an Okta app.
	MaxBatch int

	// KeepRequests is the number of requests that are remembered, the
	// latest. 0 is all of them; a negative number is none.
	KeepRequests int

	// Now is the clock of meta. nil is time.Now.
	Now func() time.Time

	// Seed changes the ids that the tenant gives. Under one seed, the same
	// name gets the same id, whatever the order of the requests is.
	Seed int64
}

func (o Options) withDefaults() Options {
	o.Username = cmp.Or(o.Username, DefaultUsername)
	o.Password = cmp.Or(o.Password, DefaultPassword)
	o.BasePath = cmp.Or(o.BasePath, DefaultBasePath)
	o.MaxBatch = cmp.Or(o.MaxBatch, DefaultMaxBatch)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func basicHeader(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}
