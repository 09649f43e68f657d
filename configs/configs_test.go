package configs_test

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"okta-walkme-agent/configs"
	"okta-walkme-agent/walkme"

	"github.com/google/go-cmp/cmp"
)

// minimal is the shortest file that loads.
const minimal = `okta:
  org_url: https://acme.okta.com
  app_id: 0oa1
  auth: {api_token: env:OKTA_TOKEN}
walkme:
  region: us
  auth: {token: env:WALKME_TOKEN}
`

// machine is an environment with these variables and files; a file's content
// begins with its permission bits, as in "0600 secret".
func machine(vars, files map[string]string) configs.Env {
	return configs.Env{
		Dir:    "/etc/agent",
		Getenv: func(name string) string { return vars[name] },
		ReadFile: func(path string) ([]byte, fs.FileMode, error) {
			text, ok := files[path]
			if !ok {
				return nil, 0, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			mode, content, _ := strings.Cut(text, " ")
			var bits fs.FileMode
			for _, digit := range mode {
				bits = bits<<3 | fs.FileMode(digit-'0')
			}
			return []byte(content), bits, nil
		},
	}
}

func parse(t *testing.T, text string, env configs.Env) *configs.Config {
	t.Helper()
	c, err := configs.Parse("agent.yaml", []byte(text), env)
	if err != nil {
		t.Fatalf("Parse = %v", err)
	}
	return c
}

// same compares two configurations without what their origin is.
func same(t *testing.T, got, want configs.Config) {
	t.Helper()
	opts := []cmp.Option{
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".env" || p.Last().String() == ".source" }, cmp.Ignore()),
		cmp.Exporter(func(t reflect.Type) bool { return t == reflect.TypeFor[configs.Config]() }),
		cmp.Comparer(func(a, b configs.Schedule) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b configs.TimeZone) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b configs.Mapping) bool { return a.Path == b.Path && a.Expr.String() == b.Expr.String() }),
	}
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("configuration differs (-want +got):\n%s", diff)
	}
}

func TestMinimalFileIsTheDefaultWithItsRequiredKeys(t *testing.T) {
	want := configs.Default()
	want.Okta.OrgURL, want.Okta.AppID = "https://acme.okta.com", "0oa1"
	want.Okta.Auth.APIToken, want.WalkMe.Auth.Token = "env:OKTA_TOKEN", "env:WALKME_TOKEN"
	want.WalkMe.Region = "us"
	same(t, *parse(t, minimal, configs.Env{}), want)
}

// The sample is what an admin edits: what it sets must be the default, so that
// reading it says what leaving a key out does.
func TestSampleShowsTheDefaults(t *testing.T) {
	want := configs.Default()
	want.Okta.OrgURL, want.Okta.AppID = "https://acme.okta.com", "0oa1b2c3d4e5f6g7h8i9"
	want.Okta.Auth.APIToken = "credential:okta-api-token"
	want.WalkMe.Region = "us"
	want.WalkMe.Auth.Username, want.WalkMe.Auth.Password = "env:WALKME_USERNAME", "credential:walkme-password"
	want.PushGroups.Sources = []configs.GroupSource{}
	same(t, *parse(t, string(configs.Sample()), configs.Env{}), want)
}

// Every key stands in the sample, set or commented out, under its own section,
// with a comment of its own or of the key before it.
func TestSampleIsComplete(t *testing.T) {
	lines := strings.Split(string(configs.Sample()), "\n")
	at := 0
	keys(reflect.TypeFor[configs.Config](), "", func(path, key string) {
		for i := at; i < len(lines); i++ {
			text := strings.TrimLeft(lines[i], " #-")
			if strings.HasPrefix(text, key+":") {
				at = i
				return
			}
		}
		t.Errorf("%s does not occur in agent.yaml after line %d: it is missing, or not in the order of the Config fields", path, at+1)
	})
}

// keys walks all keys of a struct type, depth first.
func keys(t reflect.Type, path string, visit func(path, key string)) {
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		if key == "" {
			continue
		}
		at := strings.TrimPrefix(path+"."+key, ".")
		visit(at, key)
		inner := t.Field(i).Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keys(inner, at, visit)
		}
	}
}

// All commented-out keys of the sample are real ones: with the other ways to sign
// in, a base URL, CA files and group sources in force, it still loads.
func TestSampleWithItsAlternatives(t *testing.T) {
	text := string(configs.Sample())
	for _, edit := range [][2]string{
		{"    api_token:", "    # api_token:"}, {"    # client_id:", "    client_id:"},
		{"    # private_key:", "    private_key:"}, {"    # key_id:", "    key_id:"},
		{"  region: us", "  # region: us"}, {"  # base_url:", "  base_url:"},
		{"    username:", "    # username:"}, {"    password:", "    # password:"}, {"    # token:", "    token:"},
		{"  # ca_file:", "  ca_file:"}, {"  sources: []", "  sources:"}, {"\n  #   ", "\n    "},
		{"  # public_url:", "  public_url:"}, {"  # oidc:", "  oidc:"}, {"    # issuer:", "    issuer:"}, {"    # client_secret:", "    client_secret:"},
		{"    # approvers:", "    approvers:"}, {"  # tls:", "  tls:"}, {"    # cert_file:", "    cert_file:"}, {"    # key_file:", "    key_file:"},
	} {
		if !strings.Contains(text, edit[0]) {
			t.Fatalf("agent.yaml does not contain %q", edit[0])
		}
		text = strings.ReplaceAll(text, edit[0], edit[1])
	}
	c := parse(t, text, configs.Env{Dir: "/etc/agent"})
	if c.Okta.CAFile != "/etc/agent/corporate-ca.pem" {
		t.Errorf("Okta.CAFile = %q, want it below the folder of the file", c.Okta.CAFile)
	}
	rule := configs.GroupRule{
		NameStartsWith: "walkme-", NameContains: "guide", NameEndsWith: "-prod",
		DescriptionStartsWith: "WalkMe", DescriptionContains: "editors", DescriptionEndsWith: "(pushed)",
	}
	want := []configs.GroupSource{
		{Name: "WalkMe Editors", Link: "Editors"}, {ID: "00g1b2c3d4e5f6g7h8i9"}, {Rule: &rule},
		{AssignedGroups: true}, {OktaMappings: true, Paused: true},
	}
	if diff := cmp.Diff(want, c.PushGroups.Sources); diff != "" {
		t.Errorf("Sources (-want +got):\n%s", diff)
	}
}

