package el

import (
	"strings"
)

func (c country) code2() string     { return c.alpha2 }
func (c country) code3() string     { return c.alpha3 }
func (c country) digits() string    { return c.numeric }
func (c country) shortName() string { return c.name }

// isoField is one field of the country that the argument names, or null.
func isoField(args []any, field func(country) string) (any, error) {
	c, ok := countryOf(strings.TrimSpace(text(args[0])))
	if !ok {
		return nil, nil
	}
	return field(c), nil
}

// countryOf finds a country by its two- or three-letter code, its number or
// its name, in any case. A number may lack its leading zeros, because numeric
// attributes have none.
func countryOf(s string) (country, bool) {
	if s == "" {
		return country{}, false
	}
	for _, c := range countries {
		if c.is(s) {
			return c, true
		}
	}
	return country{}, false
}

func (c country) is(s string) bool {
	switch {
	case isDigit(s[0]):
		return len(s) <= 3 && c.numeric == "000"[len(s):]+s
	case len(s) == 2:
		return strings.EqualFold(c.alpha2, s)
	case len(s) == 3:
		return strings.EqualFold(c.alpha3, s)
	}
	return strings.EqualFold(c.name, s) || strings.EqualFold(c.alias, s)
}
