package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"okta-walkme-agent/walkme/walkmetest"
)

// inventory is what the SCIM server holds.
type inventory struct {
	accounts []map[string]any // as SCIM shows them
	groups   []pushedGroup
}

type pushedGroup struct {
	id, name string
	members  []string // userNames, sorted; ids of those who are unknown
}

func (i inventory) account(userName string) map[string]any {
	for _, a := range i.accounts {
		if name, _ := a["userName"].(string); sameName(name, userName) {
			return a
		}
	}
	return nil
}

func (i inventory) group(name string) (pushedGroup, bool) {
	for _, g := range i.groups {
		if sameName(g.name, name) {
			return g, true
		}
	}
	return pushedGroup{}, false
}

// look reads everything, behind the back of the agent and of the police.
func (s *stage) look(ctx context.Context) (inventory, error) {
	if s.tenant != nil {
		return s.lookInside(), nil
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	accounts, err := s.list(ctx, "/Users")
	if err != nil {
		return inventory{}, err
	}
	groups, err := s.list(ctx, "/Groups")
	if err != nil {
		return inventory{}, err
	}
	inv := inventory{accounts: accounts}
	names := map[string]string{}
	for _, a := range accounts {
		names[textOf(a["id"])], _ = a["userName"].(string)
	}
	for _, g := range groups {
		p := pushedGroup{}
		p.id = textOf(g["id"])
		p.name, _ = g["displayName"].(string)
		members, _ := g["members"].([]any)
		for _, m := range members {
			o, _ := m.(map[string]any)
			id := textOf(o["value"])
			if name := names[id]; name != "" {
				id = name
			}
			p.members = append(p.members, id)
		}
		slices.Sort(p.members)
		inv.groups = append(inv.groups, p)
	}
	return inv, nil
}

func (s *stage) lookInside() inventory {
	var inv inventory
	for _, u := range s.tenant.Users() {
		inv.accounts = append(inv.accounts, asSCIM(u))
	}
	for _, g := range s.tenant.Groups() {
		inv.groups = append(inv.groups, pushedGroup{g.ID, g.DisplayName, g.UserNames})
	}
	return inv
}

// asSCIM is an account of the built-in tenant in SCIM's form.
func asSCIM(u walkmetest.User) map[string]any {
	out := map[string]any{"id": u.ID, "userName": u.UserName, "active": u.Active}
	name, _ := u.Extra["name"].(map[string]any)
	if name == nil {
		name = map[string]any{}
	}
	for key, value := range u.Extra {
		if key != "name" {
			out[key] = value
		}
	}
	if u.GivenName != "" {
		name["givenName"] = u.GivenName
	}
	if u.FamilyName != "" {
		name["familyName"] = u.FamilyName
	}
	if len(name) > 0 {
		out["name"] = name
	}
	if u.ExternalID != "" {
		out["externalId"] = u.ExternalID
	}
	return plain(out)
}

// plain gives values the types that a JSON decoder gives them.
func plain(v map[string]any) map[string]any {
	text, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out map[string]any
	if json.Unmarshal(text, &out) != nil {
		return v
	}
	return out
}

// maxListed bounds what is read of a foreign server.
const maxListed = 10_000

// list reads all pages of a list, as Okta asks for them.
func (s *stage) list(ctx context.Context, path string) ([]map[string]any, error) {
	var all []map[string]any
	for len(all) < maxListed {
		query := url.Values{"startIndex": {fmt.Sprint(len(all) + 1)}, "count": {"100"}}
		status, text, err := s.ask(ctx, http.MethodGet, path+"?"+query.Encode(), nil)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
		if path == "/Groups" && (status == http.StatusNotFound || status == http.StatusNotImplemented) {
			return nil, nil // the server has no groups, which is no fault of a life without any
		}
		if status != http.StatusOK {
			return nil, fmt.Errorf("list %s: the server answers %d", path, status)
		}
		page, total, err := pageOf(text)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
		all = append(all, page...)
		if len(page) == 0 || len(all) >= total {
			break
		}
	}
	return all, nil
}

// pageOf reads a page of a list, as well as it can be read: some servers write the
// counters as texts, or the entries with nothing around them.
func pageOf(text []byte) (entries []map[string]any, total int, err error) {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		err = decodeExactly(text, &entries)
		return entries, len(entries), err
	}
	var page struct {
		TotalResults any
		Resources    []map[string]any
	}
	if err := decodeExactly(text, &page); err != nil {
		return nil, 0, err
	}
	if page.TotalResults != nil {
		total, err = strconv.Atoi(textOf(page.TotalResults))
	}
	return page.Resources, total, err
}

func closing(err error, c io.Closer) error {
	if closeErr := c.Close(); err == nil {
		return closeErr
	}
	return err
}
