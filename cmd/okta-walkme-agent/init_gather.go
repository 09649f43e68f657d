package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"okta-walkme-agent/configs"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// complete asks for what the flags left open, and again for what is wrong.
func (s *setup) complete(ask *asker, dir string) error {
	questions := []question{
		{name: "--okta-org", text: "Address of your Okta org (https://acme.okta.com)", value: &s.org, path: "okta.org_url"},
		{name: "--okta-app", text: "The WalkMe app in Okta, its id (0oa…)", value: &s.app, wrong: func() string { return s.wrongApp(dir) }},
	}
	if s.canFindApp(dir) {
		questions[1].text = "The WalkMe app in Okta, its id (0oa…) or its name"
	}
	if s.oktaAuth == authServiceApp {
		questions = append(questions, question{name: "--client-id", text: "Client id of the Okta service app", value: &s.clientID, path: "okta.auth.client_id"})
	}
	if s.baseURL == "" {
		questions = append(questions, question{
			name: "--region", text: "Where your WalkMe account lives (us, eu, ca), or its SCIM base URL", value: &s.region, wrong: s.wrongPlace,
		})
	}
	for _, q := range questions {
		if *q.value != "" {
			continue
		}
		if err := s.ask(ask, q); err != nil {
			return err
		}
	}
	if wrong := s.wrongApp(dir); wrong != "" {
		s.app = ""
		return &exit{exitConfig, fmt.Errorf("--okta-app %s", wrong)}
	}
	return nil
}

// ask repeats a question until the answer can be used, or no answer comes any more.
func (s *setup) ask(ask *asker, q question) error {
	wrong := q.wrong
	if wrong == nil {
		wrong = func() string { return s.problem(q.path) }
	}
	for last := ""; ; {
		answer, err := ask.answer(q)
		switch {
		case errors.Is(err, io.EOF) && last != "":
			return &exit{exitConfig, fmt.Errorf("%s %s", q.name, last)}
		case errors.Is(err, io.EOF):
			return usage("%s is missing, and there is nobody to ask", q.name)
		case err != nil:
			return err
		}
		*q.value = answer
		if last = wrong(); last == "" {
			return nil
		}
		*q.value = ""
		ask.note(last)
	}
}

// problem is what the configuration says of one of its keys, as filled in so far.
func (s *setup) problem(path string) string {
	text, err := s.starter().Render()
	if err != nil {
		return err.Error()
	}
	var bad *configs.Errors
	if _, err = configs.Parse("", text, configs.Env{}); errors.As(err, &bad) {
		for _, p := range bad.Problems {
			if p.Path == path {
				return strings.TrimSuffix(p.Msg+"; "+p.Hint, "; ")
			}
		}
	}
	return ""
}

// wrongPlace takes a region in upper or lower case, or a base URL, at one prompt.
func (s *setup) wrongPlace() string {
	if strings.Contains(s.region, "://") {
		s.region, s.baseURL = "", s.region
		wrong := s.problem("walkme.base_url")
		if wrong != "" {
			s.baseURL = ""
		}
		return wrong
	}
	s.region = strings.ToLower(s.region)
	return s.problem("walkme.region")
}

// appID is the form of an id of an app instance.
var appID = regexp.MustCompile(`^0oa[0-9A-Za-z]+$`)

func isAppID(text string) bool { return appID.MatchString(text) }

// canFindApp says whether there are secrets to look an app up with.
func (s *setup) canFindApp(dir string) bool {
	if s.writeSecrets {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, s.secrets()[0].name))
	return err == nil
}

func (s *setup) wrongApp(dir string) string {
	if isAppID(s.app) || s.canFindApp(dir) {
		return ""
	}
	return fmt.Sprintf("%q is no id of an app; it begins with 0oa and stands in the address of the app's page (a name is looked up with --write-secrets)", s.app)
}

