package configs

// Wire are the switches for what Okta's documentation and the recorded
// conversations leave open. The fields are those of walkme.Wire, in its order.
type Wire struct {
	GetBeforePatch    bool   `yaml:"get_before_patch"`
	PatchActiveMatch  bool   `yaml:"patch_active_match"`
	RenameWithMembers bool   `yaml:"rename_with_members"`
	SecondGroupWrite  string `yaml:"second_group_write" oneof:"always|when_missing|never"`
	SendPassword      bool   `yaml:"send_password"`
	SendGroups        bool   `yaml:"send_groups"`
	ClearedValue      string `yaml:"cleared_value" oneof:"empty|null|omit"`
	MultiValued       string `yaml:"multi_valued" oneof:"replace|merge"`
	MemberBatch       int    `yaml:"member_batch" min:"1" max:"1000"`
}

func defaultWire() Wire { return Wire{SecondGroupWrite: "always", ClearedValue: "empty", MultiValued: "replace", MemberBatch: 100} }
