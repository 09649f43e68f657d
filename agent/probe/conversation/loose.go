package conversation

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// The types of this file take what proxies, and people who turn a log into HAR, write in
// place of what HAR 1.2 has there: a recording is worth reading without its times.

// moment is a time in the form of HAR, or of a server's log; zero when it is in no form
// that is known.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) != nil {
		return nil // a recording is worth reading without its times
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", time.DateTime, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(form, s); err == nil {
			m.Time = t
			return nil
		}
	}
	return nil
}

// number is a JSON number, or one in quotes; 0 when it is neither.
type number float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(text []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(text), `"`), 64)
	if err == nil && !math.IsNaN(v) && math.Abs(v) < 1e15 {
		*n = number(v)
	}
	return nil
}

// words is a text, or the JSON that stands in its place.
type words string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(text []byte) error {
	var s string
	switch {
	case string(text) == "null":
	case json.Unmarshal(text, &s) == nil:
		*w = words(s)
	default:
		*w = words(text)
	}
	return nil
}
