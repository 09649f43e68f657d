package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

const peopleOnPage = 50

// personLine is a person in a list.
type personLine struct {
	OktaID, Link string
	Login, Name  string
	InOkta       string
	InWalkMe     string
	Tone         string
}

type peoplePage struct {
	Query  string
	People []personLine
	Next   string
	More   bool
	Empty  bool // no person is known at all
}

func (s *Server) people(r *http.Request) (*view, error) {
	ctx, q := r.Context(), r.URL.Query()
	page := &peoplePage{Query: query(r)}
	words := queryWords(page.Query)
	err := s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			page.Empty = true
			return nil
		}
		found, err := db.FindPeople(ctx, words, q.Get("after"), peopleOnPage+1)
		if err != nil {
			return err
		}
		if page.More = len(found) > peopleOnPage; page.More {
			found = found[:peopleOnPage]
			next := url.Values{"after": {found[peopleOnPage-1].SourceID}}
			if page.Query != "" {
				next.Set("q", page.Query)
			}
			page.Next = "/people?" + next.Encode()
		}
		page.Empty = len(found) == 0 && len(words) == 0
		for i := range found {
			line, err := newPersonLine(&found[i])
			if err != nil {
				return err
			}
			page.People = append(page.People, line)
		}
		return nil
	})
	return &view{page: "people", title: joinedBy(": ", "People", page.Query), data: page}, err
}

func newPersonLine(f *state.Found) (personLine, error) {
	line := personLine{OktaID: f.SourceID, Link: addressOf("people", f.SourceID), InOkta: "not assigned"}
	if f.Record != nil {
		line.Login = f.Record.Name
		line.Name = fullName(f.Record.Attributes)
	}
	u, err := assignment(f)
	if err != nil {
		return line, err
	}
	if u != nil {
		line.Login, line.InOkta = u.UserName, inOkta(u)
		if line.Name == "" {
			line.Name = profileName(u)
		}
	}
	if line.Login == "" {
		line.Login = f.SourceID
	}
	line.InWalkMe, line.Tone = inWalkMe(f.Record)
	return line, nil
}

// assignment is what Okta said of a person; nil when that was nothing.
func assignment(f *state.Found) (*okta.User, error) {
	if f.Source == nil {
		return nil, nil
	}
	var u okta.User
	if err := json.Unmarshal(f.Source, &u); err != nil {
		return nil, fmt.Errorf("stored assignment of %s: %w", f.SourceID, err)
	}
	return &u, nil
}

func inOkta(u *okta.User) string {
	switch status := strings.ToLower(u.AccountStatus); status {
	case "", "active":
		return "assigned"
	default:
		return "assigned, " + status
	}
}

func inWalkMe(r *state.Record) (words, tone string) {
	switch {
	case r == nil:
		return "none yet", ""
	case r.Attempts > 0:
		return "failing", "bad"
	case r.ID == "":
		return "none yet", ""
	case r.Active:
		return "active", "new"
	}
	return "deactivated", "mod"
}

func fullName(as scim.Attributes) string {
	first, _ := as.Get("name.givenName").(string)
	last, _ := as.Get("name.familyName").(string)
	return strings.TrimSpace(first + " " + last)
}

func profileName(u *okta.User) string {
	var p struct{ FirstName, LastName string }
	if json.Unmarshal(u.Profile, &p) != nil {
		return "" // an attribute of that name that is no text
	}
	return strings.TrimSpace(p.FirstName + " " + p.LastName)
}
