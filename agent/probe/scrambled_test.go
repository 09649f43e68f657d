package probe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/walkme/walkmetest"
)

// scrambler is a server one value of whose answers, now and then, is another one than
// SCIM has there.
type scrambler struct {
	next http.RoundTripper
	rand *rand.Rand
	one  int // of so many answers
}

// oddValues are what a value becomes.
var oddValues = []any{
	nil, true, false, "", "x", "\x00\x1b[31m", -1, 0, 1.5, 1e300, json.Number("9007199254740993"), []any{}, []any{nil}, []any{"a", 1},
	[]any{map[string]any{}}, map[string]any{}, map[string]any{"id": nil, "value": []any{nil}}, []any{[]any{[]any{}}},
}

func (s *scrambler) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(req)
	if err != nil || s.rand.IntN(s.one) > 0 {
		return resp, err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, errors.Join(err, resp.Body.Close())
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	var v any
	if json.Unmarshal(text, &v) == nil {
		if text, err = json.Marshal(s.odd(v)); err != nil {
			return nil, err
		}
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	resp.Header.Del("Content-Length")
	return resp, nil
}

// odd replaces one value somewhere in v, itself perhaps.
func (s *scrambler) odd(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			if s.rand.IntN(len(v)+1) == 0 {
				v[key] = s.odd(v[key])
				return v
			}
		}
	case []any:
		if len(v) > 0 && s.rand.IntN(3) > 0 {
			i := s.rand.IntN(len(v))
			v[i] = s.odd(v[i])
			return v
		}
	}
	return oddValues[s.rand.IntN(len(oddValues))]
}

// TestScrambledAnswers judges servers whose answers have anything anywhere: the run
// ends, and nobody whom it did not make is touched.
func TestScrambledAnswers(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 2
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			tenant := newTenant(walkmetest.Options{KeepRequests: -1})
			defer tenant.Close()
			o := options(tenant)
			o.Transport = inOrder(&scrambler{next: o.Transport, rand: rand.New(rand.NewPCG(seed, 13)), one: 1 + int(seed)%5*3})
			o.Skip = crowd
			ctx, cancel := context.WithTimeout(t.Context(), o.Timeout+probe.DefaultTimeout*2)
			defer cancel()
			if _, err := probe.Run(ctx, o); ctx.Err() != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
			for _, u := range tenant.Users()[:3] {
				if !u.Active || u.GivenName != "Real" {
					t.Errorf("seed %d: %+v was changed", seed, u)
				}
			}
		})
	}
}
