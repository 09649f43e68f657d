package main

import (
	"bufio"
	"fmt"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// demoCommand changes the org of demo --serve. The last argument takes the rest of the
// line, so that a group's name may have blanks.
type demoCommand struct {
	name, arguments, short string
	do                     func(d *demo, args []string) error
}

var demoCommands = []demoCommand{
	{"hire", "EMAIL FIRST LAST", "a new person, assigned to the app", func(d *demo, args []string) error {
		if _, err := d.person(args[0]); err == nil {
			return fmt.Errorf("%s is there already", args[0])
		}
		d.hire(args[1], args[2], args[0])
		return nil
	}},
	{"leave", "EMAIL", "taken off the app", func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err == nil {
			d.org.Unassign(id)
		}
		return err
	}},
	{"return", "EMAIL", "assigned again", func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err == nil {
			d.org.Assign(id)
		}
		return err
	}},
	{"set", "EMAIL ATTRIBUTE VALUE", "another value in the Okta profile", func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err == nil {
			d.org.Update(id, map[string]any{args[1]: args[2]})
		}
		return err
	}},
	{"join", "EMAIL GROUP", "into a group; a new one is made", func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err != nil {
			return err
		}
		if d.groups[args[1]] == "" {
			d.groups[args[1]] = d.org.NewGroup(args[1])
		}
		d.org.AddMember(d.groups[args[1]], id)
		return nil
	}},
	{"part", "EMAIL GROUP", "out of a group", func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err == nil && d.groups[args[1]] == "" {
			err = fmt.Errorf("there is no group %q", args[1])
		}
		if err == nil {
			d.org.RemoveMember(d.groups[args[1]], id)
		}
		return err
	}},
}

// person finds the Okta id of an e-mail address.
func (d *demo) person(email string) (string, error) {
	if id := d.emails[scim.NameKey(email)]; id != "" {
		return id, nil
	}
	return "", fmt.Errorf("nobody has the address %q", email)
}

// obey reads commands from standard input, a line each, until it ends.
func (d *demo) obey() {
	for lines := bufio.NewScanner(d.stdin); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			fmt.Fprintln(d.stdout, "okta: "+d.answer(line))
		}
	}
}

func (d *demo) answer(line string) string {
	word, rest, _ := strings.Cut(line, " ")
	if word == "help" {
		return "\n" + demoHelp()
	}
	for _, c := range demoCommands {
		if c.name != word {
			continue
		}
		args := strings.SplitN(strings.TrimSpace(rest), " ", len(strings.Fields(c.arguments)))
		if len(args) < len(strings.Fields(c.arguments)) || args[0] == "" {
			return "usage: " + c.name + " " + c.arguments
		}
		if err := c.do(d, args); err != nil {
			return err.Error()
		}
		return "done; the next sync sees it"
	}
	return fmt.Sprintf("there is no command %q; there are\n%s", word, demoHelp())
}

// demoHelp lists the commands.
func demoHelp() string {
	var b strings.Builder
	for _, c := range demoCommands {
		fmt.Fprintf(&b, "  %-29s %s\n", c.name+" "+c.arguments, c.short)
	}
	return b.String()
}
