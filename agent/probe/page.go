package probe

import (
	"strconv"
)

// pageOf is the path of one page of a list, in Okta's order of the query.
func pageOf(endpoint string, start, count int) string {
	return endpoint + "?startIndex=" + strconv.Itoa(start) + "&count=" + strconv.Itoa(count)
}

// number reads a counter of a list, also where it is a string, which another check
// accuses.
func number(v any) (int, bool) {
	switch v := v.(type) {
	case float64:
		return int(v), true
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	}
	return 0, false
}
