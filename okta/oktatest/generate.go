package oktatest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Generated people have ids that sort after all others, so that a page of the
// list is a page of the people who were hired followed by generated ones.
const generatedPrefix = "00uz"

func generatedID(i int) string { return fmt.Sprintf(generatedPrefix+"%011dokta5", i) }

func (o *Org) isGenerated(id string) bool {
	i, ok := generatedIndex(id)
	return ok && i < o.opts.Generated
}

func generatedIndex(id string) (int, bool) {
	digits, ok := strings.CutPrefix(id, generatedPrefix)
	if !ok || len(digits) < 11 {
		return 0, false
	}
	i, err := strconv.Atoi(digits[:11])
	return i, err == nil && generatedID(i) == id
}

// GeneratedID is the id of one of the people from Options.Generated, 0 ≤ i < Generated.
func (o *Org) GeneratedID(i int) string { return generatedID(i) }

// listGenerated is listAssignments for an org with generated people: it renders
// the bytes of the page directly.
func (o *Org) listGenerated(a *answer, r *http.Request, p page) {
	expand := r.URL.Query().Get("expand") == "user"
	body := append(make([]byte, 0, 4096*min(p.limit, 500)), '[')
	n, last, more := 0, "", false
	emit := func(id string, render func([]byte) []byte) bool {
		if n == p.limit {
			more = true
			return false
		}
		if n > 0 {
			body = append(body, ',')
		}
		body = render(body)
		n, last = n+1, id
		return true
	}
	for _, id := range o.assignedIDs() {
		if id > p.after && !emit(id, func(b []byte) []byte {
			one := &answer{}
			one.json(o.renderAssignment(o.people[id], expand))
			return append(b, one.body...)
		}) {
			break
		}
	}
	first := 0
	if i, ok := generatedIndex(p.after); ok {
		first = i + 1
	}
	for i := first; i < o.opts.Generated && !more; i++ {
		if id := generatedID(i); !o.gone[id] {
			emit(id, func(b []byte) []byte { return o.appendGenerated(b, id, expand) })
		}
	}
	if !more {
		last = ""
	}
	a.link(r, p.limit, last)
	a.body = append(body, ']')
}

func (o *Org) appendGenerated(b []byte, id string, expand bool) []byte {
	i, _ := generatedIndex(id)
	b = fmt.Appendf(b, `{"id":"%s","externalId":null,"created":"2024-01-02T03:04:05.000Z","lastUpdated":"2024-01-02T03:04:05.000Z",`+
		`"scope":"USER","status":"ACTIVE","statusChanged":"2024-01-02T03:04:05.000Z","passwordChanged":null,"syncState":"DISABLED",`+
		`"credentials":{"userName":"person%d@example.com"},"profile":`, id, i)
	b = appendGeneratedProfile(b, i)
	b = append(b, `,"_links":{"app":{"href":"`+o.url+`/api/v1/apps/`+o.opts.AppID+`"}}`...)
	if expand {
		b = append(b, `,"_embedded":{"user":{"id":"`+id+`","status":"ACTIVE","lastUpdated":"2024-01-02T03:04:05.000Z","profile":`...)
		b = appendGeneratedProfile(b, i)
		b = append(b, `}}`...)
	}
	return append(b, '}')
}

// appendGeneratedProfile writes 27 attributes, the usual number in an org that
// is fed from an HR system.
func appendGeneratedProfile(b []byte, i int) []byte {
	b = fmt.Appendf(b, `{"login":"person%d@example.com","email":"person%d@example.com","firstName":"First%d","lastName":"Last%d","employeeNumber":"%d"`, i, i, i, i, i)
	b = append(b, generatedTail...)
	return b
}

const generatedTail = `,"city":"value of city","costCenter":"value of costCenter","countryCode":"value of countryCode"` +
	`,"department":"value of department","displayName":"value of displayName"` +
	`,"division":"value of division","locale":"value of locale","manager":"value of manager"` +
	`,"managerId":"value of managerId","mobilePhone":"value of mobilePhone"` +
	`,"organization":"value of organization","postalAddress":"value of postalAddress"` +
	`,"preferredLanguage":"value of preferredLanguage","primaryPhone":"value of primaryPhone"` +
	`,"profileUrl":"value of profileUrl","secondEmail":"value of secondEmail","state":"value of state"` +
	`,"streetAddress":"value of streetAddress","timezone":"value of timezone","title":"value of title"` +
	`,"userType":"value of userType","zipCode":"value of zipCode"}`
