package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/internal/fault"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme/walkmetest"
)

// demoCommand changes the org of demo --serve. The last argument takes the rest of the
// line, so that a group's name may have blanks; where there are two names, " -> "
// stands between them.
type demoCommand struct {
	name, arguments, short string
	do                     func(d *demo, args []string) error
}

// arity is the number of arguments, with those in brackets, which may be left out.
func (c demoCommand) arity() int {
	if strings.Contains(c.arguments, " -> ") {
		return 2
	}
	return len(strings.Fields(c.arguments))
}

// needed is the number of arguments that may not be left out.
func (c demoCommand) needed() int { return c.arity() - strings.Count(c.arguments, "[") }

// split takes what follows the name of the command apart.
func (c demoCommand) split(rest string) []string {
	rest = strings.TrimSpace(rest)
	if rest == "" {
		return nil
	}
	if strings.Contains(c.arguments, " -> ") {
		from, to, ok := strings.Cut(rest, "->")
		if !ok {
			return nil
		}
		return []string{strings.TrimSpace(from), strings.TrimSpace(to)}
	}
	return strings.SplitN(rest, " ", max(c.arity(), 1))
}

// ofPerson is a command that takes an address alone.
func ofPerson(name, short string, do func(d *demo, id string)) demoCommand {
	return demoCommand{name, "EMAIL", short, func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err == nil {
			do(d, id)
		}
		return err
	}}
}

// ofMembership is a command that takes an address and a group.
func ofMembership(name, short string, do func(d *demo, groupID, id string)) demoCommand {
	return demoCommand{name, "EMAIL GROUP", short, func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err != nil {
			return err
		}
		if name == "join" && d.groups[args[1]] == "" {
			d.groups[args[1]] = d.org.NewGroup(args[1])
		}
		groupID, err := d.group(args[1])
		if err == nil {
			do(d, groupID, id)
		}
		return err
	}}
}

var demoCommands = []demoCommand{
	{"hire", "EMAIL FIRST LAST", "a new person, assigned to the app", func(d *demo, args []string) error {
		if _, err := d.person(args[0]); err == nil {
			return fmt.Errorf("%s is there already", args[0])
		}
		d.hire(args[1], args[2], args[0])
		return nil
	}},
	ofPerson("leave", "taken off the app", func(d *demo, id string) { d.org.Unassign(id) }),
	ofPerson("return", "assigned again", func(d *demo, id string) { d.org.Assign(id) }),
	ofPerson("suspend", "the Okta account is suspended", func(d *demo, id string) { d.org.Suspend(id) }),
	ofPerson("deactivate", "the Okta account is deactivated", func(d *demo, id string) { d.org.Deactivate(id) }),
	ofPerson("reactivate", "the Okta account is active again", func(d *demo, id string) { d.org.Reactivate(id) }),
	{"set", "EMAIL ATTRIBUTE [VALUE]", "another value in the profile, or none", func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err == nil {
			d.org.Update(id, map[string]any{args[1]: strings.Join(args[2:], " ")})
		}
		return err
	}},
	{"rename", "EMAIL NEW-EMAIL", "another login and address", func(d *demo, args []string) error {
		id, err := d.person(args[0])
		if err != nil {
			return err
		}
		if taken, err := d.person(args[1]); err == nil && taken != id {
			return fmt.Errorf("%s is there already", args[1])
		}
		d.org.Update(id, map[string]any{"login": args[1], "email": args[1]})
		delete(d.emails, scim.NameKey(args[0]))
		d.emails[scim.NameKey(args[1])] = id
		return nil
	}},
	ofMembership("join", "into a group; a new one is made", func(d *demo, groupID, id string) { d.org.AddMember(groupID, id) }),
	ofMembership("part", "out of a group", func(d *demo, groupID, id string) { d.org.RemoveMember(groupID, id) }),
	{"rename-group", "GROUP -> NEW", "another name; a pushed group stays so", func(d *demo, args []string) error {
		id, err := d.group(args[0])
		if err == nil && d.groups[args[1]] != "" {
			err = fmt.Errorf("there is a group %q already", args[1])
		}
		if err != nil {
			return err
		}
		d.org.RenameGroup(id, args[1])
		delete(d.groups, args[0])
		d.groups[args[1]] = id
		return d.renameSource(args[0], args[1])
	}},
	{"delete-group", "GROUP", "a group and its memberships are gone", func(d *demo, args []string) error {
		id, err := d.group(args[0])
		if err == nil {
			d.org.DeleteGroup(id)
			delete(d.groups, args[0])
		}
		return err
	}},
	{"push", "GROUP", "pushed from now on: a line in agent.yaml", func(d *demo, args []string) error {
		if _, err := d.group(args[0]); err != nil {
			return err
		}
		return d.addSource(args[0], "")
	}},
	{"link", "GROUP -> WALKME GROUP", "pushed into a group that WalkMe has", func(d *demo, args []string) error {
		if _, err := d.group(args[0]); err != nil {
			return err
		}
		return d.addSource(args[0], args[1])
	}},
	{"quirk", "NAME", "a deviation of serve scim --list-quirks, or none", func(d *demo, args []string) error {
		if args[0] == "none" {
			d.quirks = walkmetest.Quirks{}
		} else if err := d.quirks.Set(args[0]); err != nil {
			return err
		}
		d.tenant.SetQuirks(d.quirks)
		return nil
	}},
	{"fault", "FAULT", "WalkMe fails once (serve scim --list-faults)", func(d *demo, args []string) error {
		rule, err := fault.Parse(args[0], walkmetest.FaultKinds())
		if err == nil {
			_, err = d.tenant.AddFault(rule)
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

// group finds the Okta id of a group.
func (d *demo) group(name string) (string, error) {
	if id := d.groups[name]; id != "" {
		return id, nil
	}
	names := make([]string, 0, len(d.groups))
	for known := range d.groups {
		names = append(names, known)
	}
	slices.Sort(names)
	return "", fmt.Errorf("there is no group %q; there are %s", name, strings.Join(names, ", "))
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
	switch word {
	case "help":
		return "\n" + demoHelp()
	case "quirks":
		return cmp.Or(strings.Join(d.quirks.List(), ", "), "none")
	}
	for _, c := range slices.Concat(demoCommands, storyCommands) {
		if c.name != word {
			continue
		}
		args := c.split(rest)
		if len(args) < c.needed() || slices.Contains(args, "") {
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
	for _, c := range slices.Concat(demoCommands, storyCommands) {
		fmt.Fprintf(&b, "  %-27s  %s\n", c.name+" "+c.arguments, c.short)
	}
	fmt.Fprintf(&b, "  %-27s  %s\n", "quirks", "those that are on")
	return b.String()
}

// errNoSources says that a person has taken the list of pushed groups out of the file.
var errNoSources = errors.New("agent.yaml has no line \"  sources:\" any more")
