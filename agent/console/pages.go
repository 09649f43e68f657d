package console

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

//go:embed pages
var files embed.FS

var (
	//go:embed console.css
	consoleStyle string
	//go:embed console.js
	consoleScript string
)

// style and script are all that the pages have of either; the policy names them by
// their hashes.
func style() string  { return report.Style() + consoleStyle }
func script() string { return consoleScript }

// policy allows what the pages are made of. A form that is sent without a session
// is led to the issuer.
func policy(issuer string) string {
	forms := "'self'"
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		forms += " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'; form-action " + forms +
		"; style-src " + report.HashSource(style()) + "; script-src " + report.HashSource(script())
}

// pages are the templates, by the name of their file.
type pages struct{ byName map[string]*template.Template }

func newPages() (*pages, error) {
	entries, err := files.ReadDir("pages")
	if err != nil {
		return nil, fmt.Errorf("pages of the console: %w", err)
	}
	p := &pages{byName: map[string]*template.Template{}}
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".html")
		t, err := template.New(name).Funcs(words()).ParseFS(files, "pages/layout.html", "pages/"+e.Name())
		if err != nil {
			return nil, fmt.Errorf("pages of the console: %w", err)
		}
		p.byName[name] = t
	}
	return p, nil
}

// view is one page: its template, and what that shows.
type view struct {
	page   string // template
	title  string
	status int    // 0: 200
	to     string // a place to go to instead
	data   any
}

// layout is what every page has.
type layout struct {
	Title, Nav string
	Visitor    Visitor
	SignIn     bool
	DryRun     bool
	Fidelity   string
	Style      template.CSS
	Script     template.JS
	Data       any
}

// render makes the page whole before a byte of it is sent.
func (s *Server) render(r *http.Request, v *view) ([]byte, error) {
	p := s.current()
	nav, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	l := layout{
		Title: v.title, Nav: nav, Visitor: visitorOf(r.Context()), SignIn: s.signIns != nil, DryRun: p.DryRun, Fidelity: p.Fidelity,
		Style: template.CSS(style()), Script: template.JS(script()), Data: v.data, //nolint:gosec // our own files
	}
	return s.execute(v.page, l)
}

// plainPage is a page without the console around it.
type plainPage struct {
	Title, Text string
	To          string // where to go on, by itself
	Link, See   string // where one may go on
	Style       template.CSS
}

func (s *Server) plain(w http.ResponseWriter, status int, p plainPage) {
	p.Style = template.CSS(style()) //nolint:gosec // our own file
	body, err := s.execute("plain", p)
	write(w, status, body, err)
}

func (s *Server) execute(page string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.pages.byName[page].ExecuteTemplate(&b, "page", data); err != nil {
		s.log.Error("page not made", "page", page, "err", err)
		return nil, fmt.Errorf("page %s: %w", page, err)
	}
	return b.Bytes(), nil
}

func write(w http.ResponseWriter, status int, body []byte, err error) {
	if err != nil {
		http.Error(w, "The page cannot be made; the log of the service says why.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may have gone
}

var (
	errNoPage = errors.New("there is no such page")
	errMethod = errors.New("this address is not asked in this way")
	errForm   = errors.New("what was sent is no form")
	errNoRun  = errors.New("there is no such run on record")
)

// unknownError says that nothing is known of what an address names.
type unknownError struct{ what string }

func (e *unknownError) Error() string { return e.what }

// troublePage says what went wrong, and where to go on.
type troublePage struct{ Text, Link, See string }

// trouble is the page for what went wrong. What the state says is for those who run
// it, and they read the log.
func (s *Server) trouble(r *http.Request, err error) *view {
	v := &view{page: "trouble", title: "Not found", status: http.StatusNotFound}
	page := &troublePage{Text: err.Error(), Link: "/", See: "Back to the overview"}
	var unknown *unknownError
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, errNoPage):
		page.Text = "There is no such page."
	case errors.Is(err, errMethod):
		v.title, v.status, page.Text = "Not possible", http.StatusMethodNotAllowed, "This address is not asked in this way."
	case errors.As(err, &large):
		v.title, v.status, page.Text = "Too much", http.StatusRequestEntityTooLarge, "This form is larger than the console reads."
	case errors.Is(err, errForm):
		v.title, v.status, page.Text = "Not readable", http.StatusBadRequest, "This form cannot be read."
	case errors.Is(err, errNoRun):
		page.Text = "There is no such run on record. Runs are kept for a while, see keep_history."
	case errors.As(err, &unknown):
	case errors.Is(err, errMayNot):
		v.title, v.status = "Not allowed", http.StatusForbidden
		page.Text = s.whoDecides(visitorOf(r.Context()))
	case errors.Is(err, errSignInAgain):
		v.title, v.status = "Sign in again", http.StatusForbidden
		page.Text = "Nothing was decided: Okta does not answer for this sign-in any more, which it lets end after an hour."
		page.Link, page.See = signInAddress(r), "Sign in again, and come back here"
	case errors.Is(err, errNotAsked):
		v.title, v.status = "Not possible now", http.StatusBadGateway
		page.Text = "Nothing was decided: Okta cannot be asked whether you may still decide. Try again in a moment."
	case errors.Is(err, errBusy):
		v.title, v.status = "Not possible now", http.StatusConflict
		page.Text = "Another run is under way, or begins just now. Try again when it has ended."
	case errors.Is(err, errNoRuns):
		v.title, v.status = "Not possible here", http.StatusNotImplemented
		page.Text = "No run can be started here."
	case errors.Is(err, errCrowded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		v.title, v.status = "Too slow", http.StatusServiceUnavailable
		page.Text = "This page took too long and was given up. Try again in a moment."
	default:
		s.log.Error("page not made", "path", r.URL.Path, "err", err)
		v.title, v.status = "Not possible now", http.StatusInternalServerError
		page.Text = "The state cannot be read; the log of the service says why."
		var schema *state.SchemaError
		if errors.As(err, &schema) {
			page.Text = "The state file is of another version than this program. The next run brings it up to date."
		}
	}
	v.data = page
	return v
}
