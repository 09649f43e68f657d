package har

import (
	"bytes"
	"encoding/json"
	"strings"
)

// hideJSON replaces the secret strings and numbers in JSON text and returns them,
// too. All other bytes stay as they are. It reads text that is broken or cut off
// as well, where a parser would give up and the secrets stay.
//
// Secret is what stands under a secret name at any depth, and the value of a SCIM
// PATCH operation whose path is one (RFC 7644, section 3.5.2). Where the text
// was cut before an operation named its path, its value is taken for secret.
func hideJSON(text []byte, cut bool) (string, []string) {
	s := &jsonScan{text: text, frames: []frame{{}}}
	for s.at < len(text) {
		s.step()
	}
	if cut {
		for i := range s.frames {
			f := &s.frames[i]
			s.closeValue(f)
			f.secretValue = f.secretValue || !f.pathSeen
			s.hideSecret(f)
		}
	}
	return s.render()
}

// frame is an object or array that is open.
type frame struct {
	key    string // of the member being read
	hides  bool   // that key is a secret name
	secret bool   // all that stands in the frame is secret

	// Of an operation: its path, and which scalars its value holds.
	pathSeen, secretValue bool
	valueOpen, valueSeen  bool
	valueFrom, valueTo    int
}

type scalar struct{ from, to int }

type jsonScan struct {
	text    []byte
	at      int
	frames  []frame // the innermost last; the first one stands around the text
	scalars []scalar
	hide    []int // differences: the sum up to a scalar is how often it is hidden
}

func (s *jsonScan) top() *frame { return &s.frames[len(s.frames)-1] }

func (s *jsonScan) step() {
	switch c := s.text[s.at]; c {
	case '{', '[':
		s.frames = append(s.frames, frame{secret: s.inSecret()})
		s.at++
	case '}', ']':
		s.closeValue(s.top())
		s.hideSecret(s.top())
		if len(s.frames) > 1 {
			s.frames = s.frames[:len(s.frames)-1]
		}
		s.at++
	case ',':
		s.endMember(s.top())
		s.at++
	case '"':
		s.stringOrKey()
	default:
		if c == '-' || c >= '0' && c <= '9' {
			s.scalar(s.numberEnd())
			return
		}
		s.at++
	}
}

// inSecret tells whether what begins here is secret by what stands around it.
func (s *jsonScan) inSecret() bool {
	f := s.top()
	return f.secret || f.hides
}

func (s *jsonScan) stringOrKey() {
	end := s.stringEnd()
	if s.text[end-1] == '"' && s.colonAfter(end) {
		f := s.top()
		s.endMember(f)
		f.key = unquote(s.text[s.at:end])
		f.hides = isSecretName(f.key)
		if strings.EqualFold(f.key, "value") {
			f.valueOpen = true
			if !f.valueSeen {
				f.valueSeen, f.valueFrom = true, len(s.scalars)
			}
		}
		s.at = end
		return
	}
	if f := s.top(); strings.EqualFold(f.key, "path") {
		f.pathSeen = true
		f.secretValue = f.secretValue || isSecretName(unquote(s.text[s.at:end]))
	}
	s.scalar(end)
}

// scalar notes a string or number that ends before end.
func (s *jsonScan) scalar(end int) {
	s.scalars = append(s.scalars, scalar{s.at, end})
	if s.inSecret() {
		s.mark(len(s.scalars)-1, len(s.scalars))
	}
	s.at = end
}

func (s *jsonScan) endMember(f *frame) {
	s.closeValue(f)
	f.key, f.hides = "", false
}

func (s *jsonScan) closeValue(f *frame) {
	if f.valueOpen {
		f.valueOpen, f.valueTo = false, len(s.scalars)
	}
}

// hideSecret hides the value of an operation on a secret path.
func (s *jsonScan) hideSecret(f *frame) {
	if f.valueSeen && f.secretValue {
		s.mark(f.valueFrom, f.valueTo)
	}
}

func (s *jsonScan) mark(from, to int) {
	if from >= to {
		return
	}
	for len(s.hide) <= len(s.scalars) {
		s.hide = append(s.hide, 0)
	}
	s.hide[from]++
	s.hide[to]--
}

// stringEnd is where the string that begins here ends, or the text.
func (s *jsonScan) stringEnd() int {
	for i := s.at + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s.text)
}

func (s *jsonScan) numberEnd() int {
	i := s.at
	for i < len(s.text) && bytes.IndexByte([]byte("+-.0123456789eE"), s.text[i]) >= 0 {
		i++
	}
	return i
}

func (s *jsonScan) colonAfter(i int) bool {
	rest := bytes.TrimLeft(s.text[i:], " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

func (s *jsonScan) render() (string, []string) {
	var out strings.Builder
	var found []string
	done, depth := 0, 0
	for i, sc := range s.scalars {
		if i < len(s.hide) {
			depth += s.hide[i]
		}
		if depth <= 0 {
			continue
		}
		found = append(found, unquote(s.text[sc.from:sc.to]))
		out.Write(s.text[done:sc.from])
		out.WriteString(`"` + hidden + `"`)
		done = sc.to
	}
	out.Write(s.text[done:])
	return out.String(), found
}

// unquote is the text of a string, or of what is left of one.
func unquote(literal []byte) string {
	var text string
	if bytes.IndexByte(literal, '\\') >= 0 && json.Unmarshal(literal, &text) == nil {
		return text
	}
	return strings.Trim(string(literal), `"`)
}
