package walkme

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// A gateway before WalkMe, or the host of another region, answers 404 to everything.
// A caller that took it for "no such account" would create one, or forget one.

// notFound decides whether a 404 is WalkMe's word about an object. In SCIM's words it
// is. A page of HTML or XML never is. Anything else, such as no body, is believed once
// this address has shown that it speaks SCIM and takes the credentials.
func (c *Client) notFound(ctx context.Context, e *scim.Error, a *answer) error {
	switch {
	case bytes.HasPrefix(a.body, []byte("<")), strings.Contains(a.contentType, "html") && !json.Valid(a.body):
		return &AnswerError{"404 with a page that is not SCIM: " + e.Detail}
	case bytes.Contains(a.body, []byte(scim.SchemaError)), c.speaksSCIM.Load():
		return e
	}
	err := c.testAddress(ctx)
	switch {
	case err == nil:
		return e
	case errors.Is(err, scim.ErrNotFound), is[*AnswerError](err):
		return &AnswerError{"404, also to the test of the credentials"}
	}
	return fmt.Errorf("404 that the test of the credentials does not explain: %w", err)
}

// testAddress makes the request of TestCredentials. Its own 404 needs no decision.
func (c *Client) testAddress(ctx context.Context) error {
	a, err := c.send(ctx, http.MethodGet, usersPath+listQuery("", 1, testSize), nil)
	if err != nil {
		return err
	}
	_, err = c.parseList(a)
	return err
}
