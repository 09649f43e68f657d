package okta

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	hidden = "[hidden]"

	// shortest is the length from which a secret is looked for in a text. A shorter
	// one would turn up by chance.
	shortest = 6

	// mostSecrets is how many secrets are remembered. Tokens and assertions come
	// anew; only late ones can turn up in an answer.
	mostSecrets = 64
)

// veil knows the secrets that a client sends and takes them out of texts that a
// server or proxy wrote: some repeat what they were sent.
type veil struct {
	mu      sync.RWMutex
	secrets []string // the latest last
}

// learn adds secrets, and each in the form that an address has.
func (v *veil) learn(secrets ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range secrets {
		for _, form := range []string{s, url.QueryEscape(s)} {
			if len(form) >= shortest && !slices.Contains(v.secrets, form) {
				v.secrets = append(v.secrets, form)
			}
		}
	}
	v.secrets = slices.Delete(v.secrets, 0, max(0, len(v.secrets)-mostSecrets))
}

// hide replaces every secret in a text.
func (v *veil) hide(text string) string {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, s := range slices.Backward(v.secrets) {
		text = strings.ReplaceAll(text, s, hidden)
	}
	return text
}

// hideError returns an error whose text holds no secret, and behind which the error
// can still be found.
func (v *veil) hideError(err error) error {
	if err == nil {
		return nil
	}
	if text := err.Error(); v.hide(text) != text {
		return &hiddenError{v.hide(text), err}
	}
	return err
}

// hiddenError is an error with another text.
type hiddenError struct {
	text string
	err  error
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.err }

// learnProxy adds the credentials of the proxy that the environment names for an
// address. net/http sends them, and quotes what a proxy answers.
func (v *veil) learnProxy(address string) {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return
	}
	proxy, err := proxyFromEnvironment(req)
	if err != nil || proxy == nil || proxy.User == nil {
		return
	}
	password, _ := proxy.User.Password()
	both := proxy.User.Username() + ":" + password
	v.learn(password, both, base64.StdEncoding.EncodeToString([]byte(both)), proxy.User.String())
}

// proxyFromEnvironment is http.ProxyFromEnvironment, whose error quotes the
// variable, and with it the password in it.
func proxyFromEnvironment(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errors.New("the environment names a proxy (HTTPS_PROXY, HTTP_PROXY) whose address cannot be read")
	}
	return proxy, nil
}
