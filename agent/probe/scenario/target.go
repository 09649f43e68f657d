package scenario

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"okta-walkme-agent/internal/fault"
	"okta-walkme-agent/walkme/walkmetest"
)

// A foreign server gets what a scenario wants to be there by SCIM, and what came of the
// scenario is deleted in the end: by the ids that its own answers to a POST gave.

// made is a resource that the scenario made on a foreign server.
type made struct{ path, id string }

// furnish makes the accounts and groups of the scenario on a foreign server.
func (s *stage) furnish(ctx context.Context) error {
	t := s.file.Tenant
	if len(t.Quirks) > 0 {
		return &FormatError{[]string{s.file.Path + ": tenant.quirks are for the built-in tenant; a foreign server has its own"}}
	}
	for _, text := range t.Faults {
		rule, err := fault.Parse(text, walkmetest.FaultKinds())
		if err != nil {
			return err
		}
		s.conduit.rules.Add(rule)
	}
	ids := map[string]string{}
	for _, a := range t.Accounts {
		id, err := s.create(ctx, "/Users", userBody(a))
		if err != nil {
			return fmt.Errorf("tenant.accounts: %s: %w", a.UserName, err)
		}
		ids[key(a.UserName)] = id
	}
	for _, g := range t.Groups {
		members := []map[string]any{}
		for _, name := range g.Members {
			members = append(members, map[string]any{"value": ids[key(name)]})
		}
		body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": g.Name, "members": members}
		if _, err := s.create(ctx, "/Groups", body); err != nil {
			return fmt.Errorf("tenant.groups: %s: %w", g.Name, err)
		}
	}
	return nil
}

func userBody(a Account) map[string]any {
	body := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": a.UserName}
	for key, value := range a.Attributes {
		body[key] = value
	}
	for key, value := range walkmetest.Email(a.Email) {
		body[key] = value
	}
	name := map[string]any{}
	for key, value := range map[string]string{"givenName": a.GivenName, "familyName": a.FamilyName} {
		if value != "" {
			name[key] = value
		}
	}
	if len(name) > 0 {
		body["name"] = name
	}
	if a.ExternalID != "" {
		body["externalId"] = a.ExternalID
	}
	body["active"] = a.Active == nil || *a.Active
	return body
}

// create makes one resource, past the conduit, and remembers it.
func (s *stage) create(ctx context.Context, path string, body map[string]any) (string, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	status, answer, err := s.ask(ctx, http.MethodPost, path, text)
	if err != nil {
		return "", err
	}
	id := createdID(answer)
	if status != http.StatusCreated || id == "" {
		return "", fmt.Errorf("the server answers %d %s", status, bytes.TrimSpace(answer))
	}
	s.made = append(s.made, made{path, id})
	return id, nil
}

func createdID(answer []byte) string {
	var resource struct{ ID any }
	if decodeExactly(answer, &resource) != nil {
		return ""
	}
	return textOf(resource.ID)
}

// decodeExactly leaves numbers as they are spelled: an id of 64 bits that is rounded is
// another resource's.
func decodeExactly(text []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return dec.Decode(v)
}

// textOf is an id; some servers number theirs.
func textOf(id any) string {
	switch id := id.(type) {
	case string:
		return id
	case json.Number:
		return id.String()
	case float64:
		return strconv.FormatFloat(id, 'f', -1, 64)
	}
	return ""
}

// A server that limits the rate is asked again, as it wants it.
const (
	maxAsked    = 10
	longestWait = time.Minute
)

// ask sends a request to a foreign server, past the conduit, and sits out its 429.
func (s *stage) ask(ctx context.Context, method, path string, body []byte) (status int, answer []byte, err error) {
	for range maxAsked {
		var header http.Header
		status, header, answer, err = s.askOnce(ctx, method, path, body)
		if err != nil || status != http.StatusTooManyRequests {
			break
		}
		wait := time.Second
		if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
			wait = time.Duration(seconds) * time.Second
		}
		if wait > longestWait {
			break
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return 0, nil, context.Cause(ctx)
		}
	}
	return status, answer, err
}

func (s *stage) askOnce(ctx context.Context, method, path string, body []byte) (int, http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(s.opts.Target, "/")+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header.Set("Accept", "application/scim+json")
	req.Header.Set("Authorization", s.opts.Authorization)
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	reply, err := s.client.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(reply.Body, maxFile))
	return reply.StatusCode, reply.Header, answer, closing(err, reply.Body)
}

// clear deletes what the scenario made on a foreign server, the latest first. What the
// server keeps is an error that names it.
func (s *stage) clear(ctx context.Context) error {
	all := s.made
	for _, x := range s.conduit.taken() {
		if x.created != "" {
			all = append(all, made{x.path, x.created})
		}
	}
	var left []error
	for _, m := range slices.Backward(all) {
		path := m.path + "/" + url.PathEscape(m.id)
		status, _, err := s.ask(ctx, http.MethodDelete, path, nil)
		switch {
		case err != nil:
			left = append(left, fmt.Errorf("DELETE %s: %w", path, err))
		case status >= 300 && status != http.StatusNotFound:
			left = append(left, fmt.Errorf("DELETE %s: the server answers %d", path, status))
		}
	}
	if err := errors.Join(left...); err != nil {
		return fmt.Errorf("left on the server: %w", err)
	}
	return nil
}
