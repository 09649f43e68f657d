package configs

import (
	"log/slog"
	"time"
)

// Config is a whole configuration file, checked and compiled. Paths in it are
// absolute, or relative to the working directory when the file's own path was.
//
// The tags are the file's grammar: yaml names the key, oneof lists the values
// that a text may have, and min, max and above bound a number or a duration
// (above excludes the bound itself).
type Config struct {
	Okta         Okta          `yaml:"okta"`
	WalkMe       WalkMe        `yaml:"walkme"`
	Provisioning Provisioning  `yaml:"provisioning"`
	Mappings     Mappings      `yaml:"mappings"`
	PushGroups   PushGroups    `yaml:"push_groups"`
	Schedule     Schedule      `yaml:"schedule"`
	TimeZone     TimeZone      `yaml:"time_zone"`
	Jitter       time.Duration `yaml:"jitter" min:"0s"` // each run starts up to this much later, at random
	Watch        Watch         `yaml:"watch"`
	Limits       Limits        `yaml:"limits"`
	State        State         `yaml:"state"`
	HTTP         HTTP          `yaml:"http"`
	Console      Console       `yaml:"console"`
	Notify       []Notify      `yaml:"notify"`
	Log          Log           `yaml:"log"`
	DryRun       bool          `yaml:"dry_run"` // the service plans on schedule and sends nothing

	env    Env
	source positions
}

// Okta is the read side: the org, the app and how to sign in.
type Okta struct {
	OrgURL         string        `yaml:"org_url"` // scheme and host only
	AppID          string        `yaml:"app_id"`
	Auth           OktaAuth      `yaml:"auth"`
	RateLimitShare float64       `yaml:"rate_limit_share" above:"0" max:"1"` // of what others leave of the limits
	MaxPeople      int           `yaml:"max_people" min:"1"`                 // entries of a list; one that goes on beyond fails the run
	GroupFullRead  time.Duration `yaml:"group_full_read" min:"0s"`           // how often all members of all pushed groups are read; 0 reads them in every run
	Timeout        time.Duration `yaml:"timeout" above:"0s"`                 // of one request, its answer included
	CAFile         string        `yaml:"ca_file"`                            // PEM, trusted besides the system's
}

// OktaAuth holds one of two: APIToken, or ClientID with PrivateKey.
type OktaAuth struct {
	APIToken   Secret `yaml:"api_token"`
	ClientID   string `yaml:"client_id"`
	PrivateKey Secret `yaml:"private_key"` // PEM, PKCS#1 or PKCS#8
	KeyID      string `yaml:"key_id"`      // "" leaves the kid out of the assertion
	DPoP       string `yaml:"dpop" oneof:"auto|always|never"`
}

// WalkMe is the write side. One of Region and BaseURL is set.
type WalkMe struct {
	Region            string        `yaml:"region" oneof:"us|eu|ca"`
	BaseURL           string        `yaml:"base_url"`
	Auth              WalkMeAuth    `yaml:"auth"`
	WireProfile       string        `yaml:"wire_profile" oneof:"oin|aiw"`
	Fidelity          string        `yaml:"fidelity" oneof:"safe|strict"`      // sets the defaults of Wire
	Matching          string        `yaml:"matching" oneof:"lookup|list|auto"` // how people are found
	VerifyEvery       time.Duration `yaml:"verify_every" min:"0s"`             // a managed account is read at least this often; 0: never
	MaxInFlight       int           `yaml:"max_in_flight" min:"1" max:"64"`    // requests on the wire at a time
	RequestsPerSecond float64       `yaml:"requests_per_second" min:"0"`       // 0: no limit of our own
	Timeout           time.Duration `yaml:"timeout" above:"0s"`                // of one request, its answer included
	CAFile            string        `yaml:"ca_file"`                           // PEM, trusted besides the system's
	Wire              Wire          `yaml:"wire"`
}

// WalkMeAuth holds one of two: Username with Password, or Token, which is what
// would be typed into the API Token field of Okta's provisioning page.
type WalkMeAuth struct {
	Username Secret `yaml:"username"`
	Password Secret `yaml:"password"`
	Token    Secret `yaml:"token"`
}

// Provisioning are the features of Okta's "To App" page and their details.
type Provisioning struct {
	CreateUsers          bool   `yaml:"create_users"`
	UpdateUserAttributes bool   `yaml:"update_user_attributes"`
	DeactivateUsers      bool   `yaml:"deactivate_users"`
	Suspended            string `yaml:"suspended" oneof:"keep|deactivate"`
	OnMissing            string `yaml:"on_missing" oneof:"error|recreate"` // for an account that is gone in WalkMe
	RequireEmail         bool   `yaml:"require_email"`                     // reject people whose userName is no e-mail address
}

