package configs

import (
	"bytes"
	_ "embed" // the template
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed starter.yaml.tmpl
var starterText string

// Starter is a first configuration: the keys that have no default, and the few that
// people look for first. Its fields are taken as they are; [Parse] says what is
// wrong with them.
type Starter struct {
	OrgURL, AppID   string
	ServiceApp      bool   // OAuth 2.0 instead of an API token
	ClientID, KeyID string // of the service app; KeyID may be empty
	Region, BaseURL string // one of the two
	Groups          []string
	Secrets         string // credential or file: the kind of the references
	Instance        string // of the systemd unit; "": the plain one
	Beside          bool   // the state lies beside the configuration
	Live            bool   // without the dry run
}

// Render is the text of the file. The same starter gives the same bytes.
func (s Starter) Render() ([]byte, error) {
	t, err := template.New("starter").Funcs(template.FuncMap{"scalar": scalarText}).Parse(starterText)
	if err != nil {
		return nil, fmt.Errorf("template of a first configuration: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, s); err != nil {
		return nil, fmt.Errorf("first configuration: %w", err)
	}
	return out.Bytes(), nil
}

// IsStarter reports whether a file is just what some starter renders: no one has
// worked on it since.
func IsStarter(data []byte) bool {
	c, err := Parse("", data, Env{})
	if err != nil {
		return false
	}
	s := Starter{
		OrgURL: c.Okta.OrgURL, AppID: c.Okta.AppID, ClientID: c.Okta.Auth.ClientID, KeyID: c.Okta.Auth.KeyID,
		ServiceApp: c.Okta.Auth.ClientID != "", Region: c.WalkMe.Region, BaseURL: c.WalkMe.BaseURL, Live: !c.DryRun,
	}
	s.Secrets, _, _ = strings.Cut(string(c.WalkMe.Auth.Username), ":")
	for _, source := range c.PushGroups.Sources {
		s.Groups = append(s.Groups, source.Name)
	}
	s.Beside = filepath.Base(c.State.Path) == c.State.Path
	if rest, ok := strings.CutPrefix(c.State.Path, "/var/lib/okta-walkme-agent-"); ok {
		s.Instance = strings.TrimSuffix(rest, "/state.db")
	}
	text, err := s.Render()
	return err == nil && bytes.Equal(text, data)
}

// scalarText is a YAML scalar. Text that could be anything else is quoted as JSON,
// which YAML takes.
func scalarText(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._/:", r)
	}
	letters := strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	short := len(s) <= 5 && s != "us" && s != "eu" && s != "ca" // may be a word of YAML's own
	if letters && !short && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) && !strings.HasSuffix(s, ":") {
		return s
	}
	text, _ := json.Marshal(s) // a string always has JSON
	return string(text)
}
