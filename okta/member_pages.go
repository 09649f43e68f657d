package okta

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
)

// memberObject is a member of a group, of whom only the id matters here.
type memberObject struct {
	ID string `json:"id"`
}

func (m memberObject) key() string { return m.ID }

// decode reads a member as encoding/json does, which takes more than twice as long: a company
// has many times as many memberships as people.
func (m *memberObject) decode(raw []byte) error {
	var values [1][]byte
	if json.Valid(raw) && membersOf(raw, values[:], "id") && plainText(nil, values[0], &m.ID) {
		return nil
	}
	*m = memberObject{}
	return json.Unmarshal(raw, m)
}

// memberPages reads pages of lists of members. It may be used by several goroutines.
type memberPages struct{ bodies sync.Pool }

// read is readPage for members.
func (p *memberPages) read(ctx context.Context, c *Client, path string) (page[memberObject], error) {
	text, ok := p.bodies.Get().(*bytes.Buffer)
	if !ok {
		text = &bytes.Buffer{}
	}
	defer p.bodies.Put(text)
	var out page[memberObject]
	header, err := c.read(ctx, path, maxPage, func(body *bounded) error {
		text.Reset()
		_, err := text.ReadFrom(body)
		out.bytes = body.taken
		if err != nil {
			return incomplete("list: %w", cutShort(err))
		}
		out.items, err = decodeMembers(text.Bytes())
		return err
	})
	if err != nil {
		return page[memberObject]{}, err
	}
	out.header = header
	return out, nil
}

// decodeMembers is decodeArray for members.
func decodeMembers(body []byte) ([]memberObject, error) {
	elements, err := splitArray(body)
	if err != nil {
		return nil, err
	}
	items := make([]memberObject, len(elements))
	for i, raw := range elements {
		if err := items[i].decode(raw); err != nil {
			return nil, incomplete("list: %w", err)
		}
		if items[i].ID == "" {
			return nil, incomplete("list: element without an id")
		}
	}
	return items, nil
}
