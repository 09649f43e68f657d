package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// sendTimeout is how long a run waits for one message to be taken.
const sendTimeout = 10 * time.Second

// open makes the service that the URL names. Errors of the library are not passed on,
// because they may hold the URL.
func (r *recipient) open() (types.Service, error) {
	if r.Problem != nil {
		return nil, r.Problem
	}
	address, err := secured(r.URL)
	if err != nil {
		return nil, err
	}
	service, err := new(router.ServiceRouter).Locate(address)
	switch {
	case strings.HasPrefix(address, "https://"), strings.HasPrefix(address, "http://"):
		return nil, errors.New("the address of a webhook is written another way here: Slack's …/services/A/B/C as slack://hook:A-B-C@webhook, Teams' as teams://…, one of your own as generic://HOST/PATH (it is not shown)")
	case errors.Is(err, router.ErrUnknownService):
		return nil, errors.New("the URL names no service that is known: it begins with slack://, teams://, smtp://, generic:// or another of shoutrrr's")
	case err != nil:
		return nil, errors.New("the URL is not one that this service understands (it is not shown)")
	case service.GetID() == "logger":
		return nil, errors.New("logger:// tells nobody: it writes to the log of a program of its own")
	}
	return service, stayHome(service, address)
}

// send hands over one message, and waits no longer than sendTimeout. A service that
// never answers keeps one message busy, not one for each run.
func (r *recipient) send(ctx context.Context, title, text string) error {
	service, err := r.open()
	if err != nil {
		return err
	}
	if !r.busy.TryLock() {
		return errBusy
	}
	params := types.Params{}
	if slices.Contains(titled, service.GetID()) {
		params.SetTitle(title)
	}
	done := make(chan error, 1)
	go func() {
		defer r.busy.Unlock()
		done <- attempt(func() error { return service.Send(text, &params) })
	}()
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	select {
	case err = <-done:
		return unnamed(err)
	case <-ctx.Done():
		return fmt.Errorf("no answer within %s", sendTimeout)
	}
}

// titled are the services that show a title apart from the message.
var titled = []string{"bark", "gotify", "join", "ntfy", "pushbullet", "pushover", "smtp"}

// attempt turns a panic of the library into an error: no message is worth a service.
func attempt(send func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the message could not be made")
		}
	}()
	return send()
}

// kindOf names the service of a URL, by its scheme.
func kindOf(address string) string {
	scheme, _, _ := strings.Cut(address, ":")
	scheme, _, _ = strings.Cut(strings.ToLower(scheme), "+")
	if slices.Contains(new(router.ServiceRouter).ListServices(), scheme) {
		return scheme
	}
	return "no known service"
}

// unsafe are the settings of shoutrrr's services that give up encryption, or the check
// of who is at the other end.
var unsafe = []string{"disabletls", "disabletlsverification", "insecureskipverify", "skiptlsverify"}

// secured refuses a URL that would send a message in plain text to another machine, and
// lets a mail server beyond this one insist on TLS.
func secured(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return "", errors.New("it is not a URL such as slack://… or smtp://… (it is not shown)")
	}
	if toLoopback(address) {
		return address, nil
	}
	kind := strings.ToLower(u.Scheme)
	plain := strings.HasSuffix(kind, "+http")
	values := u.Query()
	starttls, implicit := true, u.Port() == "465"
	for given, value := range values {
		switch key, word := strings.ToLower(given), strings.ToLower(strings.Join(value, "")); {
		case slices.Contains(unsafe, key):
			plain = plain || !slices.Contains([]string{"", "0", "f", "false", "n", "no", "off"}, word)
		case key == "scheme":
			plain = plain || word == "http"
		case kind == "smtp" && key == "encryption":
			plain, implicit = plain || word == "none", implicit || word == "implicittls"
		case kind == "smtp" && (key == "starttls" || key == "usestarttls"):
			starttls = !slices.Contains([]string{"0", "f", "false", "n", "no", "off"}, word)
		case kind == "smtp" && key == "requirestarttls":
			values.Del(given)
		}
	}
	if plain || kind == "smtp" && !starttls && !implicit {
		return "", errors.New("without TLS, or its check, a message is only sent to this machine (127.0.0.1)")
	}
	if kind == "smtp" && !implicit {
		values.Set("requirestarttls", "yes")
		u.RawQuery = values.Encode()
	}
	return u.String(), nil
}

// toLoopback says whether a URL leads to this machine.
func toLoopback(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// unnamed says in our own words why a message was not taken. The library's words may
// hold the URL, and the server's anything.
func unnamed(err error) error {
	if err == nil {
		return nil
	}
	var mail *textproto.Error
	var dns *net.DNSError
	var network net.Error
	text := err.Error()
	switch {
	case errors.Is(err, errElsewhere), strings.Contains(text, errElsewhere.Error()):
		return errElsewhere
	case errors.As(err, &mail):
		return errors.New(mailAnswer(mail.Code))
	case errors.As(err, &dns), strings.Contains(text, "no such host"):
		return errors.New("its host name is not known")
	case strings.Contains(text, "connection refused"):
		return errors.New("nothing answers at its address")
	case strings.Contains(text, "x509:"), strings.Contains(text, "certificate"):
		return errors.New("its certificate is not trusted")
	case strings.Contains(text, "StartTLS"):
		return errors.New("the mail server offers no TLS")
	case errors.As(err, &network) && network.Timeout(), strings.Contains(text, "timeout"), strings.Contains(text, "deadline exceeded"):
		return errors.New("it did not answer in time")
	}
	for status := http.StatusMultipleChoices; status < 600; status++ {
		if meaning := http.StatusText(status); meaning != "" && strings.Contains(text, fmt.Sprintf("%d %s", status, meaning)) {
			return fmt.Errorf("it answered %d %s", status, meaning)
		}
	}
	return errors.New("it refused the message, or could not be reached")
}

// mailAnswer says what the refusal of a mail server is about (RFC 5321, section 4.2.3;
// RFC 4954, section 6).
func mailAnswer(code int) string {
	text := fmt.Sprintf("the mail server answered %d", code)
	switch code {
	case 421, 450, 451, 452, 454:
		return text + ": it cannot take the message now"
	case 530, 534, 535, 538:
		return text + ": it does not accept the user name and password, or wants some"
	case 550, 551, 553:
		return text + ": it does not accept the sender (from) or a recipient (to)"
	case 552, 554:
		return text + ": it does not accept the message"
	}
	return text
}
