package el

import (
	"slices"
	"strings"
)

func (c *country) code2() string     { return c.alpha2 }
func (c *country) code3() string     { return c.alpha3 }
func (c *country) digits() string    { return c.numeric }
func (c *country) shortName() string { return c.name }

// isoField is one field of the country that the argument names, or null.
func isoField(args []any, field func(*country) string) (any, error) {
	c := countryOf(strings.TrimSpace(text(args[0])))
	if c == nil {
		return nil, nil
	}
	return field(c), nil
}

// countryOf finds a country by its two- or three-letter code, its number or
// its name, in any case, or returns nil. A number may lack its leading zeros,
// because numeric attributes have none.
func countryOf(s string) *country {
	if s == "" {
		return nil
	}
	code := strings.ToUpper(s)
	if isDigit(s[0]) && len(s) <= 3 {
		code = "000"[len(s):] + s
	}
	if len(code) == 2 {
		i, _ := slices.BinarySearchFunc(countries[:], code, func(c country, code string) int {
			return strings.Compare(c.alpha2, code)
		})
		if i < len(countries) && countries[i].alpha2 == code {
			return &countries[i]
		}
		return nil
	}
	for i := range countries {
		c := &countries[i]
		if c.alpha3 == code || c.numeric == code {
			return c
		}
	}
	for i := range countries {
		c := &countries[i]
		if strings.EqualFold(c.name, s) || strings.EqualFold(c.alias, s) {
			return c
		}
	}
	return nil
}
