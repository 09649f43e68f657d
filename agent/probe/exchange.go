package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"okta-walkme-agent/walkme"
)

// Exchange is one request with its answer. Path is below the base URL, escaped, with
// its query. Err is set when there was no whole answer, and Status is 0 then.
type Exchange struct {
	Method, Path string
	Sent         []byte

	Status int
	Header http.Header
	Body   []byte // decompressed
	Err    error
	Took   time.Duration

	decode  sync.Once
	decoded object
}

// ok tells whether the answer is a success.
func (x *Exchange) ok() bool { return x.Err == nil && x.Status/100 == 2 }

// object is the answer's body; nil when it is not a JSON object. Callers share it and
// must not change it.
func (x *Exchange) object() object {
	x.decode.Do(func() { x.decoded = decoded(x.Body) })
	return x.decoded
}

// decoded reads a JSON object and nothing after it. Its numbers stay as they are
// spelled: ids of 64 bits do not fit a float64, and one that is rounded is another
// resource's.
// A byte order mark before it is left out, as the client does.
func decoded(body []byte) object {
	var o object
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte(byteOrderMark))))
	dec.UseNumber()
	if dec.Decode(&o) != nil || dec.More() {
		return nil
	}
	return o
}

// text is the answer's body as it can be sent back.
func (x *Exchange) text() string { return strings.TrimPrefix(string(x.Body), byteOrderMark) }

// copied is the answer's body for a caller that changes it.
func (x *Exchange) copied() object { return decoded(x.Body) }

// byteOrderMark is what some servers write before their JSON (RFC 8259, 8.1 forbids it).
const byteOrderMark = "\ufeff"

// answered names the outcome in a few words.
func (x *Exchange) answered() string {
	switch {
	case x == nil:
		return "was not sent"
	case errors.Is(x.Err, walkme.ErrNotSent):
		return "was not sent (" + strings.TrimSuffix(x.Err.Error(), ": "+walkme.ErrNotSent.Error()) + ")"
	case x.Err != nil:
		return "got no answer (" + x.Err.Error() + ")"
	}
	return "was answered " + strconv.Itoa(x.Status)
}

// object is a decoded JSON object. Keys are found whatever their case: attribute
// names are case insensitive (RFC 7643, section 2.1).
type object map[string]any

func (o object) get(key string) any {
	if v, ok := o[key]; ok {
		return v
	}
	for k, v := range o {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}

func (o object) has(key string) bool {
	if _, ok := o[key]; ok {
		return true
	}
	for k := range o {
		if strings.EqualFold(k, key) {
			return true
		}
	}
	return false
}

// set gives an attribute another value, however its key is spelt.
func (o object) set(key string, value any) {
	for k := range o {
		if strings.EqualFold(k, key) {
			o[k] = value
			return
		}
	}
	o[key] = value
}

// json is the object as a body.
func (o object) json() string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]any(o)); err != nil {
		return "{}" // no decoded object is refused
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (o object) text(key string) string {
	s, _ := o.get(key).(string)
	return s
}

func (o object) child(key string) object {
	c, _ := o.get(key).(map[string]any)
	return c
}

func (o object) list(key string) []any {
	l, _ := o.get(key).([]any)
	return l
}

// id is the resource's id.
func (o object) id() string { return idText(o.get("id")) }

// idText is an id as a path has it; some servers number their resources.
func idText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

// counts tells whether a counter of a list is this number.
func (o object) counts(key string, n int) bool {
	v, isNumber := o.get(key).(json.Number)
	got, whole := number(v)
	return isNumber && whole && got == n
}

func (o object) schemas() []string {
	var out []string
	for _, v := range o.list("schemas") {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// entries are the objects of a list attribute.
func (o object) entries(key string) []object {
	var out []object
	for _, v := range o.list(key) {
		if e, ok := v.(map[string]any); ok {
			out = append(out, e)
		}
	}
	return out
}

// members are the ids of a group's members in the server's order, repetitions
// included.
func (o object) members() []string {
	var out []string
	for _, e := range o.entries("members") {
		if id := idText(e.get("value")); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// primaryEmail is the e-mail that Okta reads: the primary one, else the first.
func (o object) primaryEmail() string {
	first := ""
	for _, e := range o.entries("emails") {
		if e.get("primary") == true {
			return e.text("value")
		}
		if first == "" {
			first = e.text("value")
		}
	}
	return first
}