// findApp puts the id of the app in the place of its name, and asks again for one
// that Okta does not know.
func (s *setup) findApp(ctx context.Context, dir string, secrets []setupFile, ask *asker) error {
	cfg, err := s.oktaConfig(dir, secrets)
	if err != nil {
		return err
	}
	apps, err := okta.ListApps(ctx, cfg)
	if err != nil {
		return explained(fmt.Errorf("the app %q cannot be looked up: %w", s.app, err))
	}
	match := func() string {
		if isAppID(s.app) {
			return ""
		}
		id, wrong := chooseApp(apps, s.app)
		if wrong == "" {
			ask.note(s.app + " is " + id)
			s.app = id
		}
		return wrong
	}
	wrong := match()
	if wrong == "" {
		return nil
	}
	ask.note(wrong)
	err = s.ask(ask, question{name: "--okta-app", text: "The WalkMe app in Okta, its id (0oa…) or its name", value: &s.app, wrong: match})
	var missing *exit
	if errors.As(err, &missing) && missing.code == exitUsage { // no one to ask
		return &exit{exitConfig, fmt.Errorf("--okta-app %s", wrong)}
	}
	return err
}

// chooseApp finds the one app of a label.
func chooseApp(apps []okta.App, label string) (id, wrong string) {
	var same, others []string
	for _, app := range apps {
		if scim.SameName(app.Label, label) {
			same = append(same, app.ID)
		} else {
			others = append(others, fmt.Sprintf("%q", app.Label))
		}
	}
	switch {
	case len(same) == 1:
		return same[0], ""
	case len(same) > 1:
		return "", fmt.Sprintf("%d apps are called %q; give the id of one of %s", len(same), label, strings.Join(same, ", "))
	case len(others) == 0:
		return "", fmt.Sprintf("no app is called %q; the credentials see none", label)
	}
	const most = 8
	more := ""
	if len(others) > most {
		others, more = others[:most], ", …"
	}
	return "", fmt.Sprintf("no app is called %q; the credentials see %s%s", label, strings.Join(others, ", "), more)
}

// oktaConfig takes the secrets that were typed in, or those that are there.
func (s *setup) oktaConfig(dir string, secrets []setupFile) (okta.Config, error) {
	name := s.secrets()[0].name
	var secret []byte
	for _, f := range secrets {
		if filepath.Base(f.path) == name {
			secret = f.data
		}
	}
	if secret == nil {
		var err error
		if secret, err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return okta.Config{}, err
		}
	}
	cfg := okta.Config{OrgURL: s.org, UserAgent: programName + "/" + buildVersion()}
	if s.oktaAuth == authServiceApp {
		cfg.ClientID, cfg.KeyID, cfg.PrivateKey = s.clientID, s.keyID, secret
	} else {
		cfg.APIToken = string(bytes.TrimSpace(secret))
	}
	return cfg, nil
}

// askSecrets asks for each secret and makes it a file.
func (s *setup) askSecrets(ask *asker, dir string) (out []setupFile, err error) {
	for _, q := range s.secrets() {
		value, err := ask.answer(q)
		if q.file && err == nil {
			value, err = askKey(ask, q, value)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, setupFile{path: filepath.Join(dir, q.name), data: []byte(value + "\n"), mode: 0o600})
	}
	return out, nil
}

// askKey reads the private key in a file, and asks for another file as long as there is
// none in it and a person answers.
func askKey(ask *asker, q question, path string) (string, error) {
	for {
		data, wrong := os.ReadFile(path)
		if wrong == nil {
			wrong = okta.CheckPrivateKey(data)
		}
		if wrong == nil {
			return string(bytes.TrimSpace(data)), nil
		}
		ask.note(wrong.Error())
		var err error
		if path, err = ask.answer(q); errors.Is(err, io.EOF) {
			return "", fmt.Errorf("%s: %w", q.name, wrong)
		} else if err != nil {
			return "", err
		}
	}
}
