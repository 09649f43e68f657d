package walkmetest_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/walkme/walkmetest"
)

// Every field of Quirks has a name of its own spelling, and one sentence.
func TestKnownQuirks(t *testing.T) {
	known := walkmetest.KnownQuirks()
	var fields []string
	for f := range reflect.TypeFor[walkmetest.Quirks]().Fields() {
		fields = append(fields, strings.ToLower(f.Name))
	}
	if len(known) != len(fields) {
		t.Errorf("%d quirks are known, %d there are", len(known), len(fields))
	}
	spelling := regexp.MustCompile(`^[a-z]+(-[a-z]+|-[0-9]+)*$`)
	for _, k := range known {
		if !slices.Contains(fields, strings.ReplaceAll(k.Name, "-", "")) || !spelling.MatchString(k.Name) {
			t.Errorf("%s is not the name of a field", k.Name)
		}
		if strings.Contains(k.Summary, "\n") || len(k.Summary) < 20 {
			t.Errorf("%s: summary %q", k.Name, k.Summary)
		}
		var q walkmetest.Quirks
		if err := q.Set(k.Name); err != nil {
			t.Errorf("Set(%q): %v", k.Name, err)
		}
		on := q.List()
		if len(on) != 1 || !strings.HasPrefix(on[0], k.Name) {
			t.Errorf("after Set(%q) List() = %v", k.Name, on)
		}
		var again walkmetest.Quirks
		if err := again.Set(on[0]); err != nil || again != q {
			t.Errorf("Set(%q) = %+v, %v, want %+v", on[0], again, err, q)
		}
		if q == (walkmetest.Quirks{}) {
			t.Errorf("Set(%q) changes nothing", k.Name)
		}
	}
}

func TestSetQuirk(t *testing.T) {
	var q walkmetest.Quirks
	for _, text := range []string{"IgnoreFilter", "page-cap=2", "no-meta", "unknown-member=stored", "rate-limit=3:7", "contentencoding=deflate", "no-meta=false"} {
		if err := q.Set(text); err != nil {
			t.Errorf("Set(%q): %v", text, err)
		}
	}
	want := walkmetest.Quirks{IgnoreFilter: true, PageCap: 2, UnknownMember: walkmetest.UnknownMemberStored,
		RateLimit: walkmetest.RateLimit{Every: 3, RetryAfter: "7"}, ContentEncoding: "deflate"}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Errorf("quirks (-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		"page": `there is no quirk "page"; there is `, "explode": `there is no quirk "explode"`, "page-cap=x": "wants a number",
		"unknown-member=eaten": "is 400, 404, 500, dropped or stored", "rate-limit=x": "wants a number of requests",
		"content-encoding=br": "is gzip, deflate or none", "no-meta=maybe": "neither true nor false",
	} {
		if err := q.Set(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Set(%q): %v, want %q", text, err, want)
		}
	}
}
