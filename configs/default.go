package configs

import (
	_ "embed"
	"time"

	"okta-walkme-agent/walkme"
)

//go:embed agent.yaml
var sample string

// Sample is the annotated configuration file: every key with its unit, default
// and effect, the required ones with made-up values. The slice belongs to the
// caller.
func Sample() []byte { return []byte(sample) }

// Default is the configuration that every file is laid over. It is not complete:
// org, app, target and both kinds of credentials have no default.
func Default() Config {
	c := Config{
		Okta: Okta{Auth: OktaAuth{DPoP: "auto"}, RateLimitShare: 0.5, MaxPeople: 2_000_000, GroupFullRead: 6 * time.Hour, Timeout: time.Minute},
		WalkMe: WalkMe{
			WireProfile: "oin", Fidelity: fidelitySafe, Matching: string(walkme.MatchLookup), VerifyEvery: time.Hour, MaxInFlight: 8, RequestsPerSecond: 25, Timeout: time.Minute,
			Wire: wireOf(walkme.DefaultWire()),
		},
		Provisioning: Provisioning{
			CreateUsers: true, UpdateUserAttributes: true, DeactivateUsers: true,
			Suspended: "keep", OnMissing: "error", RequireEmail: true,
		},
		Mappings: defaultMappings(),
		PushGroups: PushGroups{
			OnUnlink: "leave", DeprovisionedMembers: "keep", MembershipUpdates: "auto", OnMissing: "error",
		},
		Limits: Limits{
			Deactivations:   Limit{Count: 20, Percent: 10},
			MemberRemovals:  Limit{Count: 100, Percent: 20},
			EmptiedValues:   Limit{Count: 20, Percent: 10},
			Window:          24 * time.Hour,
			ConfirmRemovals: true,
		},
		State: State{Path: "/var/lib/okta-walkme-agent/state.db", KeepHistory: 90 * 24 * time.Hour},
		Log:   Log{Level: "info", Format: "auto"},
	}
	c.Schedule, _ = ParseSchedule("*/15 * * * *")
	return c
}
