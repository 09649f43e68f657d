package plan

import "time"

// Block says what keeps a change from being sent.
type Block struct {
	Kind   BlockKind  `json:"kind"`
	Detail string     `json:"detail,omitempty"` // why; for BlockDisabled the configuration key
	Hold   string     `json:"hold,omitempty"`   // the hold that has to be approved, or was rejected
	Until  *time.Time `json:"until,omitempty"`  // when it ends by itself

	// Who rejected the hold, when, and why.
	By     string     `json:"by,omitempty"`
	At     *time.Time `json:"at,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

// BlockKind is a kind of Block.
type BlockKind string

// The kinds of block.
const (
	BlockHeld        BlockKind = "held"        // a limit: until a person decides about the hold
	BlockDoubted     BlockKind = "doubted"     // the same, because what it rests on is not trusted
	BlockRejected    BlockKind = "rejected"    // a person has rejected the hold
	BlockDisabled    BlockKind = "disabled"    // switched off by the configuration
	BlockPaused      BlockKind = "paused"      // a source of the group is paused
	BlockWaiting     BlockKind = "waiting"     // a pause after a failure, or limits.grace
	BlockUnconfirmed BlockKind = "unconfirmed" // what it rests on is not trusted, or not known
)

// Is says whether there is a block of that kind. It is false of nil.
func (b *Block) Is(kind BlockKind) bool { return b != nil && b.Kind == kind }

// IsHeld says whether there is a block that waits for a person. It is false of nil.
func (b *Block) IsHeld() bool { return b.Is(BlockHeld) || b.Is(BlockDoubted) }

// blockKeys are the JSON keys that said the same before there was "blocked". Scripts
// read them; nothing here does.
type blockKeys struct {
	OldHeld        bool       `json:"held"`
	OldHoldID      string     `json:"hold_id,omitempty"`
	OldDisabled    string     `json:"disabled,omitempty"`
	OldWaitUntil   *time.Time `json:"wait_until,omitempty"`
	OldUnconfirmed string     `json:"unconfirmed,omitempty"`
}

// BlockBy keeps the change from being sent, instead of what did so before.
func (c *Change) BlockBy(b Block) {
	c.Block, c.blockKeys = &b, blockKeys{}
	switch b.Kind {
	case BlockRejected: // those keys had no word for it
	case BlockHeld, BlockDoubted:
		c.OldHeld, c.OldHoldID = true, b.Hold
	case BlockDisabled, BlockPaused:
		c.OldDisabled = b.Detail
	case BlockWaiting:
		c.OldWaitUntil = b.Until
	default:
		c.OldUnconfirmed = b.Detail
	}
}

// Unblock has the change sent.
func (c *Change) Unblock() { c.Block, c.blockKeys = nil, blockKeys{} }

// LooksUp says whether a run begins the change by looking for an account of that name.
func (c *Change) LooksUp() bool {
	return !c.Blocked() && (c.Action == Create || c.Action == Link || c.Action == Reactivate)
}

// Blocked says whether something keeps the change from being sent.
func (c *Change) Blocked() bool { return c.Block != nil }
