package okta

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzDecode: an assignment is what encoding/json takes it for, in whatever form it comes.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"id":"00u1","status":"ACTIVE","scope":"GROUP","lastUpdated":"2024","credentials":{"userName":"a","password":{}},"profile":{"x":[1,{}]},` +
			`"_links":{"group":{"href":"x"},"user":{}},"_embedded":{"user":{"id":"00u1","status":"ACTIVE","profile":{"login":"a"}}}}`,
		`{"id":null,"status":null,"profile":null,"credentials":null,"_embedded":null,"_links":null}`,
		`{"_embedded":{"user":null},"_links":{"group":null},"credentials":{"userName":null}}`, `{"_embedded":{"user":{"id":null,"profile":null}}}`,
		`{"ID":"a","Profile":{}}`, `{"id":"a","id":"b","profile":{"a":1},"profile":{"b":2}}`, `{"\u0069d":"a"}`, `{"id":"\u0061"}`, `{"id":"` + "\xff" + `"}`,
		`{"ſtatus":"a"}`, `{"_linKs":{}}`, `{"id":1}`, `{"status":["a"]}`, `{"credentials":[]}`, `{"credentials":"x"}`, `{"_embedded":{"user":[]}}`,
		`{"id":"a",}`, `{"id":"a"`, ` { "id" : "a" } `, `{}`, `[]`, `null`, `7`, ``, `{"x":` + "\x01" + `}`, "{\"id\":\"\x01\"}", `{"profile":01}`, "{\"\xff\":1}",
	} {
		f.Add([]byte(seed))
	}
	shared := map[string]string{}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got, want appUser
		errGot, errWant := got.decode(raw, shared), json.Unmarshal(raw, &want)
		if (errGot == nil) != (errWant == nil) {
			t.Fatalf("decode(%q) = %v, want %v", raw, errGot, errWant)
		}
		if errWant != nil {
			return
		}
		for _, profile := range []*json.RawMessage{&got.Profile, &want.Profile, &got.Links.Group, &want.Links.Group} {
			nothing(profile)
		}
		if got.Embedded.User != nil && want.Embedded.User != nil {
			nothing(&got.Embedded.User.Profile)
			nothing(&want.Embedded.User.Profile)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("decode(%q) = %+v, want %+v", raw, got, want)
		}
	})
}

// nothing makes null nothing: both are read alike.
func nothing(raw *json.RawMessage) {
	if string(*raw) == "null" {
		*raw = nil
	}
}

// FuzzForm: the form of one profile after another is that of each by itself.
func FuzzForm(f *testing.F) {
	f.Add([]byte(`{"b":1,"a":{"y":1,"x":2}}`), []byte(`{"b":"2","a":null}`))
	f.Add([]byte(`{"a":1,"b":2,"a":3}`), []byte(`{"a":1,"b":2,"c":3}`))
	f.Add([]byte(`{"\u0061":1,"q\"":[]}`), []byte(`{"a":"","q\"":[]}`))
	f.Add([]byte(`null`), []byte(` {} `))
	f.Add([]byte(`[]`), []byte(`{"a":1}`))
	keep := []string{"a", "c", `q"`}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		form, names := newProfileForm(keep), profileNames{}
		for _, raw := range [][]byte{first, second, first} {
			if !json.Valid(raw) {
				return
			}
			err := form.read(raw)
			whole, errWhole := (&projector{}).object(raw)
			cut, errCut := newProjector(keep).object(raw)
			if (err == nil) != (errWhole == nil && errCut == nil) {
				t.Fatalf("read(%q) = %v, want %v", raw, err, errWhole)
			}
			if err != nil {
				continue
			}
			form.count()
			names.count(raw)
			if got := string(form.append(nil, true)); got != string(whole) {
				t.Errorf("whole form of %q = %s, want %s", raw, got, whole)
			}
			if got := string(form.append(nil, false)); got != string(cut) {
				t.Errorf("cut form of %q = %s, want %s", raw, got, cut)
			}
		}
		if got, want := form.names.counts(), names.counts(); !reflect.DeepEqual(got, want) {
			t.Errorf("names = %v, want %v", got, want)
		}
	})
}
