package configs

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Secret is a reference to a secret, never the secret itself: env:NAME,
// file:PATH, or credential:NAME for a systemd credential. "" is no reference.
// A reference may be logged.
type Secret string

var (
	envName        = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,254}$`)
	credentialName = regexp.MustCompile(`^[A-Za-z0-9_@-][A-Za-z0-9_.@-]{0,254}$`)
)

const secretHint = "write env:NAME, file:PATH or credential:NAME, and keep the secret itself out of this file"

// parseText accepts a reference. Its messages never quote the text: it may be
// a secret that was written out.
func (s *Secret) parseText(text string) *fault {
	scheme, rest, ok := strings.Cut(text, ":")
	switch {
	case text == "":
		return &fault{"is empty", secretHint}
	case ok && scheme == "env" && envName.MatchString(rest),
		ok && scheme == "file" && rest != "" && !strings.ContainsFunc(rest, isControl),
		ok && scheme == "credential" && credentialName.MatchString(rest):
		*s = Secret(text)
		return nil
	case ok && scheme == "env":
		return &fault{"is not the name of an environment variable", "write env:NAME, with letters, digits and _ in the name"}
	case ok && scheme == "file":
		return &fault{"names no file", "write file:PATH; a relative path begins at the folder of this file"}
	case ok && scheme == "credential":
		return &fault{"is not the name of a systemd credential", "write credential:NAME, with letters, digits and . _ @ - in the name"}
	}
	return &fault{"is not a reference to a secret (the value is not shown)", secretHint}
}

// Resolve returns the secret. Line breaks at its end and a byte order mark before it
// are cut off, because editors and echo add them; a secret that is empty, stands in
// quotes or is not UTF-8 is an error, and so is a file: that others than its owner can
// read or write. A credential: may be readable by a group,
// which is how systemd hands it over. Errors name the reference, never the value.
func (s Secret) Resolve(env Env) (string, error) {
	value, f := s.resolve(env)
	if f != nil {
		return "", fmt.Errorf("%s: %w", s, f)
	}
	return value, nil
}

func (s Secret) resolve(env Env) (string, *fault) {
	scheme, rest, _ := strings.Cut(string(s), ":")
	var value string
	var f *fault
	switch scheme {
	case "env":
		if value = env.getenv(rest); value == "" {
			return "", &fault{"the environment variable is not set or empty", ""}
		}
	case "file":
		value, f = env.secretFile(env.path(rest), 0o077)
		if f != nil && f.hint == "" && (strings.HasPrefix(rest, "~") || strings.Contains(rest, "$")) {
			f.hint = "~ and $ mean something to a shell alone; write the whole path"
		}
	case "credential":
		value, f = env.credential(rest)
	default:
		return "", &fault{"is not a reference to a secret", secretHint}
	}
	if f != nil {
		return "", f
	}
	return bare(value)
}

// quotes are the pairs that a secret may have been put in.
var quotes = []string{`""`, `''`, "``", "“”", "‘’", "«»"}

// bare is a secret without what editors and shells put around it: a mark of the byte
// order at its beginning and line breaks at its end go, in silence. What may or may
// not belong to it is refused. No message quotes it.
func bare(value string) (string, *fault) {
	if strings.HasPrefix(value, "\xff\xfe") || strings.HasPrefix(value, "\xfe\xff") {
		return "", &fault{"the text is UTF-16, as some Windows editors write it", "save it as UTF-8"}
	}
	value = strings.TrimPrefix(value, "\ufeff")
	if value = strings.TrimRight(value, "\r\n"); strings.TrimSpace(value) == "" {
		return "", &fault{"the secret is empty", ""}
	}
	if !utf8.ValidString(value) || strings.ContainsAny(value, "\x00\ufeff\u200b") {
		return "", &fault{"the secret holds characters that no secret has: it is damaged, or not plain text", "copy it again, into a file in UTF-8"}
	}
	trimmed := strings.TrimSpace(value)
	for _, pair := range quotes {
		first, size := utf8.DecodeRuneInString(pair)
		if len(trimmed) >= len(pair) && strings.HasPrefix(trimmed, string(first)) && strings.HasSuffix(trimmed, pair[size:]) {
			return "", &fault{"the secret stands in quotes", "take the quotes away: the secret stands there alone"}
		}
	}
	return value, nil
}

// oneLine is a fault when a secret that is no key has more than one line.
func oneLine(value string) *fault {
	if strings.ContainsFunc(value, isControl) {
		return &fault{"the secret holds a line break or another control character", "keep the secret alone there, on one line"}
	}
	return nil
}

// secretFile reads a file of which none of the forbidden permission bits is set.
func (e Env) secretFile(path string, forbidden uint32) (string, *fault) {
	data, mode, err := e.read(path)
	if err != nil {
		return "", &fault{"the file cannot be read: " + reason(err), ""}
	}
	if perm := uint32(mode.Perm()); perm&forbidden != 0 {
		return "", &fault{fmt.Sprintf("the file is open to others than its owner (mode %#o)", perm), "chmod 600 it"}
	}
	return string(data), nil
}

// credential reads what LoadCredential= of a systemd unit provides
// (systemd.exec(5), "Credentials").
func (e Env) credential(name string) (string, *fault) {
	dir := e.getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return "", &fault{"there are no systemd credentials here: CREDENTIALS_DIRECTORY is not set",
			"the service gets them by LoadCredential= in its unit; for a run by hand, set the variable to a folder that holds the file " + name}
	}
	value, f := e.secretFile(filepath.Join(dir, name), 0)
	if f != nil {
		f.hint = "add LoadCredential=" + name + ":PATH to the unit"
	}
	return value, f
}
