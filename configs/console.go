package configs

import (
	"net"
	"strings"
)

// Console is the listener for browsers. Beyond loopback it needs TLS and OIDC.
type Console struct {
	Listen    string      `yaml:"listen"`     // host:port, or unix:PATH; "": no console
	PublicURL string      `yaml:"public_url"` // as browsers name it, behind a proxy
	OIDC      ConsoleOIDC `yaml:"oidc"`
	TLS       ConsoleTLS  `yaml:"tls"`
}

// ConsoleOIDC is the sign-in at Okta. It is off without an issuer.
type ConsoleOIDC struct {
	Issuer       string `yaml:"issuer"`
	ClientID     string `yaml:"client_id"`
	ClientSecret Secret `yaml:"client_secret"` // none for a client that has PKCE alone
	Approvers    string `yaml:"approvers"`     // the group whose members may decide; "": none may
}

// ConsoleTLS names a certificate and its key, both PEM.
type ConsoleTLS struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
}

// socket is the path of a listener that is a unix socket.
func (c Console) socket() (path string, ok bool) { return strings.CutPrefix(c.Listen, "unix:") }

// local says whether only this machine reaches the listener.
func (c Console) local() bool {
	if _, ok := c.socket(); ok {
		return true
	}
	host, _, err := net.SplitHostPort(c.Listen)
	return err == nil && loopback(host)
}

func (c *Config) checkConsole(ps *problems) {
	con := c.Console
	con.checkParts(ps)
	switch {
	case con.Listen == "":
		return
	case strings.HasPrefix(con.Listen, "unix:"):
		if path, _ := con.socket(); path == "" || strings.HasSuffix(path, "/") {
			ps.add("console.listen", quote(con.Listen)+" names no socket", `write a path, as in "unix:/run/okta-walkme-agent/console.sock"`)
		}
		return
	case !goodListen(con.Listen):
		ps.add("console.listen", quote(con.Listen)+" is not an address to listen on",
			`write "127.0.0.1:8788", "unix:/run/okta-walkme-agent/console.sock", or "" for no console`)
		return
	}
	if sameAddress(con.Listen, c.HTTP.Listen) {
		ps.add("console.listen", "is the address of http.listen, too", "monitors and people get a listener each: write another port")
	}
	if !con.local() && (con.OIDC.Issuer == "" || con.TLS.CertFile == "") {
		ps.add("console.listen", quote(con.Listen)+" is reached from other machines, and tls and oidc are not both there",
			"listen on 127.0.0.1 or a unix socket, or write console.tls and console.oidc")
	}
}

// checkParts wants each part whole, or not at all.
func (c Console) checkParts(ps *problems) {
	if c.PublicURL != "" {
		if u := checkURL(ps, "console.public_url", c.PublicURL, "write the origin that browsers see, as in https://walkme-agent.acme.example"); u != nil && strings.Trim(u.Path, "/") != "" {
			ps.add("console.public_url", "has a path", "the console needs an origin of its own: write scheme and host")
		}
	}
	ps.alongside("console.tls.cert_file", "console.tls.key_file")
	ps.alongside("console.tls.key_file", "console.tls.cert_file")
	for _, key := range []string{"client_id", "client_secret", "approvers"} {
		ps.alongside("console.oidc."+key, "console.oidc.issuer")
	}
	ps.alongside("console.oidc.issuer", "console.oidc.client_id")
	if c.OIDC.Issuer != "" {
		checkURL(ps, "console.oidc.issuer", c.OIDC.Issuer, "write the org's address, or that of its authorization server, as in https://acme.okta.com")
	}
}

// sameAddress says whether two listeners would meet. A free port (0) never does.
func sameAddress(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	anywhere := func(host string) bool { return host == "" || host == "0.0.0.0" || host == "::" }
	return strings.EqualFold(hostA, hostB) || anywhere(hostA) || anywhere(hostB) || loopback(hostA) && loopback(hostB)
}

// ConsoleSecret is the client secret of the sign-in, "" where there is none. The
// error is *[Errors].
func (c *Config) ConsoleSecret() (string, error) {
	r := c.resolver()
	secret := r.secret("console.oidc.client_secret", c.Console.OIDC.ClientSecret)
	return secret, r.err()
}
