package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

func (c *cli) demoCommand() *cobra.Command {
	var serve bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a whole org and tenant in this process, step by step",
		Long: `Starts a fake Okta org and a fake WalkMe tenant on loopback and runs the real
commands against them: check, plan, sync, then a joiner, a mover, a leaver and
more. It needs no account and no network.

With --serve both stay up, for the other commands to be tried by hand. Lines on
standard input change the org meanwhile; "help" lists them.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.demo(cmd.Context(), serve) },
	}
	cmd.Flags().BoolVar(&serve, "serve", false, "keep org and tenant running and print the configuration to use them")
	return cmd
}

// demo is a stage with an org, a tenant and a configuration that connects them.
type demo struct {
	*cli
	dir    string
	config string
	org    *oktatest.Org
	tenant *walkmetest.Tenant
	people map[string]string // first name → Okta id
	emails map[string]string // e-mail address → Okta id
	groups map[string]string // name → Okta id
	quirks walkmetest.Quirks
	step   int
	err    error
}

func (c *cli) demo(ctx context.Context, serve bool) error {
	dir, err := os.MkdirTemp("", "okta-walkme-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the temporary folder does no harm
	d := &demo{
		cli: c, dir: dir, config: filepath.Join(dir, "agent.yaml"),
		org: oktatest.Start(oktatest.Options{AppLabel: "WalkMe"}), tenant: walkmetest.Start(walkmetest.Options{}),
		people: map[string]string{}, emails: map[string]string{}, groups: map[string]string{},
	}
	defer d.org.Close()
	defer d.tenant.Close()
	d.populate()
	if err := d.writeConfig("user.firstName"); err != nil {
		return err
	}
	if serve {
		return d.serve(ctx)
	}
	d.play(ctx)
	return d.err
}

// populate makes a small company. Dan has a WalkMe account from before, and so
// does an administrator whom the agent does not manage.
func (d *demo) populate() {
	for _, p := range [][3]string{
		{"Ann", "Archer", "ann@example.com"}, {"Bob", "Baker", "bob@example.com"},
		{"Cara", "Cole", "cara@example.com"}, {"Dan", "Dunn", "dan@example.com"},
	} {
		d.hire(p[0], p[1], p[2])
	}
	d.groups["WalkMe Editors"] = d.org.NewGroup("WalkMe Editors", d.people["Ann"], d.people["Bob"])
	d.groups["Content Authors"] = d.org.NewGroup("Content Authors", d.people["Cara"])
	d.tenant.AddUser(walkmetest.User{UserName: "admin@example.com", GivenName: "Ada", FamilyName: "Min", Active: true,
		Extra: walkmetest.Email("admin@example.com")})
	dan := d.tenant.AddUser(walkmetest.User{UserName: "dan@example.com", GivenName: "Daniel", FamilyName: "Dunn", Active: true,
		Extra: walkmetest.Email("dan@example.com")})
	d.tenant.AddGroup("Authors", dan)
}

func (d *demo) hire(first, last, email string) {
	id := d.org.Hire(oktatest.Person{First: first, Last: last, Email: email})
	d.org.Assign(id)
	d.people[first], d.emails[scim.NameKey(email)] = id, id
}

const demoConfig = `# Made by the demo.
okta:
  org_url: %s
  app_id: %s
  auth:
    api_token: file:okta-api-token
  group_full_read: 0s
walkme:
  base_url: %s
  auth:
    username: file:walkme-username
    password: file:walkme-password
  requests_per_second: 0
mappings:
  userName: appuser.userName
  name.givenName: %s
  name.familyName: user.lastName
push_groups:
  sources:
    - name: WalkMe Editors
    - name: Content Authors
      link: Authors
state:
  path: state.db
console:
  listen: 127.0.0.1:0
log:
  level: error
  format: text
`

// writeConfig writes the configuration with one expression that the story
// changes, and the secrets beside it.
func (d *demo) writeConfig(givenName string) error {
	text := fmt.Sprintf(demoConfig, d.org.URL(), d.org.AppID(), d.tenant.URL(), givenName)
	for name, content := range map[string]string{
		"agent.yaml": text, "okta-api-token": d.org.Token(),
		"walkme-username": walkmetest.DefaultUsername, "walkme-password": walkmetest.DefaultPassword,
	} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// play tells the story. Each step changes something and lets the real commands
// deal with it.
func (d *demo) play(ctx context.Context) {
	d.title("Okta has four people on the WalkMe app and two groups to push. WalkMe knows Dan already.")
	d.command(ctx, exitOK, "check")
	d.command(ctx, exitOK, "plan")

	d.title("The first sync: three accounts made, Dan's linked, one group made, one linked.")
	d.tenant.ResetRequests()
	d.command(ctx, exitOK, "sync")
	d.conversation("What WalkMe was asked for Ann, as Okta would ask it:", "ann@example.com")
	d.command(ctx, exitOK, "plan", "--detailed-exitcode")

	d.title("A day in the company: Eve joins, Bob marries, Cara leaves, and two memberships change.")
	d.hire("Eve", "Evans", "eve@example.com")
	d.org.Update(d.people["Bob"], map[string]any{"lastName": "Baker-Brown"})
	d.org.Unassign(d.people["Cara"])
	d.org.AddMember(d.groups["WalkMe Editors"], d.people["Eve"])
	d.org.RemoveMember(d.groups["WalkMe Editors"], d.people["Bob"])
	d.command(ctx, exitOK, "sync")

	d.title("Cara returns, and is back in her group in the same run. A group gets a new name.")
	d.org.Assign(d.people["Cara"])
	d.org.RenameGroup(d.groups["WalkMe Editors"], "WalkMe Editors EMEA")
	d.replaceInConfig("name: WalkMe Editors", "name: WalkMe Editors EMEA")
	d.command(ctx, exitOK, "sync")

	d.title("The mapping changes: given names in capitals. The plan says whom it touches before it happens.")
	d.replaceInConfig("name.givenName: user.firstName", "name.givenName: String.toUpperCase(user.firstName)")
	d.command(ctx, exitChanges, "plan", "--detailed-exitcode")
	d.brief(ctx, exitOK, "sync")

	d.title("WalkMe fails after it has made Finn's account, without an answer. Nothing is lost, nothing is made twice.")
	d.hire("Finn", "Fox", "finn@example.com")
	post := func(r *walkmetest.Request) bool { return r.Method == "POST" }
	d.tenant.Fault(walkmetest.OnMatch(post, 1, walkmetest.AppliedUnanswered()))
	d.command(ctx, exitProblems, "sync")
	d.tenant.Fault(nil)
	d.command(ctx, exitOK, "sync")

	d.title("In the end WalkMe shows:")
	d.inventory()
	d.command(ctx, exitOK, "status")
	d.printf("%s", demoNext)
	for _, v := range d.tenant.Violations() {
		d.fail(fmt.Errorf("the tenant objects: %s", v))
	}
}

func (d *demo) printf(format string, args ...any) {
	if d.err == nil {
		_, d.err = fmt.Fprintf(d.stdout, format, args...)
	}
}

func (d *demo) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

func (d *demo) title(text string) {
	d.step++
	if d.step > 1 {
		d.printf("\n")
	}
	line := fmt.Sprintf("── %d. %s", d.step, text)
	if d.colored(d.stdout) {
		line = "\x1b[1m" + line + "\x1b[0m"
	}
	d.prose(line + "\n")
}

// prose prints text that keeps to the columns of the reader.
func (d *demo) prose(text string) {
	if d.err == nil {
		_, d.err = io.WriteString(d.folded(d.stdout), text)
	}
}

// demoNext is where to go from here.
const demoNext = `
── What to try next:

  okta-walkme-agent demo --serve      the same org and tenant, by hand
  okta-walkme-agent init              a configuration for your org and WalkMe
  okta-walkme-agent check             tests it, and both ends; sends nothing
  okta-walkme-agent plan              whom it would touch: a week of that first
  okta-walkme-agent serve scim        the tenant alone, to test a SCIM client
  okta-walkme-agent scenario example  a life of an org, with expectations
`

// command runs the real program, with its output in the story.
func (d *demo) command(ctx context.Context, want int, args ...string) {
	d.runs(ctx, want, d.stdout, args)
}

// brief is command with the last paragraph of the output alone: what was done, where the
// story has shown already what was to be done.
func (d *demo) brief(ctx context.Context, want int, args ...string) {
	var out strings.Builder
	d.runs(ctx, want, &out, args)
	parts := strings.Split(strings.TrimSpace(out.String()), "\n\n")
	d.printf("  […]\n%s\n", parts[len(parts)-1])
}

func (d *demo) runs(ctx context.Context, want int, out io.Writer, args []string) {
	if d.err != nil || ctx.Err() != nil {
		d.fail(ctx.Err())
		return
	}
	d.printf("\n$ %s %s\n", programName, strings.Join(args, " "))
	code := run(ctx, append([]string{"--config", d.config, "--color", d.color}, args...), environment{
		getenv: d.getenv, stdin: strings.NewReader(""), stdout: out, stderr: out,
	})
	if code != want {
		d.fail(fmt.Errorf("%s ended with %d, not %d", args[0], code, want))
	}
}

// conversation prints the requests that concern one person.
func (d *demo) conversation(title, userName string) {
	d.printf("\n%s\n", title)
	for _, r := range d.tenant.Requests() {
		if !strings.Contains(r.RawQuery+string(r.Body), userName) && !strings.Contains(r.RawQuery, strings.ReplaceAll(userName, "@", "%40")) || strings.HasPrefix(r.Path, "/Groups") {
			continue
		}
		line := r.Method + " " + r.Path
		if r.RawQuery != "" {
			line += "?" + r.RawQuery
		}
		d.printf("  %s → %d\n", line, r.Status)
		if len(r.Body) > 0 {
			d.printf("    %s\n", hidePassword(string(r.Body)))
		}
	}
}

// hidePassword replaces the placeholder password, which no one is to see.
func hidePassword(body string) string {
	before, rest, ok := strings.Cut(body, `"password":"`)
	if !ok {
		return body
	}
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			return before + `"password":"…` + rest[i:]
		}
	}
	return before
}

// inventory lists the accounts of the tenant with their groups.
func (d *demo) inventory() {
	groups := map[string][]string{}
	for _, g := range d.tenant.Groups() {
		for _, id := range g.Members {
			groups[id] = append(groups[id], g.DisplayName)
		}
	}
	d.printf("\n")
	rows := [][]string{{"  USER NAME", "NAME", "ACTIVE", "GROUPS"}}
	for _, u := range d.tenant.Users() {
		active := "yes"
		if !u.Active {
			active = "no"
		}
		rows = append(rows, []string{
			"  " + u.UserName, u.GivenName + " " + u.FamilyName, active, cmp.Or(strings.Join(groups[u.ID], ", "), "none"),
		})
	}
	for _, line := range report.Align(rows) {
		d.printf("%s\n", line)
	}
}

func (d *demo) replaceInConfig(old, new string) {
	data, err := os.ReadFile(d.config)
	if err != nil {
		d.fail(err)
		return
	}
	d.prose(fmt.Sprintf("\n  agent.yaml: %s → %s\n", old, new))
	if err := os.WriteFile(d.config, []byte(strings.Replace(string(data), old, new, 1)), 0o600); err != nil {
		d.fail(err)
	}
}