// PushGroups says which Okta groups are pushed, and how.
type PushGroups struct {
	Sources              []GroupSource `yaml:"sources"`
	OnUnlink             string        `yaml:"on_unlink" oneof:"leave|delete"`
	DeprovisionedMembers string        `yaml:"deprovisioned_members" oneof:"keep|remove"`
	RenameLinked         bool          `yaml:"rename_linked"`
	MembershipUpdates    string        `yaml:"membership_updates" oneof:"auto|delta|replace"`
	OnMissing            string        `yaml:"on_missing" oneof:"error|recreate"` // for a group that is gone in WalkMe
}

// GroupSource names groups to push in exactly one of five ways; Paused may be set
// besides, and Link with Name and ID only, for it can name but one group.
type GroupSource struct {
	Name           string     `yaml:"name"`
	Link           string     `yaml:"link"` // display name of an existing WalkMe group
	ID             string     `yaml:"id"`
	Rule           *GroupRule `yaml:"rule"`
	AssignedGroups bool       `yaml:"assigned_groups"`
	OktaMappings   bool       `yaml:"okta_mappings"`
	Paused         bool       `yaml:"paused"` // nothing is sent for its groups, whatever other source names them
}

// GroupRule matches the groups for which all of its parts hold. One at least is set.
type GroupRule struct {
	NameStartsWith        string `yaml:"name_starts_with"`
	NameContains          string `yaml:"name_contains"`
	NameEndsWith          string `yaml:"name_ends_with"`
	DescriptionStartsWith string `yaml:"description_starts_with"`
	DescriptionContains   string `yaml:"description_contains"`
	DescriptionEndsWith   string `yaml:"description_ends_with"`
}

// Watch follows Okta's System Log between the scheduled runs.
type Watch struct {
	Interval time.Duration `yaml:"interval" min:"0s"` // 0: off; else 10 seconds at least
}

// Limits are the removals that a run may make by itself; above one, the removals
// of that kind are held for approval and the rest proceeds.
type Limits struct {
	Deactivations   Limit         `yaml:"deactivations"`
	MemberRemovals  Limit         `yaml:"member_removals"`
	GroupDeletes    Limit         `yaml:"group_deletes"`
	EmptiedValues   Limit         `yaml:"emptied_values"` // people of whom a mapped value is taken away
	Window          time.Duration `yaml:"window" above:"0s"`
	Grace           time.Duration `yaml:"grace" min:"0s"` // how long a removal waits after it was first seen
	ConfirmRemovals bool          `yaml:"confirm_removals"`
}

// Limit is exceeded when either of its parts is.
type Limit struct {
	Count   int     `yaml:"count" min:"0"`
	Percent float64 `yaml:"percent" min:"0" max:"100"` // of the managed objects of the kind; 0: the count alone decides
}

// State is the agent's memory.
type State struct {
	Path        string        `yaml:"path"`
	KeepHistory time.Duration `yaml:"keep_history" above:"0s"`
}

// HTTP is the listener for monitors.
type HTTP struct {
	Listen string        `yaml:"listen"`           // host:port; "": no listener
	MaxAge time.Duration `yaml:"max_age" min:"0s"` // of the last good run, for /readyz; 0: see [Config.ReadyMaxAge]
}

// Notify is one who is told how runs go, through a service of shoutrrr.
type Notify struct {
	URL     Secret   `yaml:"url"`                                               // of the service, which is a secret
	On      []string `yaml:"on" oneof:"hold|failing|recovered|emptied|decided"` // what of; left out: everything
	Details bool     `yaml:"details"`                                           // messages may name people
}

// Log says what is logged, and in which form.
type Log struct {
	Level  string `yaml:"level" oneof:"debug|info|warn|error"`
	Format string `yaml:"format" oneof:"auto|text|json"` // auto: JSON for the service, except on a terminal and in the journal; else text
}

// SlogLevel is the level in slog's terms.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	if level.UnmarshalText([]byte(l.Level)) != nil {
		return slog.LevelInfo
	}
	return level
}

// ReadyMaxAge is how old the last good run may be before the service counts as
// not ready: http.max_age, or, when that is 0, twice the longest pause between
// two runs that the schedule makes in the week after now.
func (c *Config) ReadyMaxAge(now time.Time) time.Duration {
	if c.HTTP.MaxAge > 0 {
		return c.HTTP.MaxAge
	}
	pause := c.Schedule.longestPause(now, 7*24*time.Hour)
	return 2 * (pause + min(c.Jitter, pause)) // which ends before the next run is due
}
