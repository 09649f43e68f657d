package walkmetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// FuzzDecodeObject holds the reading of bodies against the tokens of encoding/json.
func FuzzDecodeObject(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { } `, "\t{\r\n\"a\" : [ 1 , \"}\" , { } , [ ] ] }\n", `{"a":1,"A":2}`, `{"a":{"b":1,"b":2}}`, `{"a":[{"b":null},true,false,"x"]}`,
		`{"\u0061":"\u00e9\\","a":1}`, `{"a":"\"]","b":"é李","c":"\ud83d\ude00\ud83d"}`, `{"a":-1.50e+3,"b":0}`, `[]`, `null`, `"x"`, ``, ` `, `{`, `{"a"}`,
		`{"a":1,}`, `{"a":1}x`, `{"a":1}{}`, "{\"a\":\"\xff\"}", "{\"\xff\":1,\"\xfe\":2}", "\f{}", "{}\u00a0", "{\"a\":\u00a01}",
		strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat(`}`, 33), strings.Repeat(`{"a":[`, 16) + `1` + strings.Repeat(`]}`, 16),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := decodeObject(text)
		want, wantErr := tokenObject(text)
		if (err == nil) != (wantErr == nil) || json.Valid(text) && err != nil && err.Error() != wantErr.Error() {
			t.Fatalf("decodeObject(%q): %v, want %v", text, err, wantErr)
		}
		if !reflect.DeepEqual(got, want) { // cmp takes ever longer for what is nested deeply
			t.Fatalf("decodeObject(%q) = %#v, want %#v", text, got, want)
		}
	})
}

func tokenObject(data []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := tokenValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	o, ok := v.(object)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return o, nil
}

func tokenValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := object{}
		for dec.More() {
			token, err := dec.Token()
			if err != nil {
				return nil, err
			}
			key, _ := token.(string)
			if o.has(key) {
				return nil, fmt.Errorf("the key %q twice", key)
			}
			v, err := tokenValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			o = append(o, field{key, v})
		}
		_, err := dec.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := tokenValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return token, nil
}
