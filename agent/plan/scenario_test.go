package plan_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// scenario is a plan's input as text: a title, then sections. A line is words and
// key=value pairs; a value with blanks is quoted.
//
//	-- policy --   no_create_users, remove_deprovisioned … (see policy)
//	-- state --    user 00u1 id=w1 name=ann@example.com given=Ann [inactive] [mapping=old]
//	               group 00g1 id=g1 name=Editors members=00u1,00u2 [linked] [partial]
//	               either: [failed="text" attempts=2 next=10m of=same|other]
//	-- shown --    what WalkMe shows now of those under state, in the same form: a refresh
//	-- okta --     user 00u1 present|absent|keep|rejected name=… given=… [why=…]
//	               group 00g1 name=… members=… [linked] [leave=… [problem]] [sources=…]
//	               [okta_name=…] [gone]
//	-- run --      heeds_pauses, doubt_groups=…, force [users=…] …, earlier old userName=appuser.userName …
//	-- limits --   deactivations=20/10, …, recent_users=1, released=ID, open=KIND, confirm
//	-- plan --     what must come out
type scenario struct {
	sections map[string][]string // lines
	order    []string
}

const planSection = "plan"

func readScenario(t *testing.T, file string) *scenario {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{sections: map[string][]string{}}
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "-- "); ok {
			section = strings.TrimSuffix(name, " --")
			s.order = append(s.order, section)
			s.sections[section] = []string{}
			continue
		}
		s.sections[section] = append(s.sections[section], line)
	}
	return s
}

