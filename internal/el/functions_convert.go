package el

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

var errNoNumber = errors.New("the string is not a number")

// convertFunctions is never written to.
var convertFunctions = map[string]function{
	"Convert.toInt":            {params: []kind{kindString | kindNumber}, result: kindNumber | kindNull, call: convertToInt},
	"Convert.toNum":            {params: []kind{kindString | kindNumber}, result: kindNumber | kindNull, call: convertToNum},
	"Iso3166Convert.toAlpha2":  {params: []kind{kindString}, result: kindString | kindNull, call: isoToAlpha2},
	"Iso3166Convert.toAlpha3":  {params: []kind{kindString}, result: kindString | kindNull, call: isoToAlpha3},
	"Iso3166Convert.toNumeric": {params: []kind{kindString}, result: kindString | kindNull, call: isoToNumeric},
	"Iso3166Convert.toName":    {params: []kind{kindString}, result: kindString | kindNull, call: isoToName},
}

// convertToInt rounds to the nearest integer, halves upwards as Java's
// Math.round. A blank string, Okta's form of a cleared attribute, is null.
func convertToInt(args []any) (any, error) {
	v := args[0]
	if s, ok := v.(string); ok {
		s = strings.TrimSpace(s)
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
		number, err := parseNumber(s)
		if number == nil || err != nil {
			return nil, err
		}
		v = number
	}
	if n, ok := v.(int64); ok {
		return n, nil
	}
	rounded, ok := integer(roundHalfUp(float(v)))
	if !ok {
		return nil, errors.New("the number is not within 64 bits")
	}
	return rounded, nil
}

// roundHalfUp avoids f+0.5, which is not exact for every f.
func roundHalfUp(f float64) float64 {
	floor := math.Floor(f)
	if f-floor >= 0.5 {
		return floor + 1
	}
	return floor
}

func convertToNum(args []any) (any, error) {
	if s, ok := args[0].(string); ok {
		return parseNumber(strings.TrimSpace(s))
	}
	return float(args[0]), nil
}

// parseNumber reads decimal digits with an optional sign, fraction and
// exponent; nothing else that strconv knows, such as "0x1p-2" or "Inf".
func parseNumber(s string) (any, error) {
	if s == "" {
		return nil, nil
	}
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return nil, errNoNumber
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, errNoNumber
	}
	return f, nil
}

func isoToAlpha2(args []any) (any, error)  { return isoField(args, (*country).code2) }
func isoToAlpha3(args []any) (any, error)  { return isoField(args, (*country).code3) }
func isoToNumeric(args []any) (any, error) { return isoField(args, (*country).digits) }
func isoToName(args []any) (any, error)    { return isoField(args, (*country).shortName) }
