package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"okta-walkme-agent/configs"
)

// writeConfigMan writes the page of the configuration file. It is made from the
// annotated sample, which a test holds to the keys that are read.
func writeConfigMan(w io.Writer) {
	m := manual{w}
	m.printf(".TH OKTA-WALKME-AGENT.YAML 5 %q %q\n.nh\n.ad l\n", buildDay(), programName+" "+buildVersion())
	m.section("NAME", roff("okta-walkme-agent.yaml")+` \- configuration of `+roff(programName)+"(8)")
	m.section("SYNOPSIS", ".I "+roff(defaultConfig))
	s := samplePage{manual: m}
	for line := range strings.Lines(string(configs.Sample())) {
		s.line(strings.TrimRight(line, "\n"))
	}
	s.flush()
	m.section("SEE ALSO", ".BR okta-walkme-agent (8)")
}

// samplePage turns the sample's lines into a page: comments are what is said of the
// keys below them.
type samplePage struct {
	manual
	path     []string // the keys above, one for each two blanks of indentation
	comments []string // that wait for their key
	begun    bool     // the keys have
}

var (
	sampleKey  = regexp.MustCompile(`^( *)([a-z_][A-Za-z_.]*):(?: +(.*))?$`)
	sampleOff  = regexp.MustCompile(`^ *# ([a-z_]+):(?: (.*))?$`)
	sampleText = regexp.MustCompile(`^ *# ?(.*)$`)
)

func (s *samplePage) line(line string) {
	if key := sampleKey.FindStringSubmatch(line); key != nil {
		depth := len(key[1]) / 2
		s.path = append(s.path[:min(depth, len(s.path))], key[2])
		s.key(strings.Join(s.path, "."), key[3], depth)
		return
	}
	if off := sampleOff.FindStringSubmatch(line); off != nil && strings.HasPrefix(line, " ") {
		s.key(strings.Join(append(s.path[:min(indentation(line)/2, len(s.path))], off[1]), "."), off[2], 1)
		return
	}
	text := sampleText.FindStringSubmatch(line)
	switch {
	case text == nil && line == "" && !s.begun:
		s.introduction()
	case text != nil:
		s.comments = append(s.comments, text[1])
	}
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// introduction is the comment at the top of the file.
func (s *samplePage) introduction() {
	s.section("DESCRIPTION", "")
	s.flush()
	s.section("KEYS", "")
	s.begun = true
}

// key writes a key and what was said above it.
func (s *samplePage) key(path, value string, depth int) {
	if depth == 0 {
		s.printf(".SS %s\n", roff(path))
		if value != "" {
			s.printf(".PP\n%s\n", roff(fmt.Sprintf("Default: %s", value)))
		}
	} else {
		s.printf(".TP\n.B %s\n", roff(strings.TrimRight(path+": "+value, " ")))
	}
	s.flush()
}

// exampleMargin is how far examples are set in, in the comments.
const exampleMargin = "  "

// flush writes the comments that wait. Lines that are set in are examples and keep
// their shape.
func (s *samplePage) flush() {
	paragraph := ".PP"
	if len(s.path) > 1 {
		paragraph = ".IP"
	}
	example := false
	for _, text := range s.comments {
		if set := strings.HasPrefix(text, exampleMargin); set != example {
			example = set
			if example {
				s.printf("%s\n.nf\n", paragraph)
			} else {
				s.printf(".fi\n%s\n", paragraph)
			}
		}
		if text == "" {
			s.printf("%s\n", paragraph)
		} else {
			s.printf("%s\n", roff(text))
		}
	}
	if example {
		s.printf(".fi\n")
	}
	s.comments = nil
}
