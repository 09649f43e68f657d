package walkme

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"okta-walkme-agent/internal/scim"
)

// Endpoints.
const (
	usersPath  = "/Users"
	groupsPath = "/Groups"
)

// read gets one resource and makes sure that it is the one that was asked for:
// a list, or a stranger, would otherwise go back to the server in a PUT.
func (c *Client) read(ctx context.Context, endpoint, id string) (object, error) {
	if id == "" {
		return nil, &NotSentError{errors.New("the id is empty")}
	}
	a, err := c.exchange(ctx, http.MethodGet, resourcePath(endpoint, id), nil)
	if err != nil {
		return nil, err
	}
	o, err := parseObject(a.body)
	if err != nil {
		return nil, &AnswerError{err.Error()}
	}
	if o.get("Resources") != nil {
		return nil, &AnswerError{"a list instead of one resource"}
	}
	if got := o.string("id"); got != id {
		return nil, &AnswerError{fmt.Sprintf("the resource has id %q instead of %q", got, id)}
	}
	c.speaksSCIM.Store(true)
	return o, nil
}

// write changes one resource. The result is what the server showed of it
// afterwards, which may be nothing: 204 and an empty body are as good as the
// resource.
func (c *Client) write(ctx context.Context, method, endpoint, id string, body []byte) (object, error) {
	if id == "" {
		return nil, &NotSentError{errors.New("the id is empty")}
	}
	a, err := c.exchange(ctx, method, resourcePath(endpoint, id), body)
	if err != nil {
		return nil, err
	}
	if len(a.body) == 0 || bytes.Equal(a.body, []byte("null")) {
		return nil, nil
	}
	o, err := parseObject(a.body)
	if err != nil {
		return nil, &UnansweredError{&AnswerError{err.Error()}}
	}
	if err := answersFor(o, id); err != nil {
		return nil, &UnansweredError{err}
	}
	return o, nil
}

// answersFor tells whether an object can be the answer to a write of a resource:
// it has that id, or it has schemas and says nothing of an id, or it is empty.
// What remains is an error that travels under a good status.
func answersFor(o object, id string) error {
	got := o.string("id")
	switch {
	case len(o) == 0 || got == id:
		return nil
	case got != "":
		return &AnswerError{fmt.Sprintf("the resource has id %q instead of %q", got, id)}
	case o.get("schemas") == nil || bytes.Contains(o.get("schemas"), quote(scim.SchemaError)):
		return &AnswerError{"not a resource"}
	}
	return nil
}

// create posts a new resource. Success is 201 with an id, as Okta demands;
// anything else that looks like success is an *UnconfirmedError.
func (c *Client) create(ctx context.Context, endpoint string, body []byte) (object, error) {
	a, err := c.exchange(ctx, http.MethodPost, endpoint, body)
	if err != nil {
		return nil, err
	}
	o, err := parseObject(a.body)
	switch {
	case len(a.body) == 0:
		return nil, &UnconfirmedError{a.status, "the answer is empty"}
	case err != nil:
		return nil, &UnconfirmedError{a.status, err.Error()}
	case o.string("id") == "":
		return nil, &UnconfirmedError{a.status, "the answer has no id"}
	case a.status != http.StatusCreated:
		return nil, &UnconfirmedError{a.status, "the status is not 201"}
	}
	return o, nil
}

// orGone looks again after a write was answered 5xx: some servers say 500 where
// others say 404. It returns the 404 if there is one, else err.
func (c *Client) orGone(ctx context.Context, endpoint, id string, err error) error {
	if !c.wire.ReadWhenDoubtful || !is[*UnansweredError](err) || !is[*scim.Error](err) {
		return err
	}
	if _, again := c.read(ctx, endpoint, id); errors.Is(again, scim.ErrNotFound) {
		return again
	}
	return err
}

// verdict is the error of a read that was to show whether a write had an effect.
func verdict(err error) error {
	if err == nil || errors.Is(err, scim.ErrNotFound) {
		return err
	}
	return &UnansweredError{fmt.Errorf("read back: %w", err)}
}