// A switch that walkme has and the file does not would be out of reach.
func TestEveryWireSwitchHasAKey(t *testing.T) {
	file := reflect.TypeFor[configs.Wire]()
	for field := range reflect.TypeFor[walkme.Wire]().Fields() {
		if field.Name == "MembershipUpdates" { // push_groups.membership_updates
			continue
		}
		own, ok := file.FieldByName(field.Name)
		if !ok || own.Type != field.Type {
			t.Errorf("configs.Wire has no %s %s", field.Name, field.Type)
		}
	}
}

func TestRegionsAreThoseOfWalkMe(t *testing.T) {
	field, _ := reflect.TypeFor[configs.WalkMe]().FieldByName("Region")
	regions := walkme.Regions()
	for region := range strings.SplitSeq(field.Tag.Get("oneof"), "|") {
		if regions[region] == "" {
			t.Errorf("region %q is accepted, but walkme has no address for it", region)
		}
		delete(regions, region)
	}
	for region := range regions {
		t.Errorf("walkme has region %q, but it is not accepted", region)
	}
}

func TestLoadReportsAFileThatCannotBeRead(t *testing.T) {
	_, err := configs.Load("/nowhere/agent.yaml", machine(nil, nil))
	var all *configs.Errors
	if !errors.As(err, &all) || len(all.Problems) != 1 {
		t.Fatalf("Load = %v, want *Errors with one problem", err)
	}
	want := "/nowhere/agent.yaml: the configuration cannot be read: file does not exist"
	if got := err.Error(); got != want {
		t.Errorf("Load = %q, want %q", got, want)
	}
}

func TestRelativePathsBeginAtTheFolderOfTheFile(t *testing.T) {
	env := machine(map[string]string{"OKTA_TOKEN": "t"}, map[string]string{
		"/srv/agent.yaml": "0644 " + minimal + "state: {path: agent.db}\n",
	})
	env.Dir = ""
	c, err := configs.Load("/srv/agent.yaml", env)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.State.Path, "/srv/agent.db"; got != want {
		t.Errorf("State.Path = %q, want %q", got, want)
	}
}

// A section whose keys are all commented out is how people switch things off.
func TestEmptySectionKeepsItsDefaults(t *testing.T) {
	c := parse(t, minimal+"limits:\n  # count: 3\npush_groups:\n  sources:\nmappings:\n", configs.Env{})
	if got, want := len(c.Mappings), 3; got != want {
		t.Errorf("%d mappings, want %d", got, want)
	}
	if diff := cmp.Diff(configs.Default().Limits, c.Limits); diff != "" {
		t.Errorf("Limits (-want +got):\n%s", diff)
	}
}

func TestKeysKeepTheirDefaultsOneByOne(t *testing.T) {
	c := parse(t, minimal+"limits: {deactivations: {count: 3}}\n", configs.Env{})
	if got, want := c.Limits.Deactivations, (configs.Limit{Count: 3, Percent: 10}); got != want {
		t.Errorf("Deactivations = %+v, want %+v", got, want)
	}
}

func TestMappingsReplaceTheDefaultAndKeepTheirOrder(t *testing.T) {
	c := parse(t, minimal+`mappings:
  title: user.title
  urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department: 'user.department'
  emails[primary eq true].value: user.email
  userName: appuser.userName
`, configs.Env{})
	var got []string
	for _, m := range c.Mappings {
		got = append(got, m.Path+" = "+m.Expr.String())
	}
	want := []string{
		"title = user.title",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department = user.department",
		"emails[primary eq true].value = user.email",
		"userName = appuser.userName",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Mappings (-want +got):\n%s", diff)
	}
}

func TestTextsKeepTheirCharacters(t *testing.T) {
	c := parse(t, minimal+"push_groups:\n  sources: [{name: 010}, {name: yes}, {name: true}, {name: Ärzte é}]\n", configs.Env{})
	want := []configs.GroupSource{{Name: "010"}, {Name: "yes"}, {Name: "true"}, {Name: "Ärzte é"}}
	if diff := cmp.Diff(want, c.PushGroups.Sources); diff != "" {
		t.Errorf("Sources (-want +got):\n%s", diff)
	}
}

func TestLogLevels(t *testing.T) {
	for level, want := range map[string]string{"debug": "DEBUG", "info": "INFO", "warn": "WARN", "error": "ERROR", "": "INFO"} {
		if got := (configs.Log{Level: level}).SlogLevel().String(); got != want {
			t.Errorf("Log{%q}.SlogLevel() = %s, want %s", level, got, want)
		}
	}
}
