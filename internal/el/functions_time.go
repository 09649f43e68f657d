package el

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// timeFunctions is never written to. What reads the clock is not among them. Unix time
// counts milliseconds, as in Okta.
var timeFunctions = map[string]function{
	"Time.fromUnixToIso8601":    {params: []kind{kindString}, result: kindString | kindNull, call: unixToISO},
	"Time.fromWindowsToIso8601": {params: []kind{kindString}, result: kindString | kindNull, call: windowsToISO},
	"Time.fromIso8601ToUnix":    {params: []kind{kindString}, result: kindString | kindNull, call: isoToUnix},
	"Time.fromIso8601ToWindows": {params: []kind{kindString}, result: kindString | kindNull, call: isoToWindows},
	"Time.fromIso8601ToString":  {params: []kind{kindString, kindString}, result: kindString | kindNull, call: isoToString, check: checkFormatPattern},
	"Time.fromStringToIso8601":  {params: []kind{kindString, kindString}, result: kindString | kindNull, call: stringToISO, check: checkParsePattern},
}

// isoLayout is the form of every instant that Okta shows: UTC, milliseconds.
const isoLayout = "2006-01-02T15:04:05.000Z"

// unixPerSecond: Okta's Unix timestamps count milliseconds.
const unixPerSecond = 1000

// A Windows timestamp counts intervals of 100 ns from the year 1601 on.
const (
	windowsPerSecond  = 10_000_000
	windowsUnixOffset = 11_644_473_600 // seconds from 1601 to 1970
)

// The years that ISO 8601 writes with four digits, in seconds from 1970 on.
// The last second of each end is left out, for the fraction.
const (
	minSeconds = -62_167_219_199 // 0000-01-01T00:00:01Z
	maxSeconds = 253_402_300_798 // 9999-12-31T23:59:58Z
)

var (
	errNoTimestamp = errors.New("the string is not a timestamp within the years 0 to 9999")
	errNoISO8601   = errors.New("the string is not an ISO 8601 timestamp such as 2015-07-31T17:18:37.979Z")
)

func unixToISO(args []any) (any, error) { return timestampToISO(text(args[0]), unixPerSecond, 0) }

func windowsToISO(args []any) (any, error) {
	return timestampToISO(text(args[0]), windowsPerSecond, windowsUnixOffset)
}

// timestampToISO reads a count of 1/perSecond seconds that began epoch seconds
// before 1970.
func timestampToISO(s string, perSecond, epoch int64) (any, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	seconds := n/perSecond - epoch
	if err != nil || seconds < minSeconds || seconds > maxSeconds {
		return nil, errNoTimestamp
	}
	nanoseconds := n % perSecond * (int64(time.Second) / perSecond)
	return time.Unix(seconds, nanoseconds).UTC().Format(isoLayout), nil
}

func isoToUnix(args []any) (any, error) {
	return isoToTimestamp(args, time.Time.UnixMilli)
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
	if err != nil {
		return nil, errNoISO8601
	}
	return strconv.FormatInt(timestamp(t), 10), nil
}
