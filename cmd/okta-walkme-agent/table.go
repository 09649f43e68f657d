package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"okta-walkme-agent/agent/report"
)

// table is lines in columns, each with a remark below it that may be longer than
// the terminal is wide.
type table struct {
	title, header string
	rows, remarks []string
}

func (t *table) row(remark, format string, args ...any) {
	t.rows, t.remarks = append(t.rows, fmt.Sprintf(format, args...)), append(t.remarks, remark)
}

// write prints a table that has rows.
func (t *table) write(w io.Writer) error {
	if len(t.rows) == 0 {
		return nil
	}
	rows := [][]string{strings.Split(t.header, "\t")}
	for _, row := range t.rows {
		rows = append(rows, strings.Split(row, "\t"))
	}
	out := "\n" + t.title + "\n"
	for i, line := range report.Align(rows) {
		out += line + "\n"
		if i > 0 && t.remarks[i-1] != "" {
			out += "    " + report.Escape(t.remarks[i-1]) + "\n"
		}
	}
	_, err := io.WriteString(w, out)
	return err
}

// room is how many columns the reader of a stream has: those of the terminal, or COLUMNS;
// 0 where it is not known.
func (c *cli) room(w io.Writer) int {
	said, err := strconv.Atoi(c.getenv("COLUMNS"))
	if err != nil || said < 0 {
		said = 0
	}
	return cmp.Or(c.columns, width(w), said)
}

// folded keeps to the columns that the reader of a stream has.
func (c *cli) folded(w io.Writer) io.Writer { return report.Folded(w, c.room(w), programName) }
