package okta_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta"
)

// storedUsers are users as JSON: as they are stored, and in odd forms.
var storedUsers = []string{
	`{"ID":"00u1","UserName":"ann@example.com","Scope":"USER","Status":"ACTIVE","GroupID":"","AccountStatus":"ACTIVE","LastUpdated":"2024-01-02T03:04:05.000Z","AppProfile":{"a":"x","title":null},"Profile":{"city":"Bern","empty":"","n":1.50,"none":[],"tags":["a", { "c":2, "b":1 } ],"title":"Dr"}}`,
	`{"ID":"00u2","AppProfile":{},"Profile":{}}`,
	`{"ID":"00u3","UserName":"A\u00e9","AppProfile":{"title":"\u00e9"},"Profile":{"ti\u0074le":"escaped key"}}`,
	`{"ID":"00u4","AppProfile":null,"Profile":{"z":1,"a":2,"a":3}}`,
	`{ "id" : "00u5", "userName": "B", "Profile": { "title" : "Dr" , "city" : null } }`,
	`{"ID":"00u6","ID":"00u7","AppProfile":{"title":true},"Profile":{"o":{"p":1},"title":false},"More":1}`,
	`{"ID":7}`, `{"ID":"00u8","Profile":[]}`, `{"ID":"00u8","Profile":"x","AppProfile":{}}`, `{"ID":"00u9","Profile":{"title":tru},"AppProfile":{}}`,
	`{"ID":"00u9"`, `{"ID":"00u9",}`, `{"ID":"00u9"}}`, `null`, ``, `[]`, `{}`,
}

// readStored reads as a StoredReader should.
func readStored(body []byte, keep okta.Projection) (okta.User, error) {
	var u okta.User
	if err := json.Unmarshal(body, &u); err != nil {
		return okta.User{}, err
	}
	return keep.Project(u)
}

func FuzzStoredReader(f *testing.F) {
	for _, body := range storedUsers {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1<<12 {
			return
		}
		keep := okta.Projection{User: []string{"city", "missing", "tags", "title"}, AppUser: []string{"title"}}
		want, wantErr := readStored(body, keep)
		got, err := okta.NewStoredReader(keep).Read(body)
		if !json.Valid(body) {
			return // a damaged state; whatever is read of it, without a panic
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("Read(%q) = %+v, %v, want %v", body, got, err, wantErr)
		}
		if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Fatalf("Read(%q) (-want +got):\n%s", body, diff)
		}
	})
}

func TestStoredReaderCountsNames(t *testing.T) {
	reader := okta.NewStoredReader(okta.Projection{User: []string{"title", "missing"}})
	for i, body := range storedUsers[:5] {
		var err error
		if i%2 == 0 {
			_, err = reader.Read([]byte(body))
		} else {
			err = reader.Count([]byte(body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := okta.ProfileNames{
		People:  5,
		User:    map[string]int{"a": 2, "city": 1, "empty": 0, "n": 1, "none": 0, "tags": 1, "title": 3, "z": 1},
		AppUser: map[string]int{"a": 1, "title": 1},
	}
	if diff := cmp.Diff(want, reader.Names()); diff != "" {
		t.Errorf("Names (-want +got):\n%s", diff)
	}
}
