package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
)

// answers names the flag behind each key that init fills in.
var answers = map[string]string{
	"okta.org_url":        "--okta-org",
	"okta.app_id":         "--okta-app",
	"okta.auth.client_id": "--client-id",
	"okta.auth.key_id":    "--key-id",
	"walkme.region":       "--region",
	"walkme.base_url":     "--base-url",
}

// flagOf is the flag for a key, "" for one that no answer has filled.
func flagOf(path string) string {
	if strings.HasPrefix(path, "push_groups.sources[") {
		return "--group"
	}
	return answers[path]
}

// wrongAnswers tells what is wrong with a configuration in the words of its questions:
// the file that it would be in was not written.
func wrongAnswers(err error) error {
	var bad *configs.Errors
	if !errors.As(err, &bad) {
		return err
	}
	var lines []string
	for _, p := range bad.Problems {
		name := flagOf(p.Path)
		if name == "" {
			return err // not an answer: the sample itself
		}
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s %s; %s", name, p.Msg, p.Hint), "; "))
	}
	return &exit{exitConfig, errors.New(strings.Join(lines, "\n"))}
}

// resume is the command line that goes on with what was answered. What err says is
// wrong is left out, so that it is asked for again.
func (s setup) resume(configPath string, err error) string {
	return "\nNothing was written. With the answers so far:\n  " + s.command(configPath, err) + "\n\n"
}

// command is the command line that gives the same answers, but those that err refuses.
func (s setup) command(configPath string, err error) string {
	var b strings.Builder
	b.WriteString(programName)
	text := func(flag, value string) {
		if value != "" && !slices.Contains(badFlags(err), flag) {
			b.WriteString(" " + flag + " " + report.Escape(shellWord(value)))
		}
	}
	on := func(flag string, set bool) {
		if set {
			b.WriteString(" " + flag)
		}
	}
	text("--config", configPath)
	b.WriteString(" init")
	text("--okta-org", s.org)
	text("--okta-app", s.app)
	if s.oktaAuth != authToken {
		text("--okta-auth", s.oktaAuth)
	}
	text("--client-id", s.clientID)
	text("--key-id", s.keyID)
	text("--region", s.region)
	text("--base-url", s.baseURL)
	for _, group := range s.groups {
		text("--group", group)
	}
	text("--instance", s.instance)
	if s.references != inCredentials {
		text("--secrets", s.references)
	}
	on("--write-secrets", s.writeSecrets)
	on("--live", s.live)
	on("--force", s.overwrite)
	on("--no-check", s.noTest)
	return b.String()
}

// badFlags lists the flags whose values a configuration refuses.
func badFlags(err error) (flags []string) {
	var bad *configs.Errors
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			flags = append(flags, flagOf(p.Path))
		}
	}
	return flags
}

// shellWord is a text as one word of a POSIX shell.
func shellWord(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._/:@%+,", r)
	}
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) }) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
