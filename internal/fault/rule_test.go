package fault_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/fault"
)

var kinds = []fault.Kind{
	{Name: "drop"}, {Name: "status", Value: "status"}, {Name: "slow", Value: "duration"},
	{Name: "rate-limit", Value: "seconds", Default: "1"},
}

func TestParse(t *testing.T) {
	for text, want := range map[string]fault.Rule{
		"drop":                                 {Kind: "drop", Nth: 1, Times: 1},
		"status=503,on=post,path=Users":        {Kind: "status", Value: "503", On: "POST", Path: "/Users", Nth: 1, Times: 1},
		"slow=3s,on=any,times=all":             {Kind: "slow", Value: "3s", Nth: 1, Times: fault.All},
		"rate-limit":                           {Kind: "rate-limit", Value: "1", Nth: 1, Times: 1},
		"drop,about=ann@example.com,nth=2":     {Kind: "drop", About: "ann@example.com", Nth: 2, Times: 1},
		"rate-limit=30, on=write ,times=4":     {Kind: "rate-limit", Value: "30", On: "write", Nth: 1, Times: 4},
		"rate-limit=Mon 01 Jan,path=/Users/u1": {Kind: "rate-limit", Value: "Mon 01 Jan", Path: "/Users/u1", Nth: 1, Times: 1},
	} {
		got, err := fault.Parse(text, kinds)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", text, diff)
		}
		if again, err := fault.Parse(got.String(), kinds); err != nil || again != got {
			t.Errorf("Parse(%q), which is String(), = %+v, %v, want %+v", got.String(), again, err, got)
		}
	}
	if r, _ := fault.Parse("slow=1500ms", kinds); r.Duration() != 1500*time.Millisecond {
		t.Errorf("Duration() = %s", r.Duration())
	}
	if r, _ := fault.Parse("status=418", kinds); r.Status() != 418 {
		t.Errorf("Status() = %d", r.Status())
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                  `there is no fault ""; there are drop, status, slow, rate-limit`,
		"explode":           `there is no fault "explode"`,
		"drop=1":            "drop takes no value",
		"status":            "status wants a value: status=STATUS",
		"status=99":         "from 200 to 599",
		"slow=soon":         "a duration such as 3s",
		"drop,POST":         `"POST" is not KEY=VALUE`,
		"drop,on=EAT":       "on is one of any, read, write",
		"drop,nth=0":        "nth is a number from 1 on",
		"drop,times=never":  "times is a number from 1 on, or all",
		"drop,where=/Users": `"where" is none of on, path, about, nth, times`,
	} {
		if _, err := fault.Parse(text, kinds); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %q", text, err, want)
		}
	}
}

func TestMeet(t *testing.T) {
	get := func(path string) fault.Request { return fault.Request{Method: "GET", Path: path} }
	post := func(path, body string) fault.Request {
		return fault.Request{Method: "POST", Path: path, Body: []byte(body)}
	}
	tests := []struct {
		rule string
		want string // a letter a request: x is met
		sent []fault.Request
	}{
		{"drop", "x..", []fault.Request{get("/a"), get("/a"), get("/a")}},
		{"drop,nth=2,times=2", ".xx.", []fault.Request{get("/a"), get("/a"), get("/a"), get("/a")}},
		{"drop,times=all", "xxx", []fault.Request{get("/a"), get("/b"), post("/c", "")}},
		{"drop,on=write", "..x", []fault.Request{get("/a"), get("/a"), post("/a", "")}},
		{"drop,on=read,times=all", "x.", []fault.Request{get("/a"), post("/a", "")}},
		{"drop,on=PUT,times=all", "..", []fault.Request{get("/a"), post("/a", "")}},
		{"drop,path=/Users,times=all", "xx..", []fault.Request{get("/Users"), get("/Users/u1"), get("/UsersOfOld"), get("/Groups")}},
		{"drop,about=ANN@example.com,times=all", "xx.x", []fault.Request{
			post("/Users", `{"userName":"ann@example.com"}`), {Method: "GET", Path: "/Users", Query: "filter=userName%20eq%20%22ann%40example.com%22"},
			post("/Users", `{"userName":"bob@example.com"}`), get("/users/ann%40example.com")}},
	}
	for _, test := range tests {
		var rules fault.Rules
		rule, err := fault.Parse(test.rule, kinds)
		if err != nil {
			t.Fatal(err)
		}
		rules.Add(rule)
		var got strings.Builder
		for _, req := range test.sent {
			_, met := rules.Meet(req)
			got.WriteString(map[bool]string{true: "x", false: "."}[met])
		}
		if got.String() != test.want {
			t.Errorf("%s meets %s, want %s", test.rule, got.String(), test.want)
		}
	}
}

// The first rule wins, every rule counts, and what is spent is gone.
func TestRules(t *testing.T) {
	var rules fault.Rules
	for _, text := range []string{"drop", "status=500", "status=501,nth=3"} {
		rule, err := fault.Parse(text, kinds)
		if err != nil {
			t.Fatal(err)
		}
		rules.Add(rule)
	}
	var got []string
	for range 4 {
		rule, _ := rules.Meet(fault.Request{Method: "GET", Path: "/"})
		got = append(got, rule.String())
	}
	if diff := cmp.Diff([]string{"drop", "", "status=501,nth=3", ""}, got); diff != "" {
		t.Errorf("met (-want +got):\n%s", diff)
	}
	if left := rules.List(); len(left) != 0 {
		t.Errorf("List() = %v, want none", left)
	}
	rules.Add(fault.Rule{Kind: "drop", Nth: 1, Times: fault.All})
	if left := rules.List(); len(left) != 1 {
		t.Errorf("List() = %v, want one", left)
	}
	rules.Clear()
	if _, met := rules.Meet(fault.Request{}); met {
		t.Error("a fault is met after Clear")
	}
}
