package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// MappingRule says which Okta value a SCIM attribute gets.
type MappingRule struct {
	Path string   // a SCIM attribute path, such as name.givenName
	Expr *el.Expr // an Okta expression, such as user.firstName
}

// Mapping is a compiled set of rules, one for each path. It is immutable.
type Mapping struct {
	rules       []MappingRule // sorted by path
	digest      string
	expressions map[string]string // see Expressions
}

// MappingError says which rule is wrong and why.
type MappingError struct {
	Path  string
	Msg   string
	Right string   // a path to write instead, or empty
	Part  string   // the name in the path that SCIM does not know, or empty
	Known []string // what could stand in the place of Part
}

func (e *MappingError) Error() string { return fmt.Sprintf("mapping of %s: %s", e.Path, e.Msg) }

// reserved are attributes that the engine sets itself, in lower case, because
// SCIM compares attribute names without regard to it (RFC 7643, section 2.1);
// Okta refuses to map them, too.
var reserved = map[string]string{
	"active":     "assignment decides it",
	"externalid": "it is the Okta user id",
	"groups":     "group push decides it",
	"id":         "WalkMe gives it",
	"meta":       "WalkMe gives it",
	"password":   "passwords are never synchronised",
	"schemas":    "the mapped attributes decide it",
}

// NewMapping checks the rules as a set. userName must be among them, because
// every SCIM user has one (RFC 7643, section 4.1.1). The error is a
// *MappingError.
func NewMapping(rules []MappingRule) (Mapping, error) {
	rules = slices.Clone(rules)
	slices.SortFunc(rules, func(a, b MappingRule) int { return cmp.Compare(a.Path, b.Path) })
	hasUserName := false
	seen := make(map[string]bool, len(rules))
	for _, r := range rules {
		parsed, err := scim.ParsePath(r.Path)
		if err != nil {
			return Mapping{}, &MappingError{Path: r.Path, Msg: err.Error()}
		}
		if why, ok := reserved[strings.ToLower(parsed.Name)]; ok && parsed.Schema == "" {
			return Mapping{}, &MappingError{Path: r.Path, Msg: "cannot be mapped: " + why}
		}
		var unknown *scim.PathError
		if errors.As(parsed.UserAttribute(), &unknown) {
			return Mapping{}, &MappingError{r.Path, unknown.Msg, unknown.Right, unknown.Part, unknown.Known}
		}
		key := strings.ToLower(r.Path)
		if seen[key] {
			return Mapping{}, &MappingError{Path: r.Path, Msg: "is mapped twice"}
		}
		seen[key] = true
		hasUserName = hasUserName || r.Path == scim.PathUserName
	}
	if !hasUserName {
		return Mapping{}, &MappingError{Path: scim.PathUserName, Msg: "is missing, and every SCIM user needs one"}
	}
	expressions := make(map[string]string, len(rules))
	for _, r := range rules {
		expressions[r.Path] = r.Expr.String()
	}
	return Mapping{rules: rules, digest: digestRules(rules), expressions: expressions}, nil
}

func digestRules(rules []MappingRule) string {
	h := sha256.New()
	for _, r := range rules {
		fmt.Fprintf(h, "%s\x00%s\x00", r.Path, r.Expr)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Digest identifies the paths and expressions. Equal digests map alike.
func (m Mapping) Digest() string { return m.digest }

// Rules returns the rules, sorted by path. The caller must not change them.
func (m Mapping) Rules() []MappingRule { return m.rules }

// Expressions returns the text of each expression by its path.
func (m Mapping) Expressions() map[string]string { return maps.Clone(m.expressions) }

// Projection names the Okta attributes that the expressions can read, so that a
// snapshot need not keep the others.
func (m Mapping) Projection() okta.Projection {
	var p okta.Projection
	for _, r := range m.rules {
		for _, ref := range r.Expr.References() {
			switch ref.Root {
			case "user":
				p.User = append(p.User, ref.Name)
			case "appuser":
				p.AppUser = append(p.AppUser, ref.Name)
			}
		}
	}
	p.User, p.AppUser = scim.SortedSet(p.User), scim.SortedSet(p.AppUser)
	return p
}

// Attributes evaluates every rule. The error is a *MappingError of the first
// path that has no value at all, in the order of the paths.
func (m Mapping) Attributes(env el.Env) (scim.Attributes, error) {
	list := make([]scim.Attribute, len(m.rules))
	for i, r := range m.rules {
		raw, err := r.Expr.Eval(env)
		if err != nil {
			return nil, &MappingError{Path: r.Path, Msg: err.Error()}
		}
		value, err := scim.Value(raw)
		if err != nil {
			return nil, &MappingError{Path: r.Path, Msg: err.Error()}
		}
		list[i] = scim.Attribute{Path: r.Path, Value: value}
	}
	return scim.Attributes(list), nil // the rules are sorted, and so is the list
}

// looksLikeEmail is deliberately loose: one @ with something on both sides and
// no blanks. WalkMe asks for "a valid email format" and has the last word.
func looksLikeEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" &&
		!strings.ContainsAny(domain, "@") && !strings.ContainsAny(s, " \t\r\n")
}
