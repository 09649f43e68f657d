package el

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// timeFunctions is never written to. Those of Okta's that read the clock or
// take a date pattern are not among them.
var timeFunctions = map[string]function{
	"Time.fromUnixToIso8601":    {params: []kind{kindString}, result: kindString | kindNull, call: unixToISO},
	"Time.fromWindowsToIso8601": {params: []kind{kindString}, result: kindString | kindNull, call: windowsToISO},
	"Time.fromIso8601ToUnix":    {params: []kind{kindString}, result: kindString | kindNull, call: isoToUnix},
	"Time.fromIso8601ToWindows": {params: []kind{kindString}, result: kindString | kindNull, call: isoToWindows},
}

// isoLayout is the form of every instant that Okta shows: UTC, milliseconds.
const isoLayout = "2006-01-02T15:04:05.000Z"

// A Windows timestamp counts intervals of 100 ns from the year 1601 on.
const (
	windowsPerSecond  = 10_000_000
	windowsUnixOffset = 11_644_473_600 // seconds from 1601 to 1970
)

var (
	errNoTimestamp = errors.New("the string is not a timestamp within the years 0 to 9999")
	errNoISO8601   = errors.New("the string is not an ISO 8601 timestamp such as 2015-07-31T17:18:37.979Z")
)

func unixToISO(args []any) (any, error) {
	return timestampToISO(args, func(n int64) time.Time { return time.Unix(n, 0) })
}

func windowsToISO(args []any) (any, error) {
	return timestampToISO(args, func(n int64) time.Time {
		return time.Unix(n/windowsPerSecond-windowsUnixOffset, n%windowsPerSecond*100)
	})
}

func timestampToISO(args []any, instant func(int64) time.Time) (any, error) {
	s := strings.TrimSpace(text(args[0]))
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil, errNoTimestamp
	}
	t := instant(n).UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return nil, errNoTimestamp
	}
	return t.Format(isoLayout), nil
}

func isoToUnix(args []any) (any, error) {
	return isoToTimestamp(args, func(t time.Time) int64 { return t.Unix() })
}

func isoToWindows(args []any) (any, error) {
	return isoToTimestamp(args, func(t time.Time) int64 {
		return (t.Unix()+windowsUnixOffset)*windowsPerSecond + int64(t.Nanosecond()/100)
	})
}

func isoToTimestamp(args []any, timestamp func(time.Time) int64) (any, error) {
	s := strings.TrimSpace(text(args[0]))
	if s == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Unix() > math.MaxInt64/windowsPerSecond-windowsUnixOffset {
		return nil, errNoISO8601
	}
	return strconv.FormatInt(timestamp(t), 10), nil
}
