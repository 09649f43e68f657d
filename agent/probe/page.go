package probe

import (
	"encoding/json"
	"math"
	"strconv"
)

// pageOf is the path of one page of a list, in Okta's order of the query.
func pageOf(endpoint string, start, count int) string {
	return endpoint + "?startIndex=" + strconv.Itoa(start) + "&count=" + strconv.Itoa(count)
}

// maxCounter is the greatest number that every JSON parser reads exactly.
const maxCounter = 1 << 53

// number reads a counter of a list, also where it is a string, which another check
// accuses. It is none when it is no whole number.
func number(v any) (int, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return int(f), err == nil && f == math.Trunc(f) && math.Abs(f) <= maxCounter
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	}
	return 0, false
}
