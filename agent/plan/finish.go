package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
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
// two plans of one situation have one id. It fails when changes that are not in memory
// cannot be read.
func (p *Plan) Finish(about About) (err error) {
	p.CreatedAt = about.CreatedAt.UTC().Truncate(time.Second)
	p.App, p.Target, p.WireProfile = about.App, about.Target, about.WireProfile
	p.Source, p.StateGeneration, p.Unmanaged = about.Source, about.StateGeneration, about.Unmanaged
	p.OwnProvisioning, p.Strangers = about.OwnProvisioning, about.Strangers
	slices.SortFunc(p.Rejected, compareRejections)
	for _, c := range p.Changes {
		c.NoNulls()
	}
	p.number()
	p.Changes, p.Rejected, p.Holds = orEmpty(p.Changes), orEmpty(p.Rejected), orEmpty(p.Holds)
	p.ID, err = p.digest()
	return err
}

// digest is that of the plan as JSON without the times.
func (p *Plan) digest() (string, error) { return p.digestOf(p.EachText) }

// digestOf is digest of a plan whose changes come from elsewhere, see EachText. They are
// written into it one by one, so that it needs no room for all of them.
func (p *Plan) digestOf(each func(func(c *Change, text []byte) error) error) (string, error) {
	stable := *p
	stable.ID, stable.CreatedAt, stable.Source.TakenAt = "", time.Time{}, time.Time{}
	stable.Changes, stable.LookUps = []*Change{}, nil
	text, err := json.Marshal(stable)
	if err != nil {
		return "", err // attribute values are JSON by construction; an empty id is never equal to one
	}
	head, tail, _ := bytes.Cut(text, []byte(`"changes":[]`)) // inside a text the quotes are escaped
	sum := sha256.New()
	_, _ = sum.Write(head) // a hash takes everything
	_, _ = io.WriteString(sum, `"changes":[`)
	var one bytes.Buffer
	encoder := json.NewEncoder(&one)
	first := true
	err = each(func(c *Change, text []byte) error {
		one.Reset()
		if !first {
			one.WriteByte(',')
		}
		first = false
		if c == nil {
			json.HTMLEscape(&one, text)
		} else if err := encoder.Encode(c.untimed()); err != nil {
			return err
		} else {
			one.Truncate(one.Len() - 1) // the line break
		}
		_, _ = sum.Write(one.Bytes())
		return nil
	})
	if err != nil {
		return "", err
	}
	_, _ = io.WriteString(sum, "]")
	_, _ = sum.Write(tail)
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// untimed leaves out the time until which a change waits, not that it waits: for a person
// who was just seen to be absent it is another time in each plan.
func (c *Change) untimed() *Change {
	if c == nil || c.Block == nil || c.Block.Until == nil {
		return c
	}
	stable := *c
	block := *c.Block
	block.Until = &time.Time{}
	stable.BlockBy(block)
	return &stable
}

// NoNulls makes empty lists of missing ones, so that JSON shows [] and not null.
func (c *Change) NoNulls() {
	c.Attributes = orEmpty(c.Attributes)
	c.Members.Add, c.Members.Remove = orEmpty(c.Members.Add), orEmpty(c.Members.Remove)
}
