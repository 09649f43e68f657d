package plan

import (
	"encoding/json"
	"testing"
	"time"

	"okta-walkme-agent/internal/scim"
)

// FuzzRead reads plan files that somebody has edited, with and without the
// id that belongs to the new content: they are read or refused.
func FuzzRead(f *testing.F) {
	plan := Plan{
		Schema: Schema, CreatedAt: time.Unix(1, 0).UTC(), Source: Source{TakenAt: time.Unix(1, 0).UTC()},
		Changes: []*Change{{Seq: 1, Type: scim.User, Action: Update, OktaID: "00u1", WalkMeID: "w1", Name: "ann@example.com",
			Attributes: []scim.AttributeChange{{Path: "userName", Old: "ann", New: "ann@example.com"}}}},
		Rejected: []Rejection{{Type: scim.User, OktaID: "00u2", Error: "no address"}},
		Holds:    []Hold{{ID: "deactivations-1", Kind: HoldDeactivations, Count: 1, Items: []string{"00u3"}}},
	}
	var err error
	if plan.ID, err = plan.digest(); err != nil {
		f.Fatal(err)
	}
	whole, err := json.Marshal(plan)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(whole), `{}`, `null`, `[]`, `{"schema":"okta-walkme-agent/plan/v1","changes":[null]}`,
		`{"schema":"okta-walkme-agent/plan/v1","changes":[{"attributes":[{"path":"x","old":1e400,"new":[{}]}]}]}`,
		`{"schema":"okta-walkme-agent/plan/v1","unknown":1}`, string(whole) + "{}", string(whole[:len(whole)/2]),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Read(data); err == nil {
			return
		}
		var edited Plan
		if json.Unmarshal(data, &edited) != nil {
			return
		}
		if edited.ID, _ = edited.digest(); edited.ID == "" {
			return
		}
		signed, err := json.Marshal(edited)
		if err != nil {
			return
		}
		p, err := Read(signed)
		if err != nil {
			return
		}
		if moved := p.Compare(&plan); moved == nil && p.ID != plan.ID {
			t.Errorf("plan %s is taken for plan %s", p.ID, plan.ID)
		}
	})
}
