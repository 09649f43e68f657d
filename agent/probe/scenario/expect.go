package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// Failure is an expectation that does not hold, with the line of the file where it
// stands.
type Failure struct {
	Line int
	Text string
}

// judge holds a set of expectations against what was seen. exchanges are those it is
// about; inv is what the server holds.
type judge struct {
	s         *stage
	inv       inventory
	exchanges []exchange
	failures  []Failure
}

func (j *judge) fail(line int, format string, args ...any) {
	j.failures = append(j.failures, Failure{line, fmt.Sprintf(format, args...)})
}

// expectations judges all of them, in the order in which they are declared.
func (j *judge) expectations(e *Expectations) {
	line := func(key string) int { return e.Lines[key] }
	if e.Exit != nil && *e.Exit != j.s.code {
		j.fail(line("expect_exit"), "expect_exit: the command ended with %d, want %d\n%s", j.s.code, *e.Exit, indented(j.s.output))
	}
	if e.Requests != nil {
		j.requests(line("expect_requests"), *e.Requests)
	}
	if e.Only != nil {
		j.only(line("expect_only_requests"), *e.Only)
	}
	for _, want := range e.Never {
		if name := j.unknown(want); name != "" {
			j.fail(want.Line, "expect_no_requests: %s stands for nothing: there has been no such account or group", name)
			continue
		}
		for _, x := range j.exchanges {
			if d := j.request(want, x); d == "" {
				j.fail(want.Line, "expect_no_requests: %s was sent, want no %s", x, want)
			}
		}
	}
	for _, text := range e.Text {
		if !contains(j.s.output, text) {
			j.fail(line("expect_text"), "expect_text: %q is not in the output, which is\n%s", text, indented(j.s.output))
		}
	}
	for _, text := range e.NoText {
		if contains(j.s.output, text) {
			j.fail(line("expect_no_text"), "expect_no_text: %q is in the output, which is\n%s", text, indented(j.s.output))
		}
	}
	for _, want := range e.Accounts {
		j.account(want)
	}
	for _, name := range e.NoAccounts {
		if a := j.inv.account(name); a != nil {
			j.fail(line("expect_no_accounts"), "expect_no_accounts: there is %s, want no account %s", shown(a), name)
		}
	}
	for _, want := range e.Groups {
		j.group(want)
	}
	for _, name := range e.NoGroups {
		if g, ok := j.inv.group(name); ok {
			j.fail(line("expect_no_groups"), "expect_no_groups: there is %s with %d members, want no group %s", g.name, len(g.members), name)
		}
	}
	if e.Violations != nil {
		j.violations(line("expect_violations"), *e.Violations)
	}
}

// contains compares without regard to line breaks and runs of blanks: reports are
// wrapped to a width.
func contains(output, text string) bool {
	return strings.Contains(strings.Join(strings.Fields(output), " "), strings.Join(strings.Fields(text), " "))
}

func indented(text string) string {
	return "      " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n      ")
}

func (j *judge) account(want AccountExpectation) {
	got := j.inv.account(want.UserName)
	if got == nil {
		var names []string
		for _, a := range j.inv.accounts {
			names = append(names, fmt.Sprint(a["userName"]))
		}
		j.fail(want.Line, "expect_accounts: there is no account %s, want one; there are %s", want.UserName, orNone(names))
		return
	}
	for _, v := range want.Values {
		if d := difference(v.Path, j.resolved(v.Want), valueAt(got, v.Path)); d != "" {
			j.fail(v.Line, "expect_accounts: %s: %s", want.UserName, d)
		}
	}
	j.sameID(want.Line, "User", want.UserName, want.SameID, want.SameIDAs, textOf(got["id"]))
}

// sameID holds an id against that of the same name, or of another one, before.
func (j *judge) sameID(line int, kind, name string, same bool, as, got string) {
	if same && as == "" {
		as = name
	}
	if as == "" {
		return
	}
	before, ok := j.s.ids[kind+" "+key(as)]
	switch {
	case !ok:
		j.fail(line, "same_id: there was no %s %s before", strings.ToLower(kind), as)
	case before != got:
		j.fail(line, "same_id: %s has the id %s, want %s, that of %s before", name, got, before, as)
	}
}

func (j *judge) group(want GroupExpectation) {
	got, ok := j.inv.group(want.Name)
	if !ok {
		var names []string
		for _, g := range j.inv.groups {
			names = append(names, g.name)
		}
		j.fail(want.Line, "expect_groups: there is no group %s, want one; there are %s", want.Name, orNone(names))
		return
	}
	if want.Name != got.name {
		j.fail(want.Line, "expect_groups: the name is %s, want %s", got.name, want.Name)
	}
	if want.Members != nil {
		members := slices.Sorted(slices.Values(*want.Members))
		if !slices.EqualFunc(members, got.members, sameName) {
			j.fail(want.Line, "expect_groups: %s has the members %s, want %s", want.Name, orNone(got.members), orNone(members))
		}
	}
	j.sameID(want.Line, "Group", want.Name, want.SameID, want.SameIDAs, got.id)
}

func (j *judge) violations(line int, want []string) {
	if j.s.tenant == nil {
		return // a foreign server has no rules of ours
	}
	var got []string
	for _, text := range j.s.tenant.Violations() {
		rule, _, _ := strings.Cut(text, ":")
		if !slices.Contains(got, rule) {
			got = append(got, rule)
		}
	}
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		j.fail(line, "expect_violations: the rules broken are %s, want %s\n%s", orNone(got), orNone(want), indented(strings.Join(j.s.tenant.Violations(), "\n")))
	}
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
