package el

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// problem is a fault of the source at a byte offset.
type problem struct {
	at        int
	msg, hint string
}

func refuse(at int, msg, hint string) *problem { return &problem{at, msg, hint} }

const (
	otherAppHint  = "the profiles of other apps are not read: what Okta maps from them is in appuser.NAME"
	evaluatedHint = "Okta evaluates it into the app's profile: read the result with appuser.NAME"
	rootsHint     = "the roots are user, appuser and app"
)

// refusedCall explains a function of Okta's that this language leaves out. ok
// is false if there is none of that name.
func refusedCall(name string) (msg, hint string, ok bool) {
	switch name {
	case "getFilteredGroups", "user.getGroups", "user.isMemberOf",
		"isMemberOfGroup", "isMemberOfGroupName", "isMemberOfAnyGroup", "isMemberOfGroupNameStartsWith",
		"isMemberOfGroupNameContains", "isMemberOfGroupNameRegex":
		return name + " is not supported: an expression does not see groups", evaluatedHint, true
	case "getManagerUser", "getManagerAppUser", "getAssistantUser", "getAssistantAppUser",
		"hasDirectoryUser", "findDirectoryUser", "hasWorkdayUser", "findWorkdayUser", "user.getLinkedObject":
		return name + " is not supported: an expression sees one user only", evaluatedHint, true
	case "Time.now":
		return name + " is not supported: an expression must give the same value at any time", evaluatedHint, true
	}
	if strings.HasPrefix(name, "Groups.") {
		return name + " is not supported: it works in group claims only", evaluatedHint, true
	}
	return "", "", false
}

// refusedRoot explains a root of Okta's that has no value in a mapping to an app.
func refusedRoot(name string) (msg string, ok bool) {
	switch strings.ToLower(name) {
	case "org", "idpuser", "session", "access", "device", "security", "login", "accessrequest", "claims":
		return name + " is known to Okta but has no value here", true
	}
	return "", false
}

// refusedWord gives the hint for a token that SpEL or another language has in
// the place of an operator.
func refusedWord(text string) string {
	switch strings.ToLower(text) {
	case "=", "eq":
		return "write == for equality"
	case "ne":
		return "write != for inequality"
	case "lt", "le", "gt", "ge":
		return "write < <= > or >="
	case "div", "mod":
		return "write / or %"
	case "|":
		return "write || or OR"
	case "^":
		return "there is no power operator"
	case "instanceof", "between", "new":
		return text + " is not supported"
	case "#", "@", "$":
		return "variables and beans of SpEL are not supported"
	case "[":
		return "write {1, 2, 3} for an array"
	case ";":
		return "an expression is one expression"
	}
	return words[strings.ToLower(text)]
}

// namespaces are the prefixes of functions, sorted.
var namespaces = [...]string{"Arrays", "Convert", "Groups", "Iso3166Convert", "String", "Time"}

func isNamespace(name string) bool { return slices.Contains(namespaces[:], name) }

// rootNamed maps a spelling of a root to its name. source is Okta's word for
// the object on the left of a mapping, which here is the Okta user.
func rootNamed(name string) (root string, ok bool) {
	switch name {
	case "user", "source":
		return rootUser, true
	case "appuser", "appUser":
		return rootAppUser, true
	case "app":
		return rootApp, true
	}
	return "", false
}

func refuseFunction(at int, name string) *problem {
	if msg, hint, ok := refusedCall(name); ok {
		return refuse(at, msg, hint)
	}
	namespace, _, qualified := strings.Cut(name, ".")
	candidates := functionNames("")
	if qualified {
		candidates = functionNames(namespace + ".")
	}
	msg := "unknown function " + name
	if hint := calls[strings.ToLower(name)]; hint != "" {
		return refuse(at, msg, hint)
	}
	if near := Nearest(name, candidates); near != "" {
		return refuse(at, msg, "did you mean "+near+"?")
	}
	if !qualified {
		return refuse(at, msg, "the functions are those of String, Arrays, Convert, Iso3166Convert and Time")
	}
	for i, candidate := range candidates {
		candidates[i] = strings.TrimPrefix(candidate, namespace+".")
	}
	return refuse(at, msg, namespace+" has "+strings.Join(candidates, ", "))
}

func refuseMethod(at int, name string) *problem {
	names := slices.Sorted(maps.Keys(methods))
	if hint := calls[strings.ToLower(name)]; hint != "" {
		return refuse(at, "unknown method "+name, hint)
	}
	if near := Nearest(name, names); near != "" {
		return refuse(at, "unknown method "+name, "did you mean "+near+"?")
	}
	return refuse(at, "unknown method "+name, "values have "+strings.Join(names, ", "))
}

// instanceName is how Okta names an app's profile in its mappings, google_9ao1g13.
var instanceName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*_[0-9a-z]*[0-9][0-9a-z]*$`)

// refuseQuotedPath refuses an expression that is nothing but the path of an attribute in
// quotes: its value would be that text, for each person.
func refuseQuotedPath(n node, literal token) *problem {
	if _, alone := n.(*literalNode); !alone {
		return nil
	}
	path := literal.text
	if inner, ok := strings.CutPrefix(strings.TrimPrefix(path, "#"), "${"); ok || strings.HasPrefix(path, "#{") {
		path = strings.TrimSuffix(strings.TrimPrefix(inner, "#{"), "}")
		path = strings.TrimPrefix(path, "{")
	}
	root, name, ok := strings.Cut(path, ".")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isNamePart(r) }) {
		return nil
	}
	_, isRoot := rootNamed(root)
	switch {
	case isRoot:
		return refuse(literal.at, "the path of an attribute stands in quotes: everybody would get this text", "write "+path+" without quotes")
	case instanceName.MatchString(root):
		return refuse(literal.at, "the path of an attribute stands in quotes: everybody would get this text",
			otherAppHint)
	}
	return nil
}

func refuseRoot(at int, name string) *problem {
	if msg, ok := refusedRoot(name); ok {
		return refuse(at, msg, rootsHint)
	}
	if instanceName.MatchString(name) {
		return refuse(at, "unknown name "+name, otherAppHint)
	}
	candidates := append([]string{"user", "source", "appuser", "app"}, namespaces[:]...)
	if near := Nearest(name, candidates); near != "" {
		return refuse(at, "unknown name "+name, "did you mean "+near+"?")
	}
	return refuse(at, "unknown name "+name, rootsHint+"; other apps' profiles are not read")
}

// functionNames lists the functions whose name begins with prefix, sorted; all
// without a prefix, the String functions also by their bare names.
func functionNames(prefix string) []string {
	var names []string
	for _, table := range [...]map[string]function{stringFunctions, arrayFunctions, convertFunctions, timeFunctions} {
		for name := range table {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			names = append(names, name)
			if bare, ok := strings.CutPrefix(name, "String."); ok && prefix == "" {
				names = append(names, bare)
			}
		}
	}
	slices.Sort(names)
	return names
}

// Nearest is the candidate that a typing error could have turned into name, or
// empty: the first one with the fewest edits, case aside, and at most two, or
// one in a word of four letters or fewer.
func Nearest(name string, candidates []string) string {
	if len(name) > 64 {
		return ""
	}
	best, fewest := "", 3
	if len(name) <= 4 {
		fewest = 2
	}
	for _, candidate := range candidates {
		if n := edits(strings.ToLower(name), strings.ToLower(candidate)); n < fewest {
			best, fewest = candidate, n
		}
	}
	return best
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
