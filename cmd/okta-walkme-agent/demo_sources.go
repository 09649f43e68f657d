package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// The pushed groups of the demo stand in its configuration, a "    - name:" each, with
// the line of a link below it. They are changed line by line, so that what a person
// has edited by hand stays.

// addSource lets a group be pushed, and links it when linked is not empty.
func (d *demo) addSource(group, linked string) error {
	return d.editSources(func(lines []string) ([]string, error) {
		at := sourceLine(lines, group)
		if at < 0 {
			if at = slices.Index(lines, "  sources:"); at < 0 {
				return nil, errNoSources
			}
			at++
			lines = slices.Insert(lines, at, "    - name: "+strconv.Quote(group))
		}
		if at+1 < len(lines) && strings.HasPrefix(lines[at+1], "      link:") {
			lines = slices.Delete(lines, at+1, at+2)
		}
		if linked != "" {
			lines = slices.Insert(lines, at+1, "      link: "+strconv.Quote(linked))
		}
		return lines, nil
	})
}

// renameSource follows a group to its new name. One that is not pushed has no line.
func (d *demo) renameSource(from, to string) error {
	return d.editSources(func(lines []string) ([]string, error) {
		if at := sourceLine(lines, from); at >= 0 {
			lines[at] = "    - name: " + strconv.Quote(to)
		}
		return lines, nil
	})
}

func (d *demo) editSources(edit func(lines []string) ([]string, error)) error {
	data, err := os.ReadFile(d.config)
	if err != nil {
		return fmt.Errorf("agent.yaml: %w", err)
	}
	lines, err := edit(strings.Split(string(data), "\n"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.config, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		return fmt.Errorf("agent.yaml: %w", err)
	}
	return nil
}

// sourceLine is the place of the line that names a group, -1 without one.
func sourceLine(lines []string, group string) int {
	return slices.IndexFunc(lines, func(line string) bool {
		name, ok := strings.CutPrefix(line, "    - name: ")
		return ok && (name == group || name == strconv.Quote(group))
	})
}
