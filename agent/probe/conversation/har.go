package conversation

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
)

// maxFile bounds a recording, in bytes.
const maxFile = 1 << 30

// Exchange is one request with its answer, as it was recorded.
type Exchange struct {
	Started time.Time
	Took    time.Duration
	Method  string
	URL     *url.URL
	Header  []Field
	Body    string
	Status  int    // 0: there was no answer
	Error   string // what broke it
	Answer  Answer
}

// Answer is what the server sent.
type Answer struct {
	Header []Field
	Body   string
}

// Field is a header field.
type Field struct{ Name, Value string }

// archive is as much of HAR 1.2 as is needed.
type archive struct {
	Log *struct {
		Entries []entry `json:"entries"`
	} `json:"log"`
}

type entry struct {
	Started moment `json:"startedDateTime"`
	Time    number `json:"time"`
	Request struct {
		Method   string  `json:"method"`
		URL      string  `json:"url"`
		Headers  []field `json:"headers"`
		PostData *struct {
			Text     words  `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"postData"`
	} `json:"request"`
	Response struct {
		Status  number  `json:"status"`
		Headers []field `json:"headers"`
		Content struct {
			Text     words  `json:"text"`
			Encoding string `json:"encoding"`
		} `json:"content"`
		Error string `json:"_error"`
	} `json:"response"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Load reads a HAR file, in the order in which the requests began.
func Load(path string) ([]Exchange, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("trace: %s is larger than %d MiB", path, maxFile>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	exchanges, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("trace: %s: %w", path, err)
	}
	return exchanges, nil
}

// Parse is Load of a text.
func Parse(data []byte) ([]Exchange, error) {
	var a archive
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")) // which some proxies write
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("not a HAR file: %w", inWords(err, len(data)))
	}
	if a.Log == nil {
		return nil, errors.New("not a HAR file: there is no log in it")
	}
	var out []Exchange
	timed := true
	for i, e := range a.Log.Entries {
		timed = timed && !e.Started.IsZero()
		x, err := e.exchange()
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		out = append(out, x)
	}
	if timed {
		slices.SortStableFunc(out, func(a, b Exchange) int { return a.Started.Compare(b.Started) })
	}
	return out, nil
}

// inWords says what is wrong with a JSON text without the names of Go's types.
func inWords(err error, size int) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Errorf("%s is a JSON %s", cmp.Or(kind.Field, "it"), kind.Value)
	case errors.As(err, &syntax) && syntax.Offset >= int64(size):
		return errors.New("it breaks off")
	case errors.As(err, &syntax):
		return fmt.Errorf("%w, at byte %d", err, syntax.Offset)
	}
	return err
}

func (e entry) exchange() (Exchange, error) {
	address, err := url.Parse(e.Request.URL)
	if err != nil || e.Request.Method == "" {
		return Exchange{}, fmt.Errorf("the request %q %q cannot be read", e.Request.Method, e.Request.URL)
	}
	x := Exchange{
		Started: e.Started.Time, Took: time.Duration(float64(e.Time) * float64(time.Millisecond)), Method: strings.ToUpper(e.Request.Method), URL: address,
		Header: fields(e.Request.Headers), Status: int(e.Response.Status), Error: e.Response.Error,
		Answer: Answer{Header: fields(e.Response.Headers)},
	}
	if p := e.Request.PostData; p != nil {
		x.Body = text(string(p.Text), p.Encoding)
	}
	x.Answer.Body = text(string(e.Response.Content.Text), e.Response.Content.Encoding)
	return x, nil
}

func text(body, encoding string) string {
	if encoding != "base64" {
		return body
	}
	plain, err := base64.StdEncoding.DecodeString(body)
	if err != nil {
		return body
	}
	return string(plain)
}

func fields(in []field) []Field {
	var out []Field
	for _, f := range in {
		out = append(out, Field(f))
	}
	return out
}
