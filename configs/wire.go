package configs

import (
	"reflect"

	"okta-walkme-agent/walkme"
)

// Values of walkme.fidelity.
const (
	fidelitySafe   = "safe"
	fidelityStrict = "strict"
)

// Wire are the switches of walkme.Wire, which says what each is for. How members
// are written is a matter of push_groups.
type Wire struct {
	GetBeforePatch    bool   `yaml:"get_before_patch"`
	PatchActiveMatch  bool   `yaml:"patch_active_match"`
	ActiveFromMapping bool   `yaml:"active_from_mapping"`
	SendPassword      bool   `yaml:"send_password"`
	EchoPassword      bool   `yaml:"echo_password"`
	SendGroups        bool   `yaml:"send_groups"`
	ExtensionSchemas  bool   `yaml:"extension_schemas"`
	UserUpdate        string `yaml:"user_update" oneof:"put|patch"`
	Overlay           string `yaml:"overlay" oneof:"all|changed"`
	ClearedValue      string `yaml:"cleared_value" oneof:"empty|null|omit"`
	MultiValued       string `yaml:"multi_valued" oneof:"replace|merge"`
	PathlessActive    bool   `yaml:"pathless_active"`
	PathlessRename    bool   `yaml:"pathless_rename"`
	RenameWithMembers bool   `yaml:"rename_with_members"`
	SecondGroupWrite  string `yaml:"second_group_write" oneof:"always|when_missing|never"`
	GroupPutID        bool   `yaml:"group_put_id"`
	MemberBatch       int    `yaml:"member_batch" min:"1" max:"1000"`
	ResolveConflicts  bool   `yaml:"resolve_conflicts"`
	FindBeforeRename  bool   `yaml:"find_before_rename"`
	SplitRefused      bool   `yaml:"split_refused"`
	ReadWhenDoubtful  bool   `yaml:"read_when_doubtful"`
	ExactNumbers      bool   `yaml:"exact_numbers"`
	VerifyWrites      bool   `yaml:"verify_writes"`
}

// applyFidelity gives the switches that the file does not name the values of its
// walkme.fidelity.
func (c *Config) applyFidelity(source positions) {
	if c.WalkMe.Fidelity != fidelityStrict {
		return
	}
	wire, strict := reflect.ValueOf(&c.WalkMe.Wire).Elem(), reflect.ValueOf(wireOf(walkme.StrictWire()))
	for key, i := range fieldsOf(wire.Type()) {
		if !source.has("walkme.wire." + key) {
			wire.Field(i).Set(strict.Field(i))
		}
	}
}

// wireOf is walkme's wire in the terms of the file.
func wireOf(w walkme.Wire) Wire {
	return Wire{
		GetBeforePatch: w.GetBeforePatch, PatchActiveMatch: w.PatchActiveMatch, ActiveFromMapping: w.ActiveFromMapping,
		SendPassword: w.SendPassword, EchoPassword: w.EchoPassword, SendGroups: w.SendGroups,
		ExtensionSchemas: w.ExtensionSchemas, UserUpdate: w.UserUpdate, Overlay: w.Overlay,
		ClearedValue: w.ClearedValue, MultiValued: w.MultiValued,
		PathlessActive: w.PathlessActive, PathlessRename: w.PathlessRename, RenameWithMembers: w.RenameWithMembers,
		SecondGroupWrite: w.SecondGroupWrite, GroupPutID: w.GroupPutID, MemberBatch: w.MemberBatch,
		ResolveConflicts: w.ResolveConflicts, FindBeforeRename: w.FindBeforeRename, SplitRefused: w.SplitRefused,
		ReadWhenDoubtful: w.ReadWhenDoubtful, ExactNumbers: w.ExactNumbers, VerifyWrites: w.VerifyWrites,
	}
}

// wire is the file's in the terms of walkme.
func (c *Config) wire() walkme.Wire {
	w := c.WalkMe.Wire
	return walkme.Wire{
		GetBeforePatch: w.GetBeforePatch, PatchActiveMatch: w.PatchActiveMatch, ActiveFromMapping: w.ActiveFromMapping,
		SendPassword: w.SendPassword, EchoPassword: w.EchoPassword, SendGroups: w.SendGroups,
		ExtensionSchemas: w.ExtensionSchemas, UserUpdate: w.UserUpdate, Overlay: w.Overlay,
		ClearedValue: w.ClearedValue, MultiValued: w.MultiValued,
		PathlessActive: w.PathlessActive, PathlessRename: w.PathlessRename, RenameWithMembers: w.RenameWithMembers,
		SecondGroupWrite: w.SecondGroupWrite, GroupPutID: w.GroupPutID, MemberBatch: w.MemberBatch,
		ResolveConflicts: w.ResolveConflicts, FindBeforeRename: w.FindBeforeRename, SplitRefused: w.SplitRefused,
		ReadWhenDoubtful: w.ReadWhenDoubtful, ExactNumbers: w.ExactNumbers, VerifyWrites: w.VerifyWrites,
		MembershipUpdates: c.PushGroups.MembershipUpdates,
	}
}
