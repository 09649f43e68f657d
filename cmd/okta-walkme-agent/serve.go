package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/configs"
)

func (c *cli) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "A fake Okta org, or a fake SCIM tenant, at a fixed address",
		Long: `Serves one of the two fakes of the demonstration by itself, for tests in any
language: of a SCIM client ("serve scim"), or of whatever reads Okta's
Management API ("serve okta"). Both keep everything in memory, print their base
URL on the first line, and take orders over HTTP below /_control: what was
asked, what goes wrong, how they deviate.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.serveOktaCommand(), c.serveScimCommand())
	return cmd
}

// fakeServer is where and how a fake listens.
type fakeServer struct {
	listen         string
	tls            bool
	certFile       string
	keyFile        string
	controlToken   string // a reference
	quiet          bool
	controlSecret  string // the token itself; "" where none is wanted
	certificatePEM string // of the certificate that --tls made
}

func (s *fakeServer) flags(cmd *cobra.Command, standard string) {
	f := cmd.Flags()
	f.StringVar(&s.listen, "listen", standard, "`ADDRESS` to listen on; port 0 takes a free one")
	f.BoolVar(&s.tls, "tls", false, "serve HTTPS with a certificate made now, which is printed")
	f.StringVar(&s.certFile, "tls-cert", "", "serve HTTPS with the certificate in `FILE` (PEM)")
	f.StringVar(&s.keyFile, "tls-key", "", "and the key in `FILE` (PEM)")
	f.StringVar(&s.controlToken, "control-token", "", "what /_control wants as Bearer token: env:NAME or file:PATH\n(beyond loopback one is made and printed where this is missing)")
	f.BoolVar(&s.quiet, "quiet", false, "do not show each request")
}

// open listens, so that the base URL is known before anything is served.
func (s *fakeServer) open(ctx context.Context, c *cli) (net.Listener, error) {
	host, port, err := net.SplitHostPort(s.listen)
	if err != nil {
		return nil, usage("--listen %s is not HOST:PORT, such as 127.0.0.1:8080 or :8080", s.listen)
	}
	if _, err := net.DefaultResolver.LookupPort(ctx, "tcp", port); err != nil {
		return nil, usage("--listen %s: %s is no port: a number from 1 to 65535, or 0 for a free one", s.listen, port)
	}
	if (s.certFile == "") != (s.keyFile == "") {
		return nil, usage("--tls-cert and --tls-key go together")
	}
	if s.tls && s.certFile != "" {
		return nil, usage("--tls makes a certificate, --tls-cert brings one: give one of the two")
	}
	if err := s.protect(c, host); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", s.listen, err)
	}
	cert, err := s.certificate(host)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if cert != nil {
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12})
	}
	return listener, nil
}

// protect decides what /_control wants to be shown.
func (s *fakeServer) protect(c *cli, host string) error {
	switch {
	case s.controlToken != "":
		token, err := c.secret("--control-token", s.controlToken)
		if err != nil {
			return err
		}
		s.controlSecret = token
	case !isLoopback(host):
		s.controlSecret = rand.Text()
	}
	return nil
}

// secret reads what a flag names by env:NAME or file:PATH.
func (c *cli) secret(flag, reference string) (string, error) {
	if scheme, _, _ := strings.Cut(reference, ":"); scheme != "env" && scheme != "file" && scheme != "credential" {
		return "", usage("%s is env:NAME or file:PATH, never the credential itself", flag)
	}
	value, err := configs.Secret(reference).Resolve(configs.Env{Getenv: c.getenv})
	if err != nil {
		return "", usage("%s %v", flag, err)
	}
	return value, nil
}

// inShell is how a POSIX shell, between double quotes, writes the secret that a reference
// names.
func inShell(reference string) string {
	kind, name, _ := strings.Cut(reference, ":")
	switch kind {
	case "env":
		return "$" + name
	case "credential":
		name = "$CREDENTIALS_DIRECTORY/" + name
		return "$(cat \"" + name + "\")"
	}
	return "$(cat '" + strings.ReplaceAll(name, "'", `'\''`) + "')"
}

func isLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback()
	}
	return host == "localhost"
}

func (s *fakeServer) certificate(host string) (*tls.Certificate, error) {
	switch {
	case s.tls:
		cert, text, err := selfSigned(host)
		s.certificatePEM = text
		return cert, err
	case s.certFile != "":
		cert, err := tls.LoadX509KeyPair(s.certFile, s.keyFile)
		if err != nil {
			return nil, &exit{exitUsage, fmt.Errorf("--tls-cert, --tls-key: %w", err)}
		}
		return &cert, nil
	}
	return nil, nil //nolint:nilnil // plain HTTP has none
}

// base is the address as a client on this machine writes it.
func (s *fakeServer) base(listener net.Listener) string {
	host, port, _ := net.SplitHostPort(listener.Addr().String()) // a listener's address has both
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	if asked, _, err := net.SplitHostPort(s.listen); err == nil && asked == "localhost" {
		host = asked
	}
	scheme := "http"
	if s.tls || s.certFile != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// run serves until the context ends. The control is protected against pages in a
// browser, and beyond loopback by a token.
func (s *fakeServer) run(ctx context.Context, c *cli, listener net.Listener, fake, control http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("/_control/", http.NewCrossOriginProtection().Handler(s.guarded(control)))
	if s.quiet {
		mux.Handle("/", fake)
	} else {
		mux.Handle("/", shown(fake, c.stdout))
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	if err := server.Close(); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	<-ended // http.ErrServerClosed
	return nil
}

func (s *fakeServer) guarded(next http.Handler) http.Handler {
	if s.controlSecret == "" {
		return next
	}
	want := []byte("Bearer " + s.controlSecret)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="control"`)
			http.Error(w, "/_control wants the control token as Bearer token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// shown prints a line for each request that was answered.
func shown(next http.Handler, out io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		target := r.URL.RequestURI()
		defer func() {
			answer := fmt.Sprint(seen.status)
			broken := recover()
			if broken != nil {
				answer = "no answer"
			}
			fmt.Fprintf(out, "%s %s → %s\n", r.Method, withoutSecrets(target), answer)
			if broken != nil {
				panic(broken)
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// withoutSecrets cuts the query of a sign-in, which carries codes.
func withoutSecrets(target string) string {
	path, _, _ := strings.Cut(target, "?")
	if strings.HasPrefix(path, "/oauth2/") {
		return path
	}
	return target
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// controlLine names the token that /_control wants, among the other credentials.
func (s *fakeServer) controlLine() string {
	if s.controlSecret == "" {
		return ""
	}
	return fmt.Sprintf("  control token  %s\n", s.controlSecret)
}

// closing is what both fakes say of control, certificate and end.
func (s *fakeServer) closing(base string) string {
	var b strings.Builder
	header := ""
	if s.controlSecret != "" {
		header = fmt.Sprintf(" -H 'Authorization: Bearer %s' \\\n   ", s.controlSecret)
	}
	insecure := ""
	if s.certificatePEM != "" {
		insecure = " --cacert fake.pem"
	}
	fmt.Fprintf(&b, "\nAsk it what happened, and tell it what to do:\n\n  curl%s%s %s/_control/\n", insecure, header, base)
	if s.certificatePEM != "" {
		fmt.Fprintf(&b, "\nClients trust this certificate; put it into fake.pem (Go programs: SSL_CERT_FILE):\n\n%s", s.certificatePEM)
	}
	b.WriteString("\nCtrl-C ends it.")
	if !s.quiet {
		b.WriteString(" Requests are shown as they come.")
	}
	b.WriteString("\n\n")
	return b.String()
}

func basicAuthorization(username, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+password))
}

// hostnames are the names under which other machines may know this one.
func hostnames() []string {
	name, err := os.Hostname()
	if err != nil {
		return nil
	}
	return []string{name}
}
