package probe

import (
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/walkme"
)

// advice is the configuration that was found to fit the server.
type advice struct {
	profile   walkme.Profile    // "": as the dialects' checks say
	wire      map[string]string // walkme.wire
	groups    map[string]string // push_groups
	provision map[string]string // provisioning
	cannot    []string          // what no configuration lives with
}

// set recommends a switch by its whole key, such as walkme.wire.send_password.
func (a *advice) set(key, value string) {
	for prefix, section := range map[string]*map[string]string{
		"walkme.wire.": &a.wire, "push_groups.": &a.groups, "provisioning.": &a.provision,
	} {
		if name, ok := strings.CutPrefix(key, prefix); ok {
			if *section == nil {
				*section = map[string]string{}
			}
			(*section)[name] = value
		}
	}
}

// never says what no configuration lives with. The check has found it.
func (t *trial) never(format string, args ...any) {
	text := comment(t.conceal(fmt.Sprintf(format, args...)))
	if !slices.Contains(t.advice.cannot, text) {
		t.advice.cannot = append(t.advice.cannot, text)
	}
	t.lost[t.check.ID] = true
}

// maxComment is how much of a server's words a comment holds, in characters.
const maxComment = 200

// comment makes one line of a text that may be the server's: what follows it is YAML.
func comment(text string) string {
	runes := []rune(report.Escape(strings.Join(strings.Fields(text), " ")))
	if len(runes) > maxComment {
		return string(runes[:maxComment]) + hidden
	}
	return string(runes)
}

// yaml writes the configuration. Every section has a key, so that each can be merged
// into a file that has it already.
func (a *advice) yaml(s *session, r *Report) string {
	var b strings.Builder
	if !s.options.AllowWrites {
		b.WriteString("# Nothing was written, so this is the default: --allow-writes finds out what fits.\n")
	}
	for _, text := range a.cannot {
		fmt.Fprintf(&b, "# Cannot: %s\n", text)
	}
	fmt.Fprintf(&b, "walkme:\n  wire_profile: %s\n", a.profileFor(s, r))
	if len(a.wire) == 0 {
		b.WriteString("  wire: {}\n")
	} else {
		b.WriteString("  wire:\n")
		section(&b, "    ", a.wire)
	}
	membership := map[string]string{"membership_updates": "delta"}
	for k, v := range a.groups {
		membership[k] = v
	}
	b.WriteString("push_groups:\n")
	section(&b, "  ", membership)
	provision := map[string]string{"deactivate_users": "true"}
	for k, v := range a.provision {
		provision[k] = v
	}
	b.WriteString("provisioning:\n")
	section(&b, "  ", provision)
	return b.String()
}

func section(b *strings.Builder, indent string, keys map[string]string) {
	names := make([]string, 0, len(keys))
	for k := range keys {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		fmt.Fprintf(b, "%s%s: %s\n", indent, k, keys[k])
	}
}

// profileFor is the dialect of which fewer checks failed without a switch that helps;
// that of the catalogue's apps where both do.
func (a *advice) profileFor(s *session, r *Report) walkme.Profile {
	if a.profile != "" {
		return a.profile
	}
	best := s.options.Dialects[0]
	if s.speaks(walkme.OIN) {
		best = walkme.OIN
	}
	for _, p := range s.options.Dialects {
		if slices.Compare(s.harm(r, p), s.harm(r, best)) < 0 {
			best = p
		}
	}
	return best
}

// harm is what goes wrong in a dialect with nothing that helps, the worst first: leavers
// who keep their access, people who get none, profiles that do not change, and how many
// required checks failed in all. A check that was skipped for another one's failure is no
// evidence for the dialect.
func (s *session) harm(r *Report, p walkme.Profile) []int {
	worst := []string{"deactivate", "create", "update"}
	harm := make([]int, len(worst)+1)
	for _, c := range r.Checks {
		name, ok := strings.CutPrefix(c.ID, "wire."+string(p)+".")
		if !ok || c.Outcome != Failed || s.lived[c.ID] {
			continue
		}
		if i := slices.Index(worst, name); i >= 0 {
			harm[i]++
		}
		harm[len(worst)]++
	}
	return harm
}
