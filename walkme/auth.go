package walkme

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"unicode/utf8"
)

// Auth is the credential: either Username and Password, or Token. It prints as
// [redacted].
type Auth struct {
	Username string
	Password string

	// Token is what an admin types into Okta's API Token field: "Basic …",
	// "Bearer …", or the base64 of user:password alone.
	Token string
}

const redacted = "[redacted]"

// String keeps the credential out of whatever prints it.
func (Auth) String() string { return redacted }

// GoString keeps the credential out of %#v.
func (Auth) GoString() string { return redacted }

// LogValue keeps the credential out of logs.
func (Auth) LogValue() slog.Value { return slog.StringValue(redacted) }

// header returns the value of Authorization. Its errors never show any part of
// the credential.
func (a Auth) header() (string, error) {
	switch {
	case a.Token != "" && (a.Username != "" || a.Password != ""):
		return "", errors.New("credential: give a username and password or a token, not both")
	case a.Token != "":
		return tokenHeader(strings.TrimSpace(a.Token))
	case a.Username == "" && a.Password == "":
		return "", errors.New("credential: give a username and password, or a token")
	case a.Username == "":
		return "", errors.New("credential: the username is missing")
	case a.Password == "":
		return "", errors.New("credential: the password is missing")
	case strings.Contains(a.Username, ":"):
		return "", errors.New("credential: a username must not contain a colon (RFC 7617, section 2)")
	}
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(a.Username+":"+a.Password)), nil
}

func tokenHeader(token string) (string, error) {
	if strings.ContainsFunc(token, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", errors.New("credential: the token contains a line break or another character that no header can carry")
	}
	scheme, value, found := strings.Cut(token, " ")
	value = strings.TrimSpace(value)
	switch {
	case found && strings.EqualFold(scheme, "Basic"):
		if !encodesUserAndPassword(value) {
			return "", errors.New(`credential: after "Basic" comes the base64 of username:password`)
		}
		return "Basic " + value, nil
	case found && strings.EqualFold(scheme, "Bearer"):
		if value == "" || strings.Contains(value, " ") {
			return "", errors.New(`credential: after "Bearer" comes the token, without blanks`)
		}
		return "Bearer " + value, nil
	case !found && encodesUserAndPassword(token):
		return "Basic " + token, nil
	}
	return "", errors.New(`credential: the token starts with "Basic " or "Bearer ", or is the base64 of username:password`)
}

func encodesUserAndPassword(s string) bool {
	text, err := base64.StdEncoding.DecodeString(s)
	if err != nil || !utf8.Valid(text) {
		return false
	}
	username, password, found := strings.Cut(string(text), ":")
	return found && username != "" && password != "" && !strings.ContainsFunc(string(text), func(r rune) bool { return r < ' ' || r == 0x7f })
}

// CredentialMark is two bytes, in hex, of a digest over the credential and a salt:
// enough to notice that it is another one, too little to find it out.
func (c *Client) CredentialMark(salt string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(c.authorization))
	return hex.EncodeToString(mac.Sum(nil)[:2])
}
