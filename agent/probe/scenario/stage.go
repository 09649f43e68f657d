package scenario

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"okta-walkme-agent/internal/fault"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// Program is the agent: it runs one command in this process and returns its exit code.
type Program func(ctx context.Context, args []string, stdout, stderr io.Writer) int

// Options say against what scenarios are played, and by which agent.
type Options struct {
	// Program runs the commands of the steps.
	Program Program

	// Executable is the agent as a command with its first arguments, for the step
	// kill. Empty: kill cannot be played.
	Executable []string

	// Target is the SCIM base URL of a foreign server. Empty is the built-in tenant.
	Target string

	// Authorization is what Target wants as the header of that name.
	Authorization string

	// Transport reaches Target, and leaves answers compressed.
	Transport http.RoundTripper

	// Verbose, if set, is shown the output of every command.
	Verbose io.Writer
}

// Stage is an org, a tenant or a target, and the configuration of an agent that
// connects them.
type stage struct {
	opts    Options
	file    *File
	profile string
	dir     string

	directory *Directory
	tenant    *walkmetest.Tenant // nil with a target
	conduit   *conduit
	client    *http.Client // to the SCIM server, past the conduit

	since  int               // of the conduit's exchanges: where the last command began
	output string            // of the last command
	code   int               // its exit code
	ran    bool              // there was one
	made   []made            // on a foreign server, past the conduit
	ids    map[string]string // "User userName" or "Group name": id when it was first seen
}

// newStage puts everything up. The caller closes it.
func newStage(f *File, profile string, opts Options) (*stage, error) {
	dir, err := os.MkdirTemp("", "okta-walkme-scenario-")
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	s := &stage{opts: opts, file: f, profile: profile, dir: dir, ids: map[string]string{}}
	s.directory = f.Org.Populate(oktatest.Start(oktatest.Options{AppLabel: "WalkMe"}))
	target := opts.Target
	var next http.RoundTripper
	if target == "" {
		if err := s.openTenant(); err != nil {
			return nil, errors.Join(err, s.close())
		}
		target, next = "http://walkme.invalid"+walkmetest.DefaultBasePath, s.tenant.Transport()
	} else {
		next = opts.Transport
	}
	s.client = &http.Client{Transport: next}
	if s.conduit, err = startConduit(target, next); err == nil {
		err = s.configure()
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openTenant makes the built-in tenant with what is there before.
func (s *stage) openTenant() error {
	s.tenant = walkmetest.New(walkmetest.Options{Allow: rules(s.file.AllowViolations)})
	for _, a := range s.file.Tenant.Accounts {
		s.addAccount(a)
	}
	for _, g := range s.file.Tenant.Groups {
		ids, err := s.accountIDs(g.Members)
		if err != nil {
			return err
		}
		s.tenant.AddGroup(g.Name, ids...)
	}
	if err := s.setQuirks(s.file.Tenant.Quirks); err != nil {
		return err
	}
	for _, text := range s.file.Tenant.Faults {
		rule, err := fault.Parse(text, walkmetest.FaultKinds())
		if err != nil {
			return err
		}
		if _, err := s.tenant.AddFault(rule); err != nil {
			return err
		}
	}
	return nil
}

func rules(names []string) []walkmetest.Rule {
	out := make([]walkmetest.Rule, len(names))
	for i, name := range names {
		out[i] = walkmetest.Rule(name)
	}
	return out
}

func (s *stage) setQuirks(texts []string) error {
	var q walkmetest.Quirks
	for _, text := range texts {
		if err := q.Set(text); err != nil {
			return err
		}
	}
	s.tenant.SetQuirks(q)
	return nil
}

func (s *stage) addAccount(a Account) {
	extra := walkmetest.Email(a.Email)
	if extra == nil {
		extra = map[string]any{}
	}
	for key, value := range a.Attributes {
		extra[key] = value
	}
	s.tenant.AddUser(walkmetest.User{
		UserName: a.UserName, GivenName: a.GivenName, FamilyName: a.FamilyName, ExternalID: a.ExternalID,
		Active: a.Active == nil || *a.Active, Extra: extra,
	})
}

func (s *stage) accountIDs(userNames []string) ([]string, error) {
	var ids []string
	for _, name := range userNames {
		u, ok := s.tenant.User(name)
		if !ok {
			return nil, fmt.Errorf("the tenant has no account %q", name)
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}

// configure writes the agent's configuration, with that of the file laid over it.
func (s *stage) configure() error {
	org := s.directory.Org
	config := map[string]any{
		"okta": map[string]any{
			"org_url": org.URL(), "app_id": org.AppID(), "group_full_read": "0s",
			"auth": map[string]any{"api_token": "file:okta-api-token"},
		},
		"walkme": map[string]any{
			"base_url": s.conduit.url, "wire_profile": s.profile, "requests_per_second": 0,
			"max_in_flight": 1,    // so that requests come in the order of the plan
			"verify_every":  "0s", // so that they are those of the changes
			"auth":          map[string]any{"token": "file:walkme-token"},
		},
		"mappings": map[string]any{
			"userName": "appuser.userName", "name.givenName": "user.firstName", "name.familyName": "user.lastName",
		},
		"state": map[string]any{"path": "state.db"},
		"log":   map[string]any{"level": "error", "format": "text"},
	}
	overlay(config, s.file.Config)
	authorization := s.opts.Authorization
	if s.tenant != nil {
		authorization = s.tenant.Authorization()
	}
	if err := s.write("okta-api-token", org.Token()); err != nil {
		return err
	}
	if err := s.write("walkme-token", authorization); err != nil {
		return err
	}
	return s.writeConfig(config)
}

func (s *stage) writeConfig(config map[string]any) error {
	text, err := yaml.Marshal(config)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return s.write("agent.yaml", string(text))
}

// reconfigure lays more over the configuration. A null takes a key away.
func (s *stage) reconfigure(more map[string]any) error {
	text, err := os.ReadFile(s.configPath())
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	config := map[string]any{}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	overlay(config, more)
	return s.writeConfig(config)
}

// overlay lays maps over maps, key by key; anything else is replaced, mappings are
// replaced as a whole, since their keys are theirs.
func overlay(under, over map[string]any) {
	for key, value := range over {
		if value == nil {
			delete(under, key)
			continue
		}
		inner, isMap := value.(map[string]any)
		below, hasMap := under[key].(map[string]any)
		if isMap && hasMap && key != "mappings" {
			overlay(below, inner)
			continue
		}
		under[key] = value
	}
}

func (s *stage) configPath() string { return filepath.Join(s.dir, "agent.yaml") }

func (s *stage) write(name, text string) error {
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	return nil
}

// close takes the stage down.
func (s *stage) close() error {
	if s.conduit != nil {
		s.conduit.close()
	}
	if s.tenant != nil {
		s.tenant.Close()
	}
	s.directory.Org.Close()
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("scenario: %w", err)
	}
	return nil
}