// write replaces the expected plan.
func (s *scenario) write(t *testing.T, file, planned string) {
	t.Helper()
	var b strings.Builder
	for _, line := range s.sections[""] {
		b.WriteString(line + "\n")
	}
	for _, name := range s.order {
		if name == planSection {
			continue
		}
		fmt.Fprintf(&b, "-- %s --\n", name)
		for _, line := range s.sections[name] {
			b.WriteString(line + "\n")
		}
	}
	fmt.Fprintf(&b, "-- %s --\n%s", planSection, planned)
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// fields are the words and pairs of a line.
type fields struct {
	t     *testing.T
	words []string
	pairs map[string]string
}

func (s *scenario) lines(t *testing.T, section string) []fields {
	t.Helper()
	var out []fields
	for _, line := range s.sections[section] {
		if strings.TrimSpace(line) == "" {
			continue
		}
		f := fields{t: t, pairs: map[string]string{}}
		for _, token := range tokens(t, line) {
			key, value, ok := strings.Cut(token, "=")
			if !ok {
				f.words = append(f.words, token)
				continue
			}
			if text, err := strconv.Unquote(value); err == nil {
				value = text
			}
			f.pairs[key] = value
		}
		out = append(out, f)
	}
	return out
}

// tokens splits at blanks outside of quotes.
func tokens(t *testing.T, line string) []string {
	t.Helper()
	quoted := false
	out := strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
	if quoted {
		t.Fatalf("an open quote in %q", line)
	}
	return out
}

func (f fields) has(word string) bool { return slices.Contains(f.words, word) }

func (f fields) list(key string) []string {
	if f.pairs[key] == "" {
		return nil
	}
	return strings.Split(f.pairs[key], ",")
}

func (f fields) number(key string) int {
	f.t.Helper()
	n, err := strconv.Atoi(cmp.Or(f.pairs[key], "0"))
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// scenarioNow is the time of every scenario.
var scenarioNow = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// input builds what New takes.
func (s *scenario) input(t *testing.T) plan.Input {
	t.Helper()
	in := plan.Input{
		Policy: policy(s.lines(t, "policy")), Mapping: walkMeMapping(t), Now: scenarioNow,
		Earlier: map[string]map[string]string{walkMeMapping(t).Digest(): walkMeMapping(t).Expressions()},
	}
	for _, f := range s.lines(t, "state") {
		in.Recorded = append(in.Recorded, f.record(in.Mapping.Digest()))
	}
	slices.SortFunc(in.Recorded, func(a, b state.Record) int { return scim.Compare(a.Resource, b.Resource) })
	s.refresh(t, &in)
	for _, f := range s.lines(t, "okta") {
		if f.words[0] == "group" {
			in.Groups = append(in.Groups, f.group())
		} else {
			in.Desired.People = append(in.Desired.People, f.person())
		}
	}
	slices.SortFunc(in.Desired.People, func(a, b plan.Person) int { return scim.Compare(a.Resource, b.Resource) })
	slices.SortFunc(in.Groups, func(a, b plan.GroupWant) int { return cmp.Compare(a.OktaID, b.OktaID) })
	for _, f := range s.lines(t, "run") {
		f.circumstances(&in)
	}
	recordFailures(t, s, &in)
	var err error
	if in.Scope, err = in.Scope.Resolve(in.Desired, in.Groups, in.Recorded, nil); err != nil {
		t.Fatal(err)
	}
	return in
}

// refresh lays what WalkMe shows over the records, if the scenario says.
func (s *scenario) refresh(t *testing.T, in *plan.Input) {
	t.Helper()
	lines := s.lines(t, "shown")
	if len(lines) == 0 {
		return
	}
	in.Pushed = map[string]state.Record{}
	for i, r := range in.Recorded {
		in.Pushed[plan.ObjectKey(r.Type, r.SourceID)] = r
		for _, f := range lines {
			if now := f.record(in.Mapping.Digest()); now.Type == r.Type && now.SourceID == r.SourceID {
				in.Recorded[i] = now
			}
		}
	}
}

func policy(lines []fields) plan.Policy {
	p := plan.Policy{CreateUsers: true, UpdateUserAttributes: true, DeactivateUsers: true}
	for _, f := range lines {
		p.CreateUsers = p.CreateUsers && !f.has("no_create_users")
		p.UpdateUserAttributes = p.UpdateUserAttributes && !f.has("no_update_user_attributes")
		p.DeactivateUsers = p.DeactivateUsers && !f.has("no_deactivate_users")
		p.Groups.DeleteUnlinked = p.Groups.DeleteUnlinked || f.has("delete_unlinked")
		p.Groups.RemoveDeprovisioned = p.Groups.RemoveDeprovisioned || f.has("remove_deprovisioned")
		p.KeepUnacknowledged = p.KeepUnacknowledged || f.has("keep_unacknowledged")
		p.ClearsNothing = p.ClearsNothing || f.has("clears_nothing")
		p.Groups.RenameLinked = p.Groups.RenameLinked || f.has("rename_linked")
	}
	return p
}

func (f fields) attributes() scim.Attributes {
	var out []scim.Attribute
	for key, path := range map[string]string{"name": "userName", "given": "name.givenName", "family": "name.familyName"} {
		if value, ok := f.pairs[key]; ok {
			out = append(out, scim.Attribute{Path: path, Value: value})
		}
	}
	return scim.NewAttributes(out)
}

func (f fields) record(mappingDigest string) state.Record {
	r := state.Record{
		Resource: scim.Resource{Type: scim.User, SourceID: f.words[1], ID: f.pairs["id"], Active: f.pairs["id"] != "" && !f.has("inactive")},
		Name:     f.pairs["name"], Origin: state.Created, MappingDigest: cmp.Or(f.pairs["mapping"], mappingDigest), Partial: f.has("partial"),
	}
	if f.has("linked") {
		r.Origin = state.Linked
	}
	if f.words[0] == "group" {
		r.Type, r.Members, r.MappingDigest = scim.Group, scim.SortedSet(f.list("members")), ""
		r.Attributes = scim.Attributes{{Path: scim.PathDisplayName, Value: r.Name}}
		return r
	}
	r.Attributes = f.attributes()
	return r
}

func (f fields) person() plan.Person {
	p := plan.Person{
		Resource: scim.Resource{Type: scim.User, SourceID: f.words[1]},
		Presence: plan.Presence(f.words[2]), Why: cmp.Or(f.pairs["why"], "assigned in Okta"),
	}
	switch p.Presence {
	case "rejected":
		p.Presence = plan.Keep
		p.Attributes = f.attributes()
		p.Rejection = &plan.Rejection{Type: scim.User, OktaID: p.SourceID, Name: p.Name(), Path: "userName", Error: "no good"}
	case plan.Absent:
		p.Why = cmp.Or(f.pairs["why"], "deactivated in Okta")
	default:
		p.Active, p.Attributes = p.Presence == plan.Present, f.attributes()
	}
	return p
}

func (f fields) group() plan.GroupWant {
	return plan.GroupWant{
		OktaID: f.words[1], Name: f.pairs["name"], Linked: f.has("linked"), Members: scim.SortedSet(f.list("members")),
		Sources: f.list("sources"), Leave: f.pairs["leave"], Problem: f.has("problem"),
		Group: cmp.Or(f.pairs["okta_name"], f.pairs["name"]), Gone: f.has("gone"),
	}
}

func (f fields) circumstances(in *plan.Input) {
	in.Health.DoubtState = cmp.Or(in.Health.DoubtState, f.pairs["doubt_state"])
	in.Health.DoubtUsers = cmp.Or(in.Health.DoubtUsers, f.pairs["doubt_users"])
	in.Health.DoubtGroups = cmp.Or(in.Health.DoubtGroups, f.pairs["doubt_groups"])
	if f.has("force") {
		selection := plan.Selection{
			Users: f.list("users"), Groups: f.list("groups"), Attributes: f.list("attributes"),
			Failed: f.has("failed"), Changed: f.has("changed"),
		}
		pushed := map[string]bool{}
		for _, id := range f.list("done") {
			kind := scim.User
			if strings.HasPrefix(id, "00g") {
				kind = scim.Group
			}
			pushed[plan.ObjectKey(kind, id)] = true
		}
		in.Scope = plan.OfSelection(selection.Continued(pushed))
	}
	if f.has("heeds_pauses") {
		in.Scope = in.Scope.HeedingPauses()
	}
	if f.has("earlier") {
		digest := f.words[1]
		in.Earlier[digest] = map[string]string{}
		for path, expression := range f.pairs {
			in.Earlier[digest][path] = expression
		}
	}
}

// recordFailures marks records as failed at the change that they need now
// (of=same), or at another one (of=other).
func recordFailures(t *testing.T, s *scenario, in *plan.Input) {
	t.Helper()
	quiet := *in
	quiet.Scope = plan.Scope{}
	changes := must(plan.New(quiet)).Changes
	for _, f := range s.lines(t, "state") {
		if f.pairs["failed"] == "" {
			continue
		}
		i := slices.IndexFunc(in.Recorded, func(r state.Record) bool { return r.SourceID == f.words[1] })
		r := &in.Recorded[i]
		r.LastError, r.Attempts, r.FailedChange = f.pairs["failed"], f.number("attempts"), "another change"
		if next, err := time.ParseDuration(f.pairs["next"]); err == nil {
			r.NextTry = in.Now.Add(next)
		}
		for _, c := range changes {
			if c.OktaID == r.SourceID && f.pairs["of"] == "same" {
				r.FailedChange = c.Digest()
			}
		}
	}
}

// hold applies the limits of the scenario, if it has any.
func (s *scenario) hold(t *testing.T, p *plan.Plan, in plan.Input) {
	t.Helper()
	lines := s.lines(t, "limits")
	if len(lines) == 0 {
		return
	}
	limits := plan.Limits{}
	hold := plan.HoldInput{Managed: plan.CountManaged(in.Recorded)}
	for _, f := range lines {
		for key, limit := range map[string]*plan.Limit{
			"deactivations": &limits.Deactivations, "member_removals": &limits.MemberRemovals, "group_deletes": &limits.GroupDeletes,
			"emptied_values": &limits.EmptiedValues,
		} {
			if text, ok := f.pairs[key]; ok {
				_, err := fmt.Sscanf(text+"/0", "%d/%g", &limit.Count, &limit.Percent)
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		hold.Recent.Users += f.number("recent_users")
		hold.Recent.Members += f.number("recent_members")
		hold.Recent.Groups += f.number("recent_groups")
		hold.Released = append(hold.Released, f.list("released")...)
		hold.Confirm = hold.Confirm || f.has("confirm")
		for _, kind := range f.list("open") {
			hold.Open = map[string]plan.Hold{kind: {ID: "open-" + kind, Kind: kind, Count: 7, Limit: "5", Reason: "waits for approval"}}
		}
	}
	if hold.Confirm {
		asked := limits.Ask(p, hold)
		hold.Answers.Absences = map[string]string{}
		for _, id := range asked.Absences {
			hold.Answers.Absences[id] = "Okta was asked about " + id
		}
	}
	limits.Hold(p, hold)
}

// planText shows everything in a plan that decides what is sent.
func planText(p *plan.Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%d %s %s %s%s\n", c.Seq, c.Action, c.OktaID, c.Name, inParens(c.WalkMeID))
		for _, a := range c.Attributes {
			fmt.Fprintf(&b, "    %s: %v → %v\n", a.Path, shown(a.Old), shown(a.New))
		}
		for _, id := range c.Members.Add {
			fmt.Fprintf(&b, "    + %s %s\n", id, p.People[id])
		}
		for _, id := range c.Members.Remove {
			fmt.Fprintf(&b, "    - %s %s\n", id, p.People[id])
		}
		fmt.Fprintf(&b, "    %s: %s\n", c.Cause, c.Reason)
		if c.From != "" {
			fmt.Fprintf(&b, "    passes on from %s\n", c.From)
		}
		if c.Replaces {
			b.WriteString("    overwrites the group\n")
		}
		if c.Resent > 0 {
			fmt.Fprintf(&b, "    %d sent again\n", c.Resent)
		}
		b.WriteString(blockedText(c))
	}
	for _, r := range p.Rejected {
		fmt.Fprintf(&b, "rejected %s %s%s: %s: %s%s\n", r.Type, r.OktaID, inParens(r.Name), r.Path, r.Error, inParens(string(r.Cause)))
	}
	for _, h := range p.Holds {
		fmt.Fprintf(&b, "hold %s: %d of limit %s: %s: %s\n", h.ID, h.Count, h.Limit, h.Reason, strings.Join(h.Items, " "))
	}
	fmt.Fprintln(&b, summaryText(p.Summary))
	return b.String()
}

// blockedText shows what keeps a change back.
func blockedText(c *plan.Change) string {
	switch b := c.Block; {
	case b == nil:
		return ""
	case b.IsHeld():
		return fmt.Sprintf("    held: %s\n", b.Hold)
	case b.Kind == plan.BlockWaiting:
		return fmt.Sprintf("    waits for %s\n", b.Until.Sub(scenarioNow))
	default:
		return fmt.Sprintf("    %s: %s\n", b.Kind, b.Detail)
	}
}

func summaryText(s plan.Summary) string {
	var parts []string
	for _, part := range []struct {
		name string
		n    int
	}{
		{"create", s.Create}, {"link", s.Link}, {"update", s.Update}, {"reactivate", s.Reactivate}, {"deactivate", s.Deactivate},
		{"group_create", s.GroupCreate}, {"group_link", s.GroupLink}, {"group_rename", s.GroupRename},
		{"group_members", s.GroupMembers}, {"group_delete", s.GroupDelete}, {"group_unlink", s.GroupUnlink},
		{"unchanged", s.Unchanged}, {"held", s.Held}, {"rejected", s.Rejected}, {"disabled", s.Disabled}, {"waiting", s.Waiting},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", part.name, part.n))
		}
	}
	return "= " + cmp.Or(strings.Join(parts, ", "), "nothing")
}

func inParens(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func shown(v any) any {
	if v == nil || v == "" {
		return "∅"
	}
	return v
}
