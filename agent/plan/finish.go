package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// About is what a plan was made from, and for whom.
type About struct {
	CreatedAt       time.Time
	App             AppRef
	Target          string // SCIM base URL
	WireProfile     string
	Source          Source
	StateGeneration int64
	Unmanaged       *Unmanaged
	Strangers       []Strangers
	OwnProvisioning []string // features by which Okta itself writes to the app
}

// Finish fills in what identifies the plan. The id leaves the times out, so that
// two plans of one situation have one id.
func (p *Plan) Finish(about About) {
	p.CreatedAt = about.CreatedAt.UTC().Truncate(time.Second)
	p.App, p.Target, p.WireProfile = about.App, about.Target, about.WireProfile
	p.Source, p.StateGeneration, p.Unmanaged = about.Source, about.StateGeneration, about.Unmanaged
	p.OwnProvisioning, p.Strangers = about.OwnProvisioning, about.Strangers
	slices.SortFunc(p.Rejected, compareRejections)
	for i, c := range p.Changes {
		c.Seq = i + 1
		c.NoNulls()
	}
	p.Changes, p.Rejected, p.Holds = orEmpty(p.Changes), orEmpty(p.Rejected), orEmpty(p.Holds)
	p.ID = p.digest()
}

func (p *Plan) digest() string {
	stable := *p
	stable.ID, stable.CreatedAt, stable.Source.TakenAt = "", time.Time{}, time.Time{}
	stable.Changes, stable.LookUps = untimed(p.Changes), nil
	text, err := json.Marshal(stable)
	if err != nil {
		return "" // attribute values are JSON by construction; an empty id is never equal to one
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// untimed leaves out until when changes wait, but not that they do: of a person who
// was just seen to be absent that is another time in each plan.
func untimed(changes []*Change) []*Change {
	out := slices.Clone(changes)
	for i, c := range out {
		if c != nil && c.Block != nil && c.Block.Until != nil {
			stable := *c
			block := *c.Block
			block.Until = &time.Time{}
			stable.BlockBy(block)
			out[i] = &stable
		}
	}
	return out
}

// NoNulls makes empty lists of missing ones, so that JSON shows [] and not null.
func (c *Change) NoNulls() {
	c.Attributes = orEmpty(c.Attributes)
	c.Members.Add, c.Members.Remove = orEmpty(c.Members.Add), orEmpty(c.Members.Remove)
}
