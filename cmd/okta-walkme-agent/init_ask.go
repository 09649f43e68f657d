package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// question is one thing to ask for.
type question struct {
	name   string // of the flag, or of the secret's file
	text   string
	hidden bool          // not shown while it is typed
	file   bool          // the answer is the path of a file
	value  *string       // where a flag keeps it
	path   string        // of the key that the answer fills, which says what is wrong with it
	wrong  func() string // says it instead; "": nothing is
}

// asker asks on a terminal, or reads the answers from lines where there is none. A signal
// ends a question that waits.
type asker struct {
	ctx   context.Context
	in    io.Reader
	lines *bufio.Scanner
	out   io.Writer
	notes io.Writer // the same, for whole lines
}

func (c *cli) newAsker(ctx context.Context) *asker {
	return &asker{ctx: ctx, in: c.stdin, lines: bufio.NewScanner(c.stdin), out: c.stderr, notes: c.folded(c.stderr)}
}

// note says something about an answer.
func (a *asker) note(text string) { fmt.Fprintln(a.notes, "  "+text) }

// answer repeats the question until something is typed. It is io.EOF when no one is
// there.
func (a *asker) answer(q question) (string, error) {
	for {
		fmt.Fprintf(a.out, "%s: ", q.text)
		text, err := a.wait(q.hidden)
		if err != nil {
			fmt.Fprintln(a.out)
			return "", fmt.Errorf("%s: %w", q.name, err)
		}
		if text = strings.TrimSpace(text); text != "" {
			return text, nil
		}
	}
}

// wait returns the next line, or why the context has ended before there was one. What
// reads then goes on until the process ends.
func (a *asker) wait(hidden bool) (string, error) {
	restore := func() {}
	if f, ok := a.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if as, err := term.GetState(int(f.Fd())); err == nil {
			restore = func() { _ = term.Restore(int(f.Fd()), as) }
		}
	}
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := a.line(hidden)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-a.ctx.Done():
		restore() // so that the terminal shows again what is typed
		return "", context.Cause(a.ctx)
	}
}

func (a *asker) line(hidden bool) (string, error) {
	if f, ok := a.in.(*os.File); ok && hidden && term.IsTerminal(int(f.Fd())) {
		text, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(a.out)
		return string(text), err
	}
	if a.lines.Scan() {
		return a.lines.Text(), nil
	}
	if err := a.lines.Err(); err != nil {
		return "", err
	}
	return "", io.EOF
}
