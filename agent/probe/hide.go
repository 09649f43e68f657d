package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxShown is how much of a body a report shows, in bytes.
const maxShown = 2000

// request is the exchange's request as a report shows it.
func (x *Exchange) request(run string) string {
	if x == nil {
		return ""
	}
	line := x.Method + " " + x.where(run)
	if len(x.Sent) == 0 {
		return line
	}
	return line + "\n" + shown(x.Sent, run)
}

// filterValue is the value in a filter, escaped.
var filterValue = regexp.MustCompile(`%22.*%22`)

// where is the path as a report shows it. A filter may name somebody whom the run did not
// make.
func (x *Exchange) where(run string) string {
	value, err := url.QueryUnescape(filterValue.FindString(x.Path))
	if err == nil && (bears(value, run) || strings.Contains(value, unknownName) || strings.Contains(value, nobody)) {
		return x.Path
	}
	return filterValue.ReplaceAllString(x.Path, "%22"+hidden+"%22")
}

// response is the answer as a report shows it.
func (x *Exchange) response(run string) string {
	switch {
	case x == nil:
		return ""
	case x.Err != nil:
		return "no answer: " + x.Err.Error()
	}
	line := fmt.Sprint(x.Status)
	if media := x.Header.Get("Content-Type"); media != "" {
		line += " " + media
	}
	if len(x.Body) == 0 {
		return line
	}
	return line + "\n" + shown(x.Body, run)
}

// shown cuts a body to a size that a report bears, and hides in it what is no
// business of its reader: passwords, and the values of resources that this run did
// not make.
func shown(body []byte, run string) string {
	text := hide(body, run)
	if len(text) <= maxShown {
		return text
	}
	cut := maxShown
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:cut], len(body))
}

const hidden = "…"

// errEnough ends the copy of a body that is longer than a report shows.
var errEnough = errors.New("enough")

func hide(body []byte, run string) string {
	var out strings.Builder
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	h := hider{dec: json.NewDecoder(bytes.NewReader(body)), out: &out, run: run}
	if !json.Valid(body) {
		if personal(body) {
			return hidden
		}
		return string(bytes.ToValidUTF8(body, []byte("\ufffd")))
	}
	if err := h.value("", false); err != nil && !errors.Is(err, errEnough) {
		return ""
	}
	return out.String()
}

// hider copies a JSON text, in the order and spelling of its keys.
type hider struct {
	dec *json.Decoder
	out *strings.Builder
	run string
}

// open are the keys whose values say nothing about a person.
var open = map[string]bool{
	"schemas": true, "id": true, "status": true, "scimtype": true, "detail": true, "resourcetype": true, "created": true, "lastmodified": true,
	"location": true, "version": true, "type": true, "op": true, "path": true, "name": true, "endpoint": true, "schema": true, "mutability": true,
	"returned": true, "uniqueness": true, "description": true, "documentationuri": true, "specuri": true,
}

// personal tells whether a text has an attribute that people or groups have, in whichever
// case a server spells it.
func personal(text []byte) bool {
	text = bytes.ToLower(text)
	return slices.ContainsFunc([]string{"username", "displayname", "emails", "givenname", "familyname", "formatted", "phonenumbers", "externalid"}, func(key string) bool {
		return bytes.Contains(text, []byte(`"`+key+`"`))
	})
}

// value copies one value. Strings of a foreign resource become hidden.
func (h hider) value(key string, foreign bool) error {
	var raw json.RawMessage
	if err := h.dec.Decode(&raw); err != nil {
		return err
	}
	return h.raw(key, raw, foreign)
}

func (h hider) raw(key string, raw json.RawMessage, foreign bool) error {
	lower := strings.ToLower(key)
	switch {
	case h.out.Len() > maxShown:
		return errEnough
	case lower == "password":
		h.out.WriteString(`"` + hidden + `"`)
	case raw[0] == '{':
		return h.object(raw, foreign)
	case raw[0] == '[':
		return h.array(key, raw, foreign)
	case raw[0] == '"' && foreign && !open[lower]:
		h.out.WriteString(`"` + hidden + `"`)
	default:
		h.out.Write(raw)
	}
	return nil
}

// object copies an object. One with an id is a resource: foreign when nothing in it
// has the run's name.
func (h hider) object(raw json.RawMessage, foreign bool) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return err
	}
	if personal(raw) {
		foreign = !bytes.Contains(raw, []byte(h.run)) && !bytes.Contains(raw, []byte(strings.ToLower(h.run)))
	}
	h.out.WriteByte('{')
	for first := true; dec.More(); first = false {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		if !first {
			h.out.WriteByte(',')
		}
		fmt.Fprintf(h.out, "%s:", quoted(key.(string)))
		if err := (hider{dec, h.out, h.run}).value(key.(string), foreign); err != nil {
			return err
		}
	}
	h.out.WriteByte('}')
	return nil
}

func (h hider) array(key string, raw json.RawMessage, foreign bool) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return err
	}
	h.out.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			h.out.WriteByte(',')
		}
		if err := h.raw(key, bytes.TrimSpace(item), foreign); err != nil {
			return err
		}
	}
	h.out.WriteByte(']')
	return nil
}
