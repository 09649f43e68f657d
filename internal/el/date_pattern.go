package el

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// datePattern is a pattern of Joda-Time, which Okta's date functions take
// (https://www.joda.org/joda-time/key_format.html), in English. It is a list of fields
// and texts.
type datePattern []dateField

// dateField is a letter that is repeated n times or, with letter 0, a text.
type dateField struct {
	letter byte
	n      int
	text   string
}

const patternHint = "the letters are y M d H h K k a m s S E e D Z; put text between single quotes"

// parseDatePattern cuts a pattern into its fields.
func parseDatePattern(pattern string) (datePattern, error) {
	var out datePattern
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			text, length, ok := quotedText(pattern[i:])
			if !ok {
				return nil, errors.New("a quote in the date pattern is not closed")
			}
			out, i = append(out, dateField{text: text}), i+length
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			n := len(pattern[i:]) - len(strings.TrimLeft(pattern[i:], string(c)))
			if !strings.ContainsRune("yYMdHhKkamsSEeDZ", rune(c)) {
				return nil, fmt.Errorf("the date pattern has the letter %c", c)
			}
			if c == 'Y' {
				c = 'y' // the year of the era, which is ours
			}
			out, i = append(out, dateField{letter: c, n: n}), i+n
		default:
			out, i = append(out, dateField{text: pattern[i : i+1]}), i+1
		}
	}
	if len(out) == 0 {
		return nil, errors.New("the date pattern is empty")
	}
	return out, nil
}

// quotedText reads 'text'; two quotes are one, inside and outside.
func quotedText(s string) (text string, length int, ok bool) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, true
	}
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			i++
			continue
		}
		return strings.ReplaceAll(s[1:i], "''", "'"), i + 1, true
	}
	return "", 0, false
}

// format writes an instant in UTC.
func (p datePattern) format(t time.Time) string {
	var b strings.Builder
	for _, f := range p {
		if f.letter == 0 {
			b.WriteString(f.text)
			continue
		}
		b.WriteString(f.format(t))
	}
	return b.String()
}

func (f dateField) format(t time.Time) string {
	switch f.letter {
	case 'y':
		if f.n == 2 {
			return fmt.Sprintf("%02d", t.Year()%100)
		}
		return padded(t.Year(), f.n)
	case 'M':
		return f.named(t.Month().String(), int(t.Month()))
	case 'E':
		return dateField{'E', max(f.n, 3), ""}.named(t.Weekday().String(), 0)
	case 'S':
		digits := fmt.Sprintf("%09d", t.Nanosecond())
		return (digits + strings.Repeat("0", f.n))[:f.n]
	case 'a':
		return t.Format("PM")
	case 'Z':
		if f.n > 1 {
			return t.Format("-07:00")
		}
		return t.Format("-0700")
	}
	return padded(f.number(t), f.n)
}

// named writes a name in full from four letters on, else its first three letters, or a
// number.
func (f dateField) named(name string, number int) string {
	switch {
	case f.n >= 4:
		return name
	case f.n == 3:
		return name[:3]
	}
	return padded(number, f.n)
}

func padded(n, digits int) string { return fmt.Sprintf("%0*d", min(digits, 64), n) }

func (f dateField) number(t time.Time) int {
	switch f.letter {
	case 'd':
		return t.Day()
	case 'D':
		return t.YearDay()
	case 'e':
		return (int(t.Weekday())+6)%7 + 1 // Monday is 1
	case 'H':
		return t.Hour()
	case 'k':
		return (t.Hour()+23)%24 + 1
	case 'K':
		return t.Hour() % 12
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'm':
		return t.Minute()
	}
	return t.Second()
}

func isoToString(args []any) (any, error) {
	s := strings.TrimSpace(text(args[0]))
	if s == "" {
		return nil, nil
	}
	p, err := parseDatePattern(text(args[1]))
	if err != nil {
		return nil, err
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return nil, errNoISO8601
	}
	return p.format(t.UTC()), nil
}

func stringToISO(args []any) (any, error) {
	s := strings.TrimSpace(text(args[0]))
	if s == "" {
		return nil, nil
	}
	p, err := parseDatePattern(text(args[1]))
	if err == nil {
		err = p.readable()
	}
	if err != nil {
		return nil, err
	}
	t, ok := p.parse(s)
	if !ok {
		return nil, errors.New("the string " + strconv.Quote(s) + " does not fit the date pattern")
	}
	return t.Format(isoLayout), nil
}

// checkFormatPattern and checkParsePattern refuse a pattern that is written in the source.
func checkFormatPattern(args []node) *problem {
	return checkPattern(args, func(datePattern) error { return nil })
}

func checkParsePattern(args []node) *problem { return checkPattern(args, datePattern.readable) }

func checkPattern(args []node, more func(datePattern) error) *problem {
	literal, ok := args[1].(*literalNode)
	if !ok || literal.value == nil {
		return nil
	}
	written, _ := textOf(literal.value)
	p, err := parseDatePattern(written)
	if err == nil {
		err = more(p)
	}
	if err != nil {
		return refuse(args[1].offset(), err.Error(), patternHint)
	}
	return nil
}
