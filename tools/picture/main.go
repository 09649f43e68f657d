// Command picture draws what a program printed on a terminal, as SVG: the picture at
// the top of README.md comes from the demo's real output.
//
//	okta-walkme-agent demo --color always | picture -from 'plan$' -lines 34 >docs/demo.svg
package main

import (
	"bufio"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// Of a character of the terminal, in pixels.
const (
	width  = 8.4
	height = 19
	margin = 16
)

func run(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("picture", flag.ContinueOnError)
	from := flags.String("from", "", "regular expression of the first line")
	lines := flags.Int("lines", 40, "how many lines")
	columns := flags.Int("columns", 100, "how wide")
	if err := flags.Parse(args); err != nil {
		return err
	}
	first, err := regexp.Compile(*from)
	if err != nil {
		return err
	}
	shown, err := read(in, first, *lines)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %d" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" role="img">
<title>The demo: what a plan shows</title>
<rect width="100%%" height="100%%" rx="8" fill="#1b1f24"/>
`, float64(*columns)*width+2*margin, len(shown)*height+2*margin)
	for i, line := range shown {
		fmt.Fprintf(w, "<text x=\"%d\" y=\"%d\" fill=\"#d8dee4\" xml:space=\"preserve\">%s</text>\n", margin, margin+14+i*height, spans(line))
	}
	fmt.Fprintln(w, "</svg>")
	return w.Flush()
}

// read returns so many lines from the first that matches.
func read(in io.Reader, first *regexp.Regexp, most int) ([]string, error) {
	var out []string
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		if len(out) < most && (len(out) > 0 || first.MatchString(plain(scanner.Text()))) {
			out = append(out, scanner.Text())
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, errors.New("no line matches")
	}
	return out, nil
}

// colour is a terminal's escape sequence (ECMA-48, "SGR").
var colour = regexp.MustCompile("\x1b\\[([0-9;]*)m")

func plain(line string) string { return colour.ReplaceAllString(line, "") }

var fills = map[string]string{"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "36": "#79c0ff", "2": "#8b949e"}

// spans turns colours into the fills of a text.
func spans(line string) string {
	var b strings.Builder
	for open := false; ; {
		at := colour.FindStringSubmatchIndex(line)
		text := line
		if at != nil {
			text = line[:at[0]]
		}
		_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes everything
		if at == nil {
			if open {
				b.WriteString("</tspan>")
			}
			return b.String()
		}
		if open {
			b.WriteString("</tspan>")
			open = false
		}
		switch code := line[at[2]:at[3]]; {
		case fills[code] != "":
			fmt.Fprintf(&b, `<tspan fill="%s">`, fills[code])
			open = true
		case code == "1":
			b.WriteString(`<tspan font-weight="bold">`)
			open = true
		}
		line = line[at[1]:]
	}
}
