package report

import (
	"bytes"
	"io"
	"regexp"
	"strings"
)

// Folded is a writer of lines that have no more than so many columns where that can be:
// a longer one is broken between words, and goes on below, indented. A line that is a
// command stays whole, so that it can be copied, and so does a word. 0 columns break
// nothing. A line is written once its end has come.
func Folded(w io.Writer, columns int, program string) io.Writer {
	if columns <= 0 {
		return w
	}
	return &folder{w: w, columns: columns, program: program}
}

type folder struct {
	w       io.Writer
	columns int
	program string
	begun   []byte // of a line
}

// Write implements io.Writer.
func (f *folder) Write(p []byte) (int, error) {
	f.begun = append(f.begun, p...)
	end := bytes.LastIndexByte(f.begun, '\n') + 1
	var out strings.Builder
	for line := range strings.Lines(string(f.begun[:end])) {
		out.WriteString(f.fold(strings.TrimSuffix(line, "\n")))
	}
	f.begun = append(f.begun[:0], f.begun[end:]...)
	if _, err := io.WriteString(f.w, out.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// hang is how much further what goes on below is indented.
const hang = 4

func (f *folder) fold(line string) string {
	text := strings.TrimLeft(line, " ")
	if columnsOf(line) <= f.columns {
		return line + "\n"
	}
	indent := strings.Repeat(" ", len(line)-len(text))
	below := indent + strings.Repeat(" ", hang)
	var out strings.Builder
	current := indent
	for i, word := range f.words(text) {
		switch {
		case i == 0:
			current += word
		case columnsOf(current)+1+columnsOf(word) > f.columns && strings.TrimSpace(current) != "":
			out.WriteString(strings.TrimRight(current, " ") + "\n")
			current = below + word
		default:
			current += " " + word
		}
	}
	return out.String() + strings.TrimRight(current, " ") + "\n"
}

// words cuts a text at blanks, but for a command of the program, which begins with the
// variables that are set for it, or with sudo, and goes to the end of its clause.
func (f *folder) words(text string) []string {
	if first, _, _ := strings.Cut(text, "="); beforeCommand.MatchString(first+"=") && strings.Contains(text, " "+f.program+" ") {
		return []string{text}
	}
	var out []string
	command := false
	for word := range strings.SplitSeq(text, " ") {
		if command {
			out[len(out)-1] += " " + word
		} else {
			out = append(out, word)
		}
		if !command && painted.ReplaceAllString(word, "") == f.program {
			out, command = joinBefore(out), true
		}
		command = command && !strings.HasSuffix(word, ";") && !strings.HasSuffix(word, ",")
	}
	return out
}

// joinBefore makes one word of the last one and those before it that belong to its command.
func joinBefore(words []string) []string {
	last := len(words) - 1
	first := last
	for first > 0 && beforeCommand.MatchString(words[first-1]) {
		first--
	}
	words[first] = strings.Join(words[first:], " ")
	return words[:first+1]
}

// beforeCommand is a word that stands before the name of a program in a command.
var beforeCommand = regexp.MustCompile(`^(sudo|[A-Z_][A-Z0-9_]*=[^ ;,]*)$`)

// painted is an ANSI SGR sequence, which takes no column.
var painted = regexp.MustCompile("\x1b\\[[0-9;]*m")

func columnsOf(s string) int { return width(painted.ReplaceAllString(s, "")) }
