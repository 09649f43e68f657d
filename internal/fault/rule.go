package fault

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is one thing that may go wrong on a server.
type Kind struct {
	// Name is how a rule begins.
	Name string `json:"name"`

	// Value names what stands behind "=": "seconds", "duration", "status". Empty is
	// a kind without a value.
	Value string `json:"value,omitempty"`

	// Default is the value of a rule that gives none. Empty makes a rule without
	// one wrong, if the kind has a value at all.
	Default string `json:"default,omitempty"`

	// Summary is one sentence.
	Summary string `json:"summary"`
}

// All is Rule.Times of a rule that meets every request from the first one on.
const All = -1

// Rule is one thing that goes wrong, and for which requests.
type Rule struct {
	Kind  string `json:"fault"`
	Value string `json:"value,omitempty"`
	On    string `json:"on,omitempty"`    // a method, "read" or "write"; "" is any
	Path  string `json:"path,omitempty"`  // below the base address; "" is any
	About string `json:"about,omitempty"` // a text in path, query or body; "" is any
	Nth   int    `json:"nth"`             // counted from 1
	Times int    `json:"times"`           // All: without end
}

// methods are what On may say.
var methods = []string{"any", "read", "write", "GET", "POST", "PUT", "PATCH", "DELETE"}

// Parse reads a rule as it is written on a command line. Its errors say what there
// is to choose from.
func Parse(text string, kinds []Kind) (Rule, error) {
	head, rest, _ := strings.Cut(text, ",")
	kind, value, _ := strings.Cut(head, "=")
	r := Rule{Kind: strings.TrimSpace(kind), Value: strings.TrimSpace(value)}
	for rest != "" {
		var part string
		part, rest, _ = strings.Cut(rest, ",")
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return Rule{}, fmt.Errorf("%q is not KEY=VALUE", part)
		}
		if err := r.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return Rule{}, err
		}
	}
	return r.Check(kinds)
}

func (r *Rule) set(key, value string) (err error) {
	switch key {
	case "on":
		r.On = value
	case "path":
		r.Path = value
	case "about":
		r.About = value
	case "nth":
		if r.Nth, err = strconv.Atoi(value); err != nil || r.Nth < 1 {
			return fmt.Errorf("nth is a number from 1 on, not %q", value)
		}
	case "times":
		if value == "all" {
			r.Times = All
			return nil
		}
		if r.Times, err = strconv.Atoi(value); err != nil || r.Times < 1 {
			return fmt.Errorf("times is a number from 1 on, or all, not %q", value)
		}
	default:
		return fmt.Errorf("%q is none of on, path, about, nth, times", key)
	}
	return nil
}

// Check completes a rule, or says what is wrong with it.
func (r Rule) Check(kinds []Kind) (Rule, error) {
	at := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == r.Kind })
	if at < 0 {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = k.Name
		}
		return Rule{}, fmt.Errorf("there is no fault %q; there are %s", r.Kind, strings.Join(names, ", "))
	}
	if err := kinds[at].check(&r.Value); err != nil {
		return Rule{}, err
	}
	if r.On != "" {
		i := slices.IndexFunc(methods, func(m string) bool { return strings.EqualFold(m, r.On) })
		if i < 0 {
			return Rule{}, fmt.Errorf("on is one of %s, not %q", strings.Join(methods, ", "), r.On)
		}
		r.On = methods[i]
	}
	if r.On == "any" {
		r.On = ""
	}
	if r.Path != "" && !strings.HasPrefix(r.Path, "/") {
		r.Path = "/" + r.Path
	}
	if r.Nth < 0 || r.Times < All {
		return Rule{}, fmt.Errorf("nth and times count from 1")
	}
	r.Nth, r.Times = cmp.Or(r.Nth, 1), cmp.Or(r.Times, 1)
	return r, nil
}

// check completes the value of a rule of this kind.
func (k Kind) check(value *string) error {
	if k.Value == "" {
		if *value != "" {
			return fmt.Errorf("%s takes no value", k.Name)
		}
		return nil
	}
	if *value = cmp.Or(*value, k.Default); *value == "" {
		return fmt.Errorf("%s wants a value: %s=%s", k.Name, k.Name, strings.ToUpper(k.Value))
	}
	switch k.Value {
	case "status":
		if n, err := strconv.Atoi(*value); err != nil || n < 200 || n > 599 {
			return fmt.Errorf("%s wants a status from 200 to 599, not %q", k.Name, *value)
		}
	case "duration":
		if d, err := time.ParseDuration(*value); err != nil || d < 0 {
			return fmt.Errorf("%s wants a duration such as 3s, not %q", k.Name, *value)
		}
	}
	return nil
}

// String is the rule as Parse takes it.
func (r Rule) String() string {
	parts := []string{r.Kind}
	if r.Value != "" {
		parts[0] += "=" + r.Value
	}
	for _, p := range [][2]string{{"on", r.On}, {"path", r.Path}, {"about", r.About}} {
		if p[1] != "" {
			parts = append(parts, p[0]+"="+p[1])
		}
	}
	if r.Nth > 1 {
		parts = append(parts, "nth="+strconv.Itoa(r.Nth))
	}
	switch {
	case r.Times == All:
		parts = append(parts, "times=all")
	case r.Times > 1:
		parts = append(parts, "times="+strconv.Itoa(r.Times))
	}
	return strings.Join(parts, ",")
}

// Status is the value of a kind that takes a status.
func (r Rule) Status() int {
	n, _ := strconv.Atoi(r.Value) // Check has read it
	return n
}

// Duration is the value of a kind that takes one.
func (r Rule) Duration() time.Duration {
	d, _ := time.ParseDuration(r.Value) // Check has read it
	return d
}
