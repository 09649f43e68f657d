package fault

import (
	"net/url"
	"slices"
	"strings"
	"sync"
)

// Request is what a rule looks at.
type Request struct {
	Method string
	Path   string // below the base address, escaped
	Query  string // as it was sent
	Body   []byte
}

// Rules are the faults that a server holds. The zero value is none. It may be used
// from several goroutines.
type Rules struct {
	mu   sync.Mutex
	held []held
}

// held is a rule and how many requests it has looked for so far.
type held struct {
	Rule
	seen int
}

// Add adds a rule that Check has completed. It counts from now on.
func (s *Rules) Add(r Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = append(s.held, held{Rule: r})
}

// Clear ends all faults.
func (s *Rules) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = nil
}

// List returns the rules that still may meet a request, in the order in which they
// were added.
func (s *Rules) List() []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Rule{}
	for _, h := range s.held {
		if !h.spent() {
			out = append(out, h.Rule)
		}
	}
	return out
}

// Meet counts a request and returns the first rule that meets it. Every rule counts
// every request.
func (s *Rules) Meet(req Request) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first Rule
	met := false
	for i := range s.held {
		h := &s.held[i]
		if !h.matches(req) {
			continue
		}
		h.seen++
		if !met && h.seen >= h.Nth && (h.Times == All || h.seen < h.Nth+h.Times) {
			first, met = h.Rule, true
		}
	}
	s.held = slices.DeleteFunc(s.held, held.spent)
	return first, met
}

func (h held) spent() bool { return h.Times != All && h.seen >= h.Nth+h.Times-1 }

func (r Rule) matches(req Request) bool {
	read := req.Method == "GET" || req.Method == "HEAD"
	switch r.On {
	case "", req.Method:
	case "read":
		if !read {
			return false
		}
	case "write":
		if read {
			return false
		}
	default:
		return false
	}
	if below := strings.TrimSuffix(r.Path, "/"); below != "" && req.Path != below && !strings.HasPrefix(req.Path, below+"/") {
		return false
	}
	return r.About == "" || req.mentions(r.About)
}

// mentions looks for a text, without regard to case, in what the client wrote.
func (req Request) mentions(text string) bool {
	path, err := url.PathUnescape(req.Path)
	if err != nil {
		path = req.Path
	}
	query, err := url.QueryUnescape(req.Query)
	if err != nil {
		query = req.Query
	}
	all := strings.ToLower(path + "\n" + query + "\n" + string(req.Body))
	return strings.Contains(all, strings.ToLower(text))
}
