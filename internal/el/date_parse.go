package el

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// readable refuses a pattern by which no text can be read to the same instant at any
// time.
func (p datePattern) readable() error {
	for _, f := range p {
		if f.letter == 'y' && f.n == 2 {
			return errors.New("a year of two digits is read by the current date: write yyyy")
		}
	}
	return nil
}

// dateParts are what a text said. What it did not say is as in Joda-Time: the year 2000,
// the first month, the first day, midnight, UTC.
type dateParts struct {
	year, month, day, yearDay   int
	hour, minute, second, nanos int
	half, hourOfHalf            int // -1: not said
	offset                      int // seconds
	weekday                     int // 1 is Monday; 0: not said
}

// parse reads a text that has to fit as a whole.
func (p datePattern) parse(s string) (time.Time, bool) {
	d := dateParts{year: 2000, month: 1, day: 1, half: -1, hourOfHalf: -1}
	for i, f := range p {
		var ok bool
		if f.letter == 0 {
			s, ok = strings.CutPrefix(s, f.text)
		} else {
			next := i+1 < len(p) && p[i+1].numeric()
			s, ok = d.read(f, s, next)
		}
		if !ok {
			return time.Time{}, false
		}
	}
	if s != "" {
		return time.Time{}, false
	}
	return d.time()
}

// numeric says whether the field is a run of digits, so that the one before it must have
// just as many digits as it has letters.
func (f dateField) numeric() bool {
	return f.letter != 0 && !strings.ContainsRune("aEZ", rune(f.letter)) && !(f.letter == 'M' && f.n >= 3)
}

func (d *dateParts) read(f dateField, s string, exact bool) (rest string, ok bool) {
	switch {
	case f.letter == 'M' && f.n >= 3:
		d.month, rest, ok = readName(s, 12, func(i int) string { return time.Month(i).String() })
		return rest, ok
	case f.letter == 'E':
		d.weekday, rest, ok = readName(s, 7, func(i int) string { return time.Weekday(i % 7).String() })
		return rest, ok
	case f.letter == 'a':
		d.half, rest, ok = readName(s, 2, func(i int) string { return [...]string{"", "AM", "PM"}[i] })
		d.half--
		return rest, ok
	case f.letter == 'Z':
		d.offset, rest, ok = readOffset(s)
		return rest, ok
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	most := 2
	switch {
	case exact:
		most = f.n
	case f.letter == 'y' || f.letter == 'S':
		most = 9
	case f.letter == 'D':
		most = 3
	}
	digits = min(digits, most)
	n, err := strconv.Atoi(s[:digits])
	if err != nil || exact && digits < f.n {
		return s, false
	}
	if f.letter == 'S' {
		n, _ = strconv.Atoi((s[:digits] + "000000000")[:9])
	}
	return s[digits:], d.set(f.letter, n)
}

func (d *dateParts) set(letter byte, n int) bool {
	within := func(field *int, least, most int) bool { *field = n; return n >= least && n <= most }
	switch letter {
	case 'y':
		return within(&d.year, 1, 9999)
	case 'M':
		return within(&d.month, 1, 12)
	case 'd':
		return within(&d.day, 1, 31)
	case 'D':
		return within(&d.yearDay, 1, 366)
	case 'e':
		return within(&d.weekday, 1, 7)
	case 'H':
		return within(&d.hour, 0, 23)
	case 'k':
		ok := within(&d.hour, 1, 24)
		d.hour %= 24
		return ok
	case 'K':
		return within(&d.hourOfHalf, 0, 11)
	case 'h':
		ok := within(&d.hourOfHalf, 1, 12)
		d.hourOfHalf %= 12
		return ok
	case 'm':
		return within(&d.minute, 0, 59)
	case 's':
		return within(&d.second, 0, 59)
	}
	d.nanos = n
	return true
}

// time puts the parts together and makes sure that they are of one date.
func (d *dateParts) time() (time.Time, bool) {
	if d.hourOfHalf >= 0 {
		d.hour = d.hourOfHalf + 12*max(d.half, 0)
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, d.nanos, time.FixedZone("", d.offset))
	exists := t.Day() == d.day
	if d.yearDay > 0 {
		t = time.Date(d.year, 1, d.yearDay, d.hour, d.minute, d.second, d.nanos, time.FixedZone("", d.offset))
		exists = t.Year() == d.year
	}
	if d.weekday > 0 && d.weekday%7 != int(t.Weekday()) {
		return t, false
	}
	return t.UTC(), exists
}

// readName reads one of the names 1 to n, in full or its first three letters, in any case.
func readName(s string, n int, name func(int) string) (number int, rest string, ok bool) {
	begins := func(word string) bool { return len(s) >= len(word) && strings.EqualFold(s[:len(word)], word) }
	for i := 1; i <= n; i++ {
		full := name(i)
		switch {
		case begins(full):
			return i, s[len(full):], true
		case len(full) > 3 && begins(full[:3]):
			return i, s[3:], true
		}
	}
	return 0, s, false
}

// readOffset reads Z, +hh:mm or +hhmm.
func readOffset(s string) (seconds int, rest string, ok bool) {
	if rest, ok = strings.CutPrefix(s, "Z"); ok {
		return 0, rest, true
	}
	for _, layout := range [...]string{"-07:00", "-0700"} {
		if len(s) < len(layout) {
			continue
		}
		if t, err := time.Parse(layout, s[:len(layout)]); err == nil {
			_, seconds = t.Zone()
			return seconds, s[len(layout):], true
		}
	}
	return 0, s, false
}
